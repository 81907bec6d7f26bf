"""The machines that may ask for tokens."""
