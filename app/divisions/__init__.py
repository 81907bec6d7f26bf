"""Divisions: portfolios of the members of a commission, and units of its secretariat."""
