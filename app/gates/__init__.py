"""Badges, and the gates that scan them: at the door, with the network or without it."""
