"""What stands just within the days asked for, and what just outside; on rows that say so by their names."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest_asyncio

from app.settings import Settings
from tests.conftest import LOADED, connect_client, copy_template, run_application

DAY = date(2030, 3, 1)
"""A day on which the reference data has nothing."""
DAYS = 10

# From and to, counted from the day; None: not known.
STAGES: dict[str, tuple[int | None, int | None]] = {
    "ended-yesterday": (-5, -1),
    "ends-today": (-5, 0),
    "ends-on-the-last-day": (-4, DAYS),
    "ends-after-the-last-day": (-4, DAYS + 1),
    "starts-today": (0, 40),
    "today-only": (0, 0),
    "starts-tomorrow": (1, 40),
    "starts-on-the-last-day": (DAYS, 40),
    "starts-after-the-last-day": (DAYS + 1, 40),
    "tomorrow-only": (1, 1),
    "half-starts-tomorrow": (1, None),
    "half-started-yesterday": (-1, None),
    "half-ends-today": (None, 0),
    "half-ends-tomorrow": (None, 1),
    "half-ended-yesterday": (None, -1),
    "undated": (None, None),
}
# From, to and the day of its cancellation.
MEETINGS: dict[str, tuple[int, int, int | None]] = {
    "over": (-3, -1, None),
    "last-day": (-2, 0, None),
    "first-day": (0, 2, None),
    "cancelled-before": (-1, 1, -9),
    "cancelled-today": (-1, 1, 0),
    "cancelled-tomorrow": (-1, 1, 1),
    "to-come": (1, 2, None),
}


def on(days: int | None) -> date | None:
    return None if days is None else DAY + timedelta(days)


@pytest_asyncio.fixture(scope="module")
async def shown(server: str) -> AsyncIterator[Any]:
    """What the day shows of these."""
    async for url in copy_template(server, LOADED):
        await add(url)
        async with run_application(Settings(DATABASE_URL=url)) as app, connect_client(app) as client:
            yield (await client.get(f"/v1/today?as_of={DAY}&days={DAYS}")).json()


async def add(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.executemany(
        'INSERT INTO stages (code, election, position, kind, name, start_on, end_on, round, verified, "primary")'
        " VALUES ($1, 'pemilu-2024', 1, 'stage', $1, $2, $3, 1, false, false)",
        [(code, on(start), on(end)) for code, (start, end) in STAGES.items()],
    )
    await connection.executemany(
        "INSERT INTO meetings (code, name, kind, host, time_zone, start_on, end_on, cancelled_on, roll, verified,"
        " \"primary\") VALUES ($1, $1, 'other', 'kpu', 'Asia/Jakarta', $2, $3, $4, 'open', false, false)",
        [(code, on(start), on(end), on(off)) for code, (start, end, off) in MEETINGS.items()],
    )
    await connection.close()


def codes(items: list[Any]) -> list[str]:
    return [item["code"] for item in items]


async def test_what_runs_the_first_to_end_first(shown: Any) -> None:
    """What starts today runs already, and what ends today still does; with one date alone nothing is sure to."""
    assert codes(shown["running"]) == [
        "ends-today",
        "today-only",
        "ends-on-the-last-day",
        "ends-after-the-last-day",
        "starts-today",
    ]


async def test_what_starts_the_first_first(shown: Any) -> None:
    """What starts today stands here too, as what ends today stands among what ends."""
    assert codes(shown["starting"]) == [
        "starts-today",
        "today-only",
        "half-starts-tomorrow",
        "starts-tomorrow",
        "tomorrow-only",
        "starts-on-the-last-day",
    ]


async def test_what_ends_the_first_first(shown: Any) -> None:
    """Also what has not yet begun, and what ends today."""
    assert codes(shown["ending"]) == [
        "ends-today",
        "half-ends-today",
        "today-only",
        "half-ends-tomorrow",
        "tomorrow-only",
        "ends-on-the-last-day",
    ]


async def test_one_date_alone(shown: Any) -> None:
    half = {
        one["code"]: one for name in ("starting", "ending") for one in shown[name] if one["code"].startswith("half")
    }
    assert {code: (one["status"], one["days_until_start"], one["days_until_end"]) for code, one in half.items()} == {
        "half-starts-tomorrow": ("upcoming", 1, None),
        "half-ends-today": ("undated", None, 0),
        "half-ends-tomorrow": ("undated", None, 1),
    }


async def test_a_cancelled_meeting_is_shown_as_such(shown: Any) -> None:
    """Who has it in the diary wants to know. What will be cancelled tomorrow is still on."""
    assert [(one["code"], one["status"]) for one in shown["meetings"]] == [
        ("last-day", "running"),
        ("cancelled-before", "cancelled"),
        ("cancelled-today", "cancelled"),
        ("cancelled-tomorrow", "running"),
        ("first-day", "running"),
    ]
