"""Corrections of a roll: manual statuses, annulled scans, closing, and corrections that a second client confirms."""
