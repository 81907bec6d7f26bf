"""The overview of a day, for the home screen of an app."""
