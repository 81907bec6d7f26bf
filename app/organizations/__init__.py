"""Commissions and the agencies beside them."""
