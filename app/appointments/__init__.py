"""Appointments of officials to offices of organizations."""
