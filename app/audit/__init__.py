"""Read access to the audit trail, which records every write and every read of personal data."""
