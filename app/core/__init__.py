"""HTTP and Postgres infrastructure, independent of elections."""
