"""Devices of a meeting: the client that each belongs to, the readings of its clock, and resets."""
