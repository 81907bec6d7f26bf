"""The record as tables in a terminal, for the operator who wants to look."""
