"""Search over the names and codes of all resources."""
