"""What people are told of: an inbox for every user."""
