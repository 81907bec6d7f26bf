"""Stages of elections, as a list and as a tree."""
