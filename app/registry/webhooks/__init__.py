"""Programs that are told of what happened."""
