"""Portfolios of a commission's members, and the units of its secretariat."""
