"""Access to Postgres: connection pools, statements, JSON documents, transactions and errors."""
