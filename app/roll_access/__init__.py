"""What every route over a roll must obey: who may read it, that it is told when it was read, and that it may close."""
