"""The same answers, built the usual way: what the service is measured against."""
