"""The quorum of a plenary meeting of a commission."""
