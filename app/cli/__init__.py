"""The commands of the program `plugport`."""
