"""Write operations: the row, its revision, audit line and idempotent response are stored in one transaction."""
