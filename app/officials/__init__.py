"""People and the offices they hold or held."""
