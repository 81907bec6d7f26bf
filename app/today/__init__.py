"""What a day brings: the home screen of an app."""
