"""The clients that may request access tokens, and their secrets."""
