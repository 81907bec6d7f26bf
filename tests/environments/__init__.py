"""Databases, roles and poolers that are set up in many ways: the service works there, or is refused with a sentence."""
