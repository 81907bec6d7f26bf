"""The commands that are a group of their own, and the options that commands share."""
