"""The reference data that is shipped with the service, and its loader, which also takes other data sets."""
