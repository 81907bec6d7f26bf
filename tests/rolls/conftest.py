"""The service over the synthetic rolls of the attendance tests."""

from tests.attendance.conftest import app, client, rolls_database

__all__ = ["app", "client", "rolls_database"]
