"""Postgres for any service of this kind: pools, statements, documents, transactions, faults."""
