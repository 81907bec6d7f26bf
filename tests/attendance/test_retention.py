"""`rakornas retention run`: anonymises participants past their retention period and keeps their counts."""

import asyncio
import os
import re
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
from tests.conftest import fetch_value
from tests.writes.write_client import WriteClient

MARKER = "zulkarnaenqx"
"""A word in all personal data of the meeting, and nowhere else."""
RETENTION_DAYS = 30
TWO_CLIENTS = "SELECT set_config('rakornas.two_clients', 'on', true)"
MOVE_MEETING = """
WITH unbound AS (UPDATE sessions SET starts_at = NULL, ends_at = NULL WHERE meeting = $1)
UPDATE meetings SET start_on = today - 1, end_on = today, retention_days = $2
FROM (SELECT (clock_timestamp() AT TIME ZONE 'Asia/Jakarta')::date - $3::int AS today) AS local WHERE code = $1
"""
SELECT_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'm') ORDER BY 1
"""
COUNT_PERSONAL_ROWS = (
    "SELECT count(*) FROM (SELECT FROM scans WHERE meeting = $1 UNION ALL SELECT FROM badges WHERE meeting = $1"
    " UNION ALL SELECT FROM device_clocks WHERE meeting = $1 UNION ALL SELECT FROM clock_readings WHERE meeting = $1"
    " UNION ALL SELECT FROM roll_corrections WHERE meeting = $1 UNION ALL SELECT FROM participants WHERE meeting = $1"
    " UNION ALL SELECT FROM participant_sessions WHERE meeting = $1 UNION ALL SELECT FROM attendance WHERE meeting = $1"
    " UNION ALL SELECT FROM history.participants_rows WHERE meeting = $1"
    " UNION ALL SELECT FROM history.participant_sessions_rows WHERE meeting = $1"
    ") AS personal_rows"
)
SUMMARY_QUERIES: tuple[str, ...] = (
    "",
    "by=organization",
    "by=level",
    "by=region",
    "by=office",
    "by=session",
    "session=opening",
)
SUMMARY_QUERIES += ("session=opening&by=organization", "session=class-1&by=office")


async def register_marked_participants(meeting: MeetingClient) -> None:
    """Register participants with personal data of every kind, all of which contain MARKER."""
    members: dict[str, Any] = {"organization": "kpu-32", "office": "chair", "sessions": ["opening", "class-1"]}
    letter = {
        "assignment_letter": {"number": f"1/{MARKER}"},
        "note": f"Catatan {MARKER}",
        "name_as_printed": MARKER.upper(),
    }
    ids: list[str] = []
    for n in range(4):
        represents = {"represents": ids[-1]} if n == 2 else {}
        response = await meeting.admin.post(
            f"{meeting.path}/participants",
            {"name": f"{MARKER} {n}", "source": f"Surat {MARKER}", **members, **letter, **represents},
        )
        assert response.status_code == 201, response.text
        ids.append(response.json()["id"])
    meeting.participants = ids
    await meeting.admin.patch(
        f"{meeting.path}/participants/{ids[0]}", {"name": f"{MARKER} lagi", "sessions": ["class-2"]}
    )
    await meeting.admin.delete(f"{meeting.path}/participants/{ids[3]}", {"reason": f"batal {MARKER}"})
    await meeting.admin.patch(f"{meeting.path}/attendance/{ids[0]}", {"status": "sick", "reason": f"opname {MARKER}"})
    badges = (await meeting.admin.get(f"{meeting.path}/badges")).json()["items"]
    tokens = {item["participant"]: item["token"] for item in badges}
    scans = [
        meeting.new_scan(tokens[ids[2]], 60),
        meeting.new_scan(f"https://example.org/{MARKER}"),
        meeting.new_scan(tokens[ids[2]], 90),
    ]
    await meeting.send_batch(scans, 120)
    annul = f"{meeting.path}/check-ins/{scans[2]['scan_id']}:annul"
    assert (await meeting.admin.post(annul, {"reason": f"dipinjam {MARKER}"})).status_code == 200


async def correct_closed_roll(meeting: MeetingClient) -> None:
    """Close the roll and make two corrections, of which one is confirmed."""
    await meeting.admin.close_roll(meeting.path)
    payload = {"kind": "status", "participant": meeting.participants[1], "status": "excused"}
    payload["reason"] = f"izin {MARKER}"
    response = await meeting.admin.post(f"{meeting.path}/corrections", payload)
    assert response.status_code == 201, response.text
    other = WriteClient.create(meeting.app, meeting.client, Scope.ATTENDANCE_WRITE, client_id="second")
    assert (await other.post(f"{response.headers['location']}:confirm", {})).status_code == 200
    await meeting.admin.post(f"{meeting.path}/corrections", payload)


@pytest_asyncio.fixture
async def meeting(own_app: FastAPI, own_client: httpx.AsyncClient) -> MeetingClient:
    meeting = await MeetingClient.create(own_app, own_client, participant_count=2)
    await meeting.admin.patch(meeting.path, {"roll": "open"})
    await register_marked_participants(meeting)
    return meeting


async def set_days_since_end(url: str, meeting: MeetingClient, days: int) -> None:
    """Move the meeting so that it ended this many days ago."""
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.execute(TWO_CLIENTS)
        await connection.execute(MOVE_MEETING, meeting.code, RETENTION_DAYS, days)
    await connection.close()


async def find_tables_with_marker(url: str) -> set[str]:
    """Return the names of the tables that contain MARKER."""
    connection = await asyncpg.connect(url)
    try:
        tables = set()
        for (table,) in await connection.fetch(SELECT_TABLES):
            # A bytea is written in hexadecimal digits.
            marks = [MARKER, MARKER.encode().hex(), MARKER.upper().encode().hex()]
            sql = f"SELECT EXISTS (SELECT FROM {table} AS stored WHERE stored::text ILIKE ANY ($1))"
            if await connection.fetchval(sql, [f"%{mark}%" for mark in marks]):
                tables.add(table)
        return tables
    finally:
        await connection.close()


async def fetch_summaries(meeting: MeetingClient) -> list[Any]:
    return [
        (await meeting.client.get(f"{meeting.path}/attendance/summary?{query}")).json() for query in SUMMARY_QUERIES
    ]


async def test_last_day_of_retention_anonymises_nobody(meeting: MeetingClient, own_url: str) -> None:
    await set_days_since_end(own_url, meeting, RETENTION_DAYS)
    assert await maintenance.erase_personal_data(own_url, dry_run=False) == []
    assert await fetch_value(own_url, "SELECT participants FROM erase_personal_data($1, NULL)", meeting.code) is None
    assert len((await meeting.client.get(f"{meeting.path}/attendance")).json()["items"]) == 5


async def test_meeting_without_retention_days_is_never_anonymised(meeting: MeetingClient, own_url: str) -> None:
    await set_days_since_end(own_url, meeting, 5000)
    await fetch_value(own_url, "UPDATE meetings SET retention_days = NULL WHERE code = $1", meeting.code)
    assert await maintenance.erase_personal_data(own_url, dry_run=False) == []


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed and corrected"])
async def test_day_after_retention_anonymises_all_and_keeps_counts(
    meeting: MeetingClient, own_url: str, closed: bool
) -> None:
    if closed:
        await correct_closed_roll(meeting)
    await set_days_since_end(own_url, meeting, RETENTION_DAYS + 1)
    assert {"public.participants", "public.scans", "public.revisions"} < await find_tables_with_marker(own_url)
    before = await fetch_summaries(meeting)
    assert before[0]["invited"] == 5
    (erased,) = await maintenance.erase_personal_data(own_url, dry_run=False)
    assert (erased.meeting, erased.participants, erased.is_deleted) == (meeting.code, 5, False)
    assert await find_tables_with_marker(own_url) == set()
    assert await fetch_value(own_url, COUNT_PERSONAL_ROWS, meeting.code) == 0
    assert await fetch_summaries(meeting) == before
    assert (await meeting.client.get(f"{meeting.path}/attendance")).json()["items"] == []
    is_anonymised = "SELECT anonymised_at IS NOT NULL AND roll_closed_at IS NOT NULL FROM meetings WHERE code = $1"
    assert await fetch_value(own_url, is_anonymised, meeting.code)
    assert (await meeting.admin.post(f"{meeting.path}/participants", {"name": "Baru"})).json()["code"] == "roll_closed"


async def test_anonymisation_is_audited(meeting: MeetingClient, own_url: str) -> None:
    await set_days_since_end(own_url, meeting, RETENTION_DAYS + 1)
    await maintenance.erase_personal_data(own_url, dry_run=False)
    lines = "SELECT keys FROM audit_lines WHERE operation = 'retention run'"
    assert await fetch_value(own_url, lines) == [f"meetings/{meeting.code}"]


async def test_second_run_changes_nothing(meeting: MeetingClient, own_url: str) -> None:
    await set_days_since_end(own_url, meeting, RETENTION_DAYS + 1)
    await maintenance.erase_personal_data(own_url, dry_run=False)
    anonymised_at = "SELECT anonymised_at FROM meetings WHERE code = $1"
    before = await fetch_value(own_url, anonymised_at, meeting.code)
    assert await maintenance.erase_personal_data(own_url, dry_run=False) == []
    assert await fetch_value(own_url, "SELECT participants FROM erase_personal_data($1, NULL)", meeting.code) is None
    assert await fetch_value(own_url, anonymised_at, meeting.code) == before


async def test_other_meetings_keep_their_participants(meeting: MeetingClient, own_url: str) -> None:
    other = await MeetingClient.create(meeting.app, meeting.client, participant_count=3)
    await other.send_batch([other.new_scan(0)])
    await set_days_since_end(own_url, meeting, RETENTION_DAYS + 1)
    await maintenance.erase_personal_data(own_url, dry_run=False)
    assert (await other.get_attendance(0))["status"] == "present"
    for n in range(3):
        address = f"{other.path}/participants/{other.participants[n]}/revisions"
        assert len((await other.admin.get(address)).json()["items"]) == 1


async def test_anonymised_data_is_absent_at_earlier_instants_too(
    meeting: MeetingClient, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))
    instant = (await fetch_value(own_url, "SELECT clock_timestamp()")).isoformat()
    await set_days_since_end(own_url, meeting, RETENTION_DAYS + 1)
    await maintenance.erase_personal_data(own_url, dry_run=False)
    for path in ("participants", "attendance"):
        response = await meeting.client.get(
            f"{meeting.path}/{path}", params={"known_at": instant}, headers=dict(meeting.admin.headers)
        )
        assert (response.status_code, MARKER in response.text) == (200, False)
    for id_ in meeting.participants:
        revisions = await meeting.admin.get(f"{meeting.path}/participants/{id_}/revisions")
        assert MARKER not in revisions.text


async def test_recomputation_keeps_the_counts_of_anonymised_meetings(meeting: MeetingClient, own_url: str) -> None:
    await set_days_since_end(own_url, meeting, RETENTION_DAYS + 1)
    before = await fetch_summaries(meeting)
    await maintenance.erase_personal_data(own_url, dry_run=False)
    await maintenance.recompute_attendance(own_url, None)
    assert await fetch_summaries(meeting) == before


async def run_command(url: str, *arguments: str) -> Result:
    """Run the command in a thread, because it starts an event loop."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "RAKORNAS_"))}
    command_line = ["retention", "run", "--database-url", url, *arguments]
    return await asyncio.to_thread(lambda: CliRunner().invoke(command, command_line, env=environment))


async def test_dry_run_prints_what_the_run_then_does(meeting: MeetingClient, own_url: str) -> None:
    await set_days_since_end(own_url, meeting, RETENTION_DAYS + 1)
    dry = await run_command(own_url, "--dry-run")
    assert dry.exit_code == 0
    summary = re.fullmatch(r"(.*): would anonymise 5 participants and erase (\d+) records\.\n", dry.stdout)
    assert summary is not None, dry.stdout
    assert (summary[1], int(summary[2]) > 20) == (meeting.code, True)
    assert len((await meeting.client.get(f"{meeting.path}/attendance")).json()["items"]) == 5
    done = await run_command(own_url)
    expected = f"{meeting.code}: anonymised 5 participants and erased {summary[2]} records.\n"
    assert (done.exit_code, done.stdout) == (0, expected)
    assert (await run_command(own_url)).stdout == "No meeting past its retention period has personal data.\n"
