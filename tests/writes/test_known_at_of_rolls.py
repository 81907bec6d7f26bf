"""A roll at an instant: what its meeting was then, and whether it may be shown today."""

from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from app.auth import Scope
from app.core.db import database
from tests.attendance import synthetic_rolls
from tests.conftest import fetch_value
from tests.writes.calls import Calls
from tests.writes.test_known_at import asked

ROLL = "UPDATE meetings SET roll = $2::text WHERE code = $1"
GONE = [
    *(f"DELETE FROM {table} WHERE meeting = $1" for table in ("participant_sessions", "participants", "sessions")),
    "DELETE FROM meetings WHERE code = $1",
]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No write runs while these tests ask, so what has just been said is settled."""
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))


class Roll:
    """What four callers are told of a roll: anyone, a reader of all, one bound to a body that is not above the host,
    and one whose token is for something else."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, url: str) -> None:
        self.url = url
        self.callers = [
            Calls(client, {}),
            Calls.of(app, client, Scope.ATTENDANCE_READ),
            Calls.of(app, client, Scope.ATTENDANCE_READ, organization="kpu-31"),
            Calls.of(app, client, Scope.STAGES_WRITE),
        ]

    async def now(self) -> datetime:
        instant: datetime = await fetch_value(self.url, "SELECT clock_timestamp()")
        return instant

    async def told(self, meeting: str, instant: datetime | None = None) -> list[tuple[int, int]]:
        """To each of them: the status, and how many stand on the roll."""
        path = f"/v1/meetings/{meeting}/attendance"
        answers = [await caller.get(asked(path, instant) if instant else path) for caller in self.callers]
        return [(answer.status_code, len(answer.json().get("items", []))) for answer in answers]


@pytest.fixture
def roll(app: FastAPI, client: httpx.AsyncClient, own_url: str) -> Roll:
    return Roll(app, client, own_url)


CLOSED = [(401, 0), (200, 3), (404, 0), (403, 0)]
OPEN = [(200, 3)] * 4
NOT_THERE = [(404, 0)] * 4


@pytest.mark.parametrize(("meeting", "said"), [("closed", CLOSED), ("empty", [(200, 0)] * 4)])
async def test_a_meeting_that_is_deleted_since_is_closed_as_it_was(
    roll: Roll, meeting: str, said: list[tuple[int, int]]
) -> None:
    before = await roll.now()
    await synthetic_rolls.insert_rolls(roll.url, mixed=False)
    instant = await roll.now()
    assert await roll.told(meeting) == said
    assert await roll.told(meeting, before) == NOT_THERE
    for sql in GONE:
        await fetch_value(roll.url, sql, meeting)
    assert await roll.told(meeting) == NOT_THERE
    assert await roll.told(meeting, instant) == said


async def test_a_roll_is_closed_that_was_closed_or_is(roll: Roll) -> None:
    await synthetic_rolls.insert_rolls(roll.url, mixed=False)
    closed = await roll.now()
    await fetch_value(roll.url, ROLL, "closed", "open")
    opened = await roll.now()
    assert await roll.told("closed") == OPEN
    assert await roll.told("closed", opened) == OPEN
    assert await roll.told("closed", closed) == CLOSED
    await fetch_value(roll.url, ROLL, "closed", "restricted")
    assert await roll.told("closed", opened) == CLOSED


async def test_who_hosts_it_today_reads_what_stood_on_it_before(roll: Roll) -> None:
    await synthetic_rolls.insert_rolls(roll.url, mixed=False)
    instant = await roll.now()
    await fetch_value(roll.url, "UPDATE meetings SET host = 'kpu-31' WHERE code = 'closed'")
    assert (await roll.told("closed", instant))[2] == (200, 3)


async def test_who_hosted_a_meeting_that_is_deleted_since_reads_it(roll: Roll) -> None:
    await synthetic_rolls.insert_rolls(roll.url, mixed=False)
    await fetch_value(roll.url, "UPDATE meetings SET host = 'kpu-31' WHERE code = 'closed'")
    instant = await roll.now()
    for sql in GONE:
        await fetch_value(roll.url, sql, "closed")
    assert (await roll.told("closed", instant))[2] == (200, 3)
