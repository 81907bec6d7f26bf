"""Who was asked to a meeting and who came, one by one and in numbers."""
