"""Reads of a roll with known_at: they depend on the access rules of that instant and of today."""

from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from app.auth import Scope
from app.core.db import database
from tests.attendance import synthetic_rolls
from tests.conftest import fetch_value
from tests.writes.test_known_at import with_known_at
from tests.writes.write_client import WriteClient

SET_ROLL = "UPDATE meetings SET roll = $2::text WHERE code = $1"
DELETE_MEETING = [
    *(f"DELETE FROM {table} WHERE meeting = $1" for table in ("participant_sessions", "participants", "sessions")),
    "DELETE FROM meetings WHERE code = $1",
]


@pytest.fixture(autouse=True)
def without_commit_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow known_at of this moment: no write runs while these tests read."""
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))


class RollReaders:
    """Four callers that read a roll.

    An anonymous one, one that may read all attendance, one bound to an organization that is not above the host, and one
    with another scope.
    """

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, url: str) -> None:
        self.url = url
        self.callers = [
            WriteClient(client, {}),
            WriteClient.create(app, client, Scope.ATTENDANCE_READ),
            WriteClient.create(app, client, Scope.ATTENDANCE_READ, organization="kpu-31"),
            WriteClient.create(app, client, Scope.STAGES_WRITE),
        ]

    async def now(self) -> datetime:
        instant: datetime = await fetch_value(self.url, "SELECT clock_timestamp()")
        return instant

    async def read(self, meeting: str, instant: datetime | None = None) -> list[tuple[int, int]]:
        """Return the status and the number of entries that each caller gets."""
        path = f"/v1/meetings/{meeting}/attendance"
        responses = [await caller.get(with_known_at(path, instant) if instant else path) for caller in self.callers]
        return [(response.status_code, len(response.json().get("items", []))) for response in responses]


@pytest.fixture
def readers(app: FastAPI, client: httpx.AsyncClient, own_url: str) -> RollReaders:
    return RollReaders(app, client, own_url)


RESTRICTED = [(401, 0), (200, 3), (404, 0), (403, 0)]
OPEN = [(200, 3)] * 4
NOT_FOUND = [(404, 0)] * 4


@pytest.mark.parametrize(("meeting", "expected"), [("closed", RESTRICTED), ("empty", [(200, 0)] * 4)])
async def test_roll_of_a_deleted_meeting_is_as_restricted_as_before(
    readers: RollReaders, meeting: str, expected: list[tuple[int, int]]
) -> None:
    before = await readers.now()
    await synthetic_rolls.insert_rolls(readers.url, mixed=False)
    instant = await readers.now()
    assert await readers.read(meeting) == expected
    assert await readers.read(meeting, before) == NOT_FOUND
    for sql in DELETE_MEETING:
        await fetch_value(readers.url, sql, meeting)
    assert await readers.read(meeting) == NOT_FOUND
    assert await readers.read(meeting, instant) == expected


async def test_roll_that_was_or_is_restricted_is_restricted(readers: RollReaders) -> None:
    await synthetic_rolls.insert_rolls(readers.url, mixed=False)
    restricted_at = await readers.now()
    await fetch_value(readers.url, SET_ROLL, "closed", "open")
    opened_at = await readers.now()
    assert await readers.read("closed") == OPEN
    assert await readers.read("closed", opened_at) == OPEN
    assert await readers.read("closed", restricted_at) == RESTRICTED
    await fetch_value(readers.url, SET_ROLL, "closed", "restricted")
    assert await readers.read("closed", opened_at) == RESTRICTED


async def test_current_host_may_read_the_earlier_roll(readers: RollReaders) -> None:
    await synthetic_rolls.insert_rolls(readers.url, mixed=False)
    instant = await readers.now()
    await fetch_value(readers.url, "UPDATE meetings SET host = 'kpu-31' WHERE code = 'closed'")
    assert (await readers.read("closed", instant))[2] == (200, 3)


async def test_last_host_may_read_the_roll_of_a_deleted_meeting(readers: RollReaders) -> None:
    await synthetic_rolls.insert_rolls(readers.url, mixed=False)
    await fetch_value(readers.url, "UPDATE meetings SET host = 'kpu-31' WHERE code = 'closed'")
    instant = await readers.now()
    for sql in DELETE_MEETING:
        await fetch_value(readers.url, sql, "closed")
    assert (await readers.read("closed", instant))[2] == (200, 3)
