"""Rules shared by all routes of a roll: access, the audit trail of reads, and the closing of the roll."""
