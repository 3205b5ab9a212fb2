"""Feedback: what users say of extensions, and what is done about what should not stand there."""
