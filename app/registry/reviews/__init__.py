"""Reviews: what people decide about releases."""
