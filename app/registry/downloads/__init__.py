"""Downloads: packages of released versions, checked on their way out."""
