"""Stages and meetings just inside and just outside the requested days. Their codes say which."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest_asyncio

from app.settings import Settings
from tests.conftest import LOADED, connect_client, copy_template, run_application

DAY = date(2030, 3, 1)
"""A day without stages and meetings in the reference data."""
DAYS_AHEAD = 10

# First and last day, in days after DAY; None: not known.
STAGES: dict[str, tuple[int | None, int | None]] = {
    "ended-yesterday": (-5, -1),
    "ends-today": (-5, 0),
    "ends-on-the-last-day": (-4, DAYS_AHEAD),
    "ends-after-the-last-day": (-4, DAYS_AHEAD + 1),
    "starts-today": (0, 40),
    "today-only": (0, 0),
    "starts-tomorrow": (1, 40),
    "starts-on-the-last-day": (DAYS_AHEAD, 40),
    "starts-after-the-last-day": (DAYS_AHEAD + 1, 40),
    "tomorrow-only": (1, 1),
    "half-starts-tomorrow": (1, None),
    "half-started-yesterday": (-1, None),
    "half-ends-today": (None, 0),
    "half-ends-tomorrow": (None, 1),
    "half-ended-yesterday": (None, -1),
    "undated": (None, None),
}
# First day, last day and day of cancellation, in days after DAY.
MEETINGS: dict[str, tuple[int, int, int | None]] = {
    "over": (-3, -1, None),
    "last-day": (-2, 0, None),
    "first-day": (0, 2, None),
    "cancelled-before": (-1, 1, -9),
    "cancelled-today": (-1, 1, 0),
    "cancelled-tomorrow": (-1, 1, 1),
    "to-come": (1, 2, None),
}


def day_at(days: int | None) -> date | None:
    return None if days is None else DAY + timedelta(days)


@pytest_asyncio.fixture(scope="module")
async def overview(server: str) -> AsyncIterator[Any]:
    """The overview of the day."""
    async for url in copy_template(server, LOADED):
        await insert_rows(url)
        async with run_application(Settings(DATABASE_URL=url)) as app, connect_client(app) as client:
            yield (await client.get(f"/v1/today?as_of={DAY}&days={DAYS_AHEAD}")).json()


async def insert_rows(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.executemany(
        'INSERT INTO stages (code, election, position, kind, name, start_on, end_on, round, verified, "primary")'
        " VALUES ($1, 'pemilu-2024', 1, 'stage', $1, $2, $3, 1, false, false)",
        [(code, day_at(start), day_at(end)) for code, (start, end) in STAGES.items()],
    )
    await connection.executemany(
        "INSERT INTO meetings (code, name, kind, host, time_zone, start_on, end_on, cancelled_on, roll, verified,"
        " \"primary\") VALUES ($1, $1, 'other', 'kpu', 'Asia/Jakarta', $2, $3, $4, 'open', false, false)",
        [(code, day_at(start), day_at(end), day_at(off)) for code, (start, end, off) in MEETINGS.items()],
    )
    await connection.close()


def get_codes(items: list[Any]) -> list[str]:
    return [item["code"] for item in items]


async def test_running_stages_are_ordered_by_end(overview: Any) -> None:
    """A stage runs on its first and on its last day. With one known date it is not running."""
    assert get_codes(overview["running"]) == [
        "ends-today",
        "today-only",
        "ends-on-the-last-day",
        "ends-after-the-last-day",
        "starts-today",
    ]


async def test_starting_stages_are_ordered_by_start(overview: Any) -> None:
    """A stage that starts on the day is also listed as starting."""
    assert get_codes(overview["starting"]) == [
        "starts-today",
        "today-only",
        "half-starts-tomorrow",
        "starts-tomorrow",
        "tomorrow-only",
        "starts-on-the-last-day",
    ]


async def test_ending_stages_are_ordered_by_end(overview: Any) -> None:
    """Stages that have not started and stages that end on the day are included."""
    assert get_codes(overview["ending"]) == [
        "ends-today",
        "half-ends-today",
        "today-only",
        "half-ends-tomorrow",
        "tomorrow-only",
        "ends-on-the-last-day",
    ]


async def test_status_of_stages_with_one_date(overview: Any) -> None:
    half = {
        entry["code"]: entry
        for name in ("starting", "ending")
        for entry in overview[name]
        if entry["code"].startswith("half")
    }
    assert {
        code: (entry["status"], entry["days_until_start"], entry["days_until_end"]) for code, entry in half.items()
    } == {
        "half-starts-tomorrow": ("upcoming", 1, None),
        "half-ends-today": ("undated", None, 0),
        "half-ends-tomorrow": ("undated", None, 1),
    }


async def test_cancelled_meeting_is_listed_as_cancelled(overview: Any) -> None:
    """A meeting that is cancelled on a later day is still running."""
    assert [(entry["code"], entry["status"]) for entry in overview["meetings"]] == [
        ("last-day", "running"),
        ("cancelled-before", "cancelled"),
        ("cancelled-today", "cancelled"),
        ("cancelled-tomorrow", "running"),
        ("first-day", "running"),
    ]
