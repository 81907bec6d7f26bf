"""The audit trail: who wrote what, and who read what is personal."""
