"""Closed rolls with `known_at`, and after the retention period."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from app.core.db import database
from tests.closed_rolls.closed_plenary import QUORUM_INSTANTS, ClosedPlenary
from tests.closed_rolls.test_frozen import rename_officials, start_opening_later
from tests.corrections.corrections_client import REOPENING, create_client, post_correction

COPIES = (
    *("closed_roll_lines", "closed.participants", "closed.entries_and_exits"),
    *("history.closed_roll_lines_rows", "history.participants_rows"),
)
EXPIRE = "UPDATE meetings SET start_on = '2026-11-01', end_on = '2026-11-01', retention_days = 8 WHERE code = $1"


@pytest.fixture(autouse=True)
def without_commit_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow known_at of this moment: no write runs while these tests read."""
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))


async def now(plenary: ClosedPlenary) -> datetime:
    instant: datetime = await plenary.execute("SELECT clock_timestamp()")
    return instant


async def read_past(plenary: ClosedPlenary, instant: datetime) -> dict[str, Any]:
    """Read the lines, the hours, the quorum and the file as they were known at an instant."""
    known_at = f"known_at={quote(instant.isoformat())}"
    headers = {**plenary.admin.headers, "Accept": "text/csv"}
    lines = (await plenary.read(f"{plenary.path}/attendance?page_size=200&{known_at}")).json()["items"]
    items = [(await plenary.read(f"{plenary.path}/attendance/{line['id']}?{known_at}")).json() for line in lines]
    return {
        "lines": [(line["id"], line["status"], line["late"], line["arrived_at"], line["left_at"]) for line in lines],
        "days": [(item["days"], item["intervals"], item["first_entry"]) for item in items],
        "quorum": [(await plenary.read(f"{plenary.path}/quorum?at={at}&{known_at}")).json() for at in QUORUM_INSTANTS],
        "csv": (await plenary.client.get(f"{plenary.path}/attendance?{known_at}", headers=headers)).content,
    }


async def reopen(plenary: ClosedPlenary) -> None:
    requested = await post_correction(plenary, create_client(plenary, "one"), **REOPENING)
    response = await create_client(plenary, "two").post(f"{requested.headers['location']}:confirm", {})
    assert response.status_code == 200, response.text


async def test_each_instant_reads_the_roll_of_that_instant(plenary: ClosedPlenary) -> None:
    closed_at = await now(plenary)
    closed = await read_past(plenary, closed_at)
    await start_opening_later(plenary)
    await rename_officials(plenary)
    await plenary.correct(kind="status", participant=plenary.participants[8], status="absent")
    corrected_at = await now(plenary)
    corrected = await read_past(plenary, corrected_at)
    assert (corrected["lines"] != closed["lines"], corrected["quorum"]) == (True, closed["quorum"])
    await reopen(plenary)
    reopened_at = await now(plenary)
    reopened = await read_past(plenary, reopened_at)
    assert reopened["lines"] != corrected["lines"]  # those who were late are punctual
    assert reopened["csv"] != corrected["csv"]
    await start_opening_later(plenary)
    for instant, expected in ((closed_at, closed), (corrected_at, corrected), (reopened_at, reopened)):
        assert await read_past(plenary, instant) == expected
    before_closing = await plenary.execute(
        "SELECT stamp - interval '1 microsecond' FROM history.commits WHERE id = (SELECT min(added_by) FROM"
        " history.closed_rolls_rows WHERE meeting = $1)",
        plenary.code,
    )
    open_roll = await read_past(plenary, before_closing)
    assert (open_roll["lines"], open_roll["days"]) == (closed["lines"], closed["days"])


async def test_closing_again_copies_the_present(plenary: ClosedPlenary) -> None:
    await reopen(plenary)
    await rename_officials(plenary)
    await start_opening_later(plenary)
    assert (await plenary.admin.close_roll(plenary.path)).status_code == 200
    before = await plenary.read_state()
    assert f"Nama Lain {plenary.code}".encode() in before["csv"]
    assert [line["late"] for line in before["lines"].values()].count(True) == 1  # who came on the second day only
    await plenary.execute("UPDATE officials SET name = 'Nama Ketiga' WHERE id = $1::text::uuid", plenary.officials[0])
    assert await plenary.read_state() == before


async def test_retention_erases_the_copies_and_keeps_the_summary(plenary: ClosedPlenary) -> None:
    await plenary.correct(kind="status", participant=plenary.participants[8], status="absent")
    before = await plenary.read_state()
    connection = await plenary.connect()
    try:
        await connection.execute("UPDATE sessions SET starts_at = NULL WHERE meeting = $1", plenary.code)
        await connection.execute("SET rakornas.two_clients = 'on'")
        await connection.execute(EXPIRE, plenary.code)
        await connection.execute("RESET rakornas.two_clients")
        await connection.fetch("SELECT * FROM erase_personal_data($1, NULL)", plenary.code)
        for table in COPIES:
            assert await connection.fetchval(f"SELECT count(*) FROM {table} WHERE meeting = $1", plenary.code) == 0
    finally:
        await connection.close()
    for by, body in before["summary"].items():
        assert (await plenary.read(f"{plenary.path}/attendance/summary?by={by}")).content == body
    quorum = (await plenary.read(f"{plenary.path}/quorum?at={QUORUM_INSTANTS[0]}")).json()
    assert (quorum["present"], quorum["reason"]) == (0, "anonymised")
