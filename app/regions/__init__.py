"""Provinces, regencies and cities by their Kemendagri code."""
