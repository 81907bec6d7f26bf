"""Tests mirror `app/`. Each worker has a database of its own, copied from one that the migrations made."""
