"""Badges of participants: issuing, printing and verifying them."""
