"""The data set that the service comes with, and how it or another one gets into the database."""
