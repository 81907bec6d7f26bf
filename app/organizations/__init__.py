"""Organizations: the election commissions, and the agencies they work with."""
