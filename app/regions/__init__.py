"""Regions: provinces, regencies and cities, by their Kemendagri code."""
