"""`rakornas attendance recompute`: leaves a correct roll as it is and repairs a corrupted one."""

import asyncio
import os

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from app.cli import app as command
from tests.attendance.expected_counts import COUNT_DIFFERENCES
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import fetch_value

SELECT_ROWS = (
    "SELECT string_agg(line, '|' ORDER BY line) FROM (SELECT stored::text FROM {} AS stored WHERE meeting = $1)"
    " AS rows (line)"
)
CORRUPTIONS = {
    "a row": "UPDATE attendance SET status = 'absent', late = true WHERE meeting = $1 AND entry IS NOT NULL",
    "its first entry": "UPDATE attendance SET entry = NULL WHERE meeting = $1",
    "a counter": "UPDATE attendance_counts SET late = late + 3 WHERE meeting = $1 AND family = 'body'",
    "a missing counter": "DELETE FROM attendance_counts WHERE meeting = $1 AND family = 'session'",
    "a superfluous counter": """INSERT INTO attendance_counts
        VALUES ($1, 'all', '', '', '', 99, 1, 1, 0, 0, 0, 0, 0, 0, 1)""",
    "a missing row": "DELETE FROM attendance WHERE meeting = $1 AND entry IS NOT NULL",
}


@pytest_asyncio.fixture
async def meeting(own_app: FastAPI, own_client: httpx.AsyncClient) -> MeetingClient:
    meeting = await MeetingClient.create(own_app, own_client, participant_count=4)
    await meeting.admin.patch(meeting.participant_path(1), {"represents": meeting.participants[2]})
    await meeting.admin.patch(meeting.participant_path(0), {"sessions": ["opening", "class-1"]})
    await meeting.send_batch(
        [meeting.new_scan(0, 60), meeting.new_scan(1, -60), meeting.new_scan(0, 90, direction="out")], 100
    )
    await meeting.admin.patch(meeting.attendance_path(3), {"status": "sick", "reason": "opname"})
    return meeting


async def run_command(url: str, *arguments: str) -> Result:
    """Run the command in a thread, because it starts an event loop."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "RAKORNAS_"))}
    command_line = ["attendance", "recompute", "--database-url", url, *arguments]
    return await asyncio.to_thread(lambda: CliRunner().invoke(command, command_line, env=environment))


async def fetch_stored_state(url: str, meeting: str) -> list[str]:
    """Return the stored rows of attendance and the counters as text."""
    counts = SELECT_ROWS.format("(SELECT * FROM attendance_counts WHERE invited <> 0)")
    return [await fetch_value(url, sql, meeting) for sql in (SELECT_ROWS.format("attendance"), counts)]


async def test_correct_roll_is_not_changed(meeting: MeetingClient, own_url: str) -> None:
    before = await fetch_stored_state(own_url, meeting.code)
    versions = "SELECT string_agg(xmin::text, ' ' ORDER BY participant) FROM attendance"
    versions_before = await fetch_value(own_url, versions)
    result = await run_command(own_url)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith(", changed: 0.\n")
    assert await fetch_stored_state(own_url, meeting.code) == before
    assert await fetch_value(own_url, versions) == versions_before


@pytest.mark.parametrize("corruption", CORRUPTIONS)
@pytest.mark.parametrize("uncounted", [False, True], ids=["counted", "uncounted"])
async def test_corrupted_roll_is_repaired(
    meeting: MeetingClient, own_url: str, corruption: str, uncounted: bool
) -> None:
    """Both if triggers have changed the counters with the corrupted row (`counted`) and if not."""
    before = await fetch_stored_state(own_url, meeting.code)
    connection = await asyncpg.connect(own_url)
    try:
        if uncounted:
            await connection.execute("SET session_replication_role = replica")
        await connection.execute(CORRUPTIONS[corruption], meeting.code)
    finally:
        await connection.close()
    assert await fetch_stored_state(own_url, meeting.code) != before
    result = await run_command(own_url, "--meeting", meeting.code)
    assert (result.exit_code, result.stdout.count("repaired")) == (1, 1), result.output
    assert await fetch_stored_state(own_url, meeting.code) == before
    assert await fetch_value(own_url, COUNT_DIFFERENCES) == 0
    again = await run_command(own_url, "--meeting", meeting.code)
    assert (again.exit_code, again.stdout) == (0, "Rolls recomputed: 1, changed: 0.\n")


async def test_unknown_meeting_is_an_error(own_url: str) -> None:
    result = await run_command(own_url, "--meeting", "no-such")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Meeting no-such does not exist" in result.stderr
