"""Corrections of a roll: statuses set by hand, annulled scans, closing, and what two clients confirm afterwards."""
