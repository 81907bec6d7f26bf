"""The service and meeting of the tests of check-ins."""

from tests.check_ins.conftest import app, client, meeting

__all__ = ("app", "client", "meeting")
