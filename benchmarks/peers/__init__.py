"""Other implementations of the same responses, with which the service is compared."""
