"""Officials: people with the offices that they hold or held."""
