"""Participants of meetings: the list of invited persons from which the roll of a meeting is derived."""
