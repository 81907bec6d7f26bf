"""Badges of participants: keys, issuing and printing."""
