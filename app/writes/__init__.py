"""How the record is written: one transaction with the row, its revision, its audit line and its kept answer."""
