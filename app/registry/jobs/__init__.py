"""What operators see and do about work that nobody waits for."""
