"""`rakornas retention run`: when a meeting's time is over, persons become counts."""

import asyncio
import os
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from app.attendance import maintenance
from app.auth import Scope
from app.cli import app as command
from app.core.db import database
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import fetch
from tests.writes.calls import Calls

WORD = "zulkarnaenqx"
"""Stands in everything that is told of the people of this meeting, and nowhere else."""
DAYS = 30
MOVE = """
WITH unbound AS (UPDATE sessions SET starts_at = NULL, ends_at = NULL WHERE meeting = $1)
UPDATE meetings SET start_on = today - 1, end_on = today, retention_days = $2
FROM (SELECT (clock_timestamp() AT TIME ZONE 'Asia/Jakarta')::date - $3::int AS today) AS local WHERE code = $1
"""
TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'history') AND c.relkind = 'r' ORDER BY 1
"""
FACTS = (
    "SELECT count(*) FROM (SELECT FROM scans WHERE meeting = $1 UNION ALL SELECT FROM badges WHERE meeting = $1"
    " UNION ALL SELECT FROM device_clocks WHERE meeting = $1 UNION ALL SELECT FROM clock_readings WHERE meeting = $1"
    " UNION ALL SELECT FROM roll_corrections WHERE meeting = $1 UNION ALL SELECT FROM participants WHERE meeting = $1"
    " UNION ALL SELECT FROM participant_sessions WHERE meeting = $1 UNION ALL SELECT FROM attendance WHERE meeting = $1"
    " UNION ALL SELECT FROM history.participants_rows WHERE meeting = $1"
    " UNION ALL SELECT FROM history.participant_sessions_rows WHERE meeting = $1"
    ") AS facts"
)
QUERIES: tuple[str, ...] = (
    "",
    "by=organization",
    "by=level",
    "by=region",
    "by=office",
    "by=session",
    "session=opening",
)
QUERIES += ("session=opening&by=organization", "session=class-1&by=office")


async def people_of(meeting: MeetingClient) -> None:
    """A little of everything that is ever told of somebody."""
    who: dict[str, Any] = {"organization": "kpu-32", "office": "chair", "sessions": ["opening", "class-1"]}
    letter = {"assignment_letter": {"number": f"1/{WORD}"}, "note": f"Catatan {WORD}", "name_as_printed": WORD.upper()}
    ids: list[str] = []
    for n in range(4):
        represents = {"represents": ids[-1]} if n == 2 else {}
        answer = await meeting.admin.post(
            f"{meeting.path}/participants",
            {"name": f"{WORD} {n}", "source": f"Surat {WORD}", **who, **letter, **represents},
        )
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
    meeting.participants = ids
    await meeting.admin.patch(
        f"{meeting.path}/participants/{ids[0]}", {"name": f"{WORD} lagi", "sessions": ["class-2"]}
    )
    await meeting.admin.delete(f"{meeting.path}/participants/{ids[3]}", {"reason": f"batal {WORD}"})
    await meeting.admin.patch(f"{meeting.path}/attendance/{ids[0]}", {"status": "sick", "reason": f"opname {WORD}"})
    issued = (await meeting.admin.get(f"{meeting.path}/badges")).json()["items"]
    tokens = {one["participant"]: one["token"] for one in issued}
    scans = [
        meeting.new_scan(tokens[ids[2]], 60),
        meeting.new_scan(f"https://example.org/{WORD}"),
        meeting.new_scan(tokens[ids[2]], 90),
    ]
    await meeting.send_batch(scans, 120)
    annul = f"{meeting.path}/check-ins/{scans[2]['scan_id']}:annul"
    assert (await meeting.admin.post(annul, {"reason": f"dipinjam {WORD}"})).status_code == 200


async def correct(meeting: MeetingClient) -> None:
    await meeting.admin.post(f"{meeting.path}:close-roll", {})
    asked = {"status": "excused", "reason": f"izin {WORD}"}
    answer = await meeting.admin.patch(meeting.attendance_path(1), asked)
    assert answer.status_code == 202, answer.text
    other = Calls.of(meeting.app, meeting.client, Scope.ATTENDANCE_WRITE, client_id="second")
    assert (await other.post(f"{answer.headers['location']}:confirm", {})).status_code == 200
    await meeting.admin.patch(meeting.attendance_path(1), asked)


@pytest_asyncio.fixture
async def meeting(own_app: FastAPI, own_client: httpx.AsyncClient) -> MeetingClient:
    meeting = await MeetingClient.create(own_app, own_client, participant_count=2)
    await meeting.admin.patch(meeting.path, {"roll": "open"})
    await people_of(meeting)
    return meeting


async def move(url: str, meeting: MeetingClient, ago: int) -> None:
    """The meeting has ended so many days ago."""
    await fetch(url, MOVE, meeting.code, DAYS, ago)


async def told_of(url: str) -> set[str]:
    """The tables in which anything of the people stands."""
    connection = await asyncpg.connect(url)
    try:
        found = set()
        for (table,) in await connection.fetch(TABLES):
            sql = f"SELECT EXISTS (SELECT FROM {table} AS one WHERE one::text ILIKE '%{WORD}%')"
            if await connection.fetchval(sql):
                found.add(table)
        return found
    finally:
        await connection.close()


async def summaries(meeting: MeetingClient) -> list[Any]:
    return [(await meeting.client.get(f"{meeting.path}/attendance/summary?{query}")).json() for query in QUERIES]


async def test_nothing_is_forgotten_on_the_last_day(meeting: MeetingClient, own_url: str) -> None:
    await move(own_url, meeting, DAYS)
    assert await maintenance.anonymise_participants(own_url, dry_run=False) == []
    assert await fetch(own_url, "SELECT anonymise_participants($1)", meeting.code) is None
    assert len((await meeting.client.get(f"{meeting.path}/attendance")).json()["items"]) == 5


async def test_nothing_is_forgotten_of_a_meeting_that_sets_no_time(meeting: MeetingClient, own_url: str) -> None:
    await move(own_url, meeting, 5000)
    await fetch(own_url, "UPDATE meetings SET retention_days = NULL WHERE code = $1", meeting.code)
    assert await maintenance.anonymise_participants(own_url, dry_run=False) == []


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed and corrected"])
async def test_on_the_day_after_persons_become_counts(meeting: MeetingClient, own_url: str, closed: bool) -> None:
    if closed:
        await correct(meeting)
    await move(own_url, meeting, DAYS + 1)
    assert {"public.participants", "public.scans", "public.revisions"} < await told_of(own_url)
    before = await summaries(meeting)
    assert before[0]["invited"] == 5
    assert await maintenance.anonymise_participants(own_url, dry_run=False) == [(meeting.code, 5)]
    assert await told_of(own_url) == set()
    assert await fetch(own_url, FACTS, meeting.code) == 0
    assert await summaries(meeting) == before
    assert (await meeting.client.get(f"{meeting.path}/attendance")).json()["items"] == []
    is_forgotten = "SELECT anonymised_at IS NOT NULL AND roll_closed_at IS NOT NULL FROM meetings WHERE code = $1"
    assert await fetch(own_url, is_forgotten, meeting.code)
    assert (await meeting.admin.post(f"{meeting.path}/participants", {"name": "Baru"})).json()["code"] == "roll_closed"


async def test_the_trail_says_that_it_was_done(meeting: MeetingClient, own_url: str) -> None:
    await move(own_url, meeting, DAYS + 1)
    await maintenance.anonymise_participants(own_url, dry_run=False)
    lines = "SELECT keys FROM audit_lines WHERE operation = 'retention run'"
    assert await fetch(own_url, lines) == [f"meetings/{meeting.code}"]


async def test_done_twice_it_is_done_once(meeting: MeetingClient, own_url: str) -> None:
    await move(own_url, meeting, DAYS + 1)
    await maintenance.anonymise_participants(own_url, dry_run=False)
    at = "SELECT anonymised_at FROM meetings WHERE code = $1"
    before = await fetch(own_url, at, meeting.code)
    assert await maintenance.anonymise_participants(own_url, dry_run=False) == []
    assert await fetch(own_url, "SELECT anonymise_participants($1)", meeting.code) is None
    assert await fetch(own_url, at, meeting.code) == before


async def test_other_meetings_keep_their_people(meeting: MeetingClient, own_url: str) -> None:
    other = await MeetingClient.create(meeting.app, meeting.client, participant_count=3)
    await other.send_batch([other.new_scan(0)])
    await move(own_url, meeting, DAYS + 1)
    await maintenance.anonymise_participants(own_url, dry_run=False)
    assert (await other.get_attendance(0))["status"] == "present"
    for n in range(3):
        address = f"{other.path}/participants/{other.participants[n]}/revisions"
        assert len((await other.admin.get(address)).json()["items"]) == 1


async def test_what_is_forgotten_is_not_known_of_any_instant(
    meeting: MeetingClient, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))
    instant = (await fetch(own_url, "SELECT clock_timestamp()")).isoformat()
    await move(own_url, meeting, DAYS + 1)
    await maintenance.anonymise_participants(own_url, dry_run=False)
    for at in ("participants", "attendance"):
        answer = await meeting.client.get(
            f"{meeting.path}/{at}", params={"known_at": instant}, headers=dict(meeting.admin.headers)
        )
        assert (answer.status_code, WORD in answer.text) == (200, False)
    for id_ in meeting.participants:
        revisions = await meeting.admin.get(f"{meeting.path}/participants/{id_}/revisions")
        assert WORD not in revisions.text


async def test_a_recomputation_leaves_the_counts_of_the_forgotten(meeting: MeetingClient, own_url: str) -> None:
    await move(own_url, meeting, DAYS + 1)
    before = await summaries(meeting)
    await maintenance.anonymise_participants(own_url, dry_run=False)
    await maintenance.recompute_attendance(own_url, None)
    assert await summaries(meeting) == before


async def run(url: str, *arguments: str) -> Result:
    """In a thread of its own: the command has an event loop of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "RAKORNAS_"))}
    whole = ["retention", "run", "--database-url", url, *arguments]
    return await asyncio.to_thread(lambda: CliRunner().invoke(command, whole, env=environment))


async def test_an_operator_sees_first_and_then_does(meeting: MeetingClient, own_url: str) -> None:
    await move(own_url, meeting, DAYS + 1)
    dry = await run(own_url, "--dry-run")
    assert (dry.exit_code, dry.stdout) == (0, f"{meeting.code}: would anonymise 5 participants.\n")
    assert len((await meeting.client.get(f"{meeting.path}/attendance")).json()["items"]) == 5
    done = await run(own_url)
    assert (done.exit_code, done.stdout) == (0, f"{meeting.code}: anonymised 5 participants.\n")
    assert (await run(own_url)).stdout == "No meeting is past its retention period.\n"
