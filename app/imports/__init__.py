"""Many rows of one resource at once, from CSV or NDJSON, each with a verdict of its own."""
