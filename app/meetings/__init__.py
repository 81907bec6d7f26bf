"""Meetings, their sessions, and what was said about them."""
