"""Who belongs to a publisher, and what each of them may do with it."""
