"""Imports of many rows of one resource from CSV or NDJSON, with a result for each row."""
