"""The attendance of a meeting: its participants with their statuses, and its summary in numbers."""
