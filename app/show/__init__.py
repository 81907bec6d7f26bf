"""Reports for a terminal: the served data as tables, for the operator."""
