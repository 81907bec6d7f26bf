"""Check-ins: scans of badges that devices send one by one or in batches, with or without delay."""
