"""The quorum of a plenary meeting."""
