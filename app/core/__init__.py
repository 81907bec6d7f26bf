"""HTTP and Postgres for any service of this kind: this floor knows nothing of elections."""
