"""How fast the service is, beside the usual way of building it, and what it costs to keep and to start it."""
