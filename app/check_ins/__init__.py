"""Check-ins: scans that devices send, alone, in batches, with or without the network."""
