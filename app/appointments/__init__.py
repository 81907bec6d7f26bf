"""Who holds which office of which organization, one by one."""
