"""Meetings, their sessions, and the statements about them."""
