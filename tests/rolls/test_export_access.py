"""Access to exported rolls, and their audit lines."""

import csv
import io
from hashlib import sha256

import httpx
import structlog
from fastapi import FastAPI

from app.auth import Scope
from app.rolls.export_router import CSV, PDF, XLSX
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import database_url_of, fetch_value
from tests.rolls.exported_files import get_csv_rows, get_digest, get_file


async def test_unauthorized_callers_get_no_file_of_a_restricted_roll(app: FastAPI, client: httpx.AsyncClient) -> None:
    callers: list[dict[str, str]] = [
        {},
        bearer_headers(app, Scope.ATTENDANCE_WRITE),
        bearer_headers(app, Scope.ATTENDANCE_READ, organization="kpu-31"),
        bearer_headers(app, Scope.ATTENDANCE_READ, meeting="mixed"),
    ]
    for media_type in (CSV, XLSX, PDF, "application/json"):
        responses = [
            await get_file(client, "/v1/meetings/closed/attendance", media_type, **headers) for headers in callers
        ]
        assert [response.status_code for response in responses] == [401, 403, 404, 404], media_type
        assert not any(b"Rahasia" in response.content for response in responses)
    for headers in callers:
        assert (await get_file(client, "/v1/meetings/no-such/attendance", **headers)).status_code == 404


async def test_full_export_is_audited_with_all_participants(app: FastAPI, client: httpx.AsyncClient) -> None:
    reader = bearer_headers(app, Scope.ATTENDANCE_READ, client_id="reader-of-files")
    response = await get_file(client, "/v1/meetings/closed/attendance?organization=kpu-94", **reader)
    assert [row["Kehadiran"] for row in csv.DictReader(io.StringIO(response.text))] == ["Hadir", "Sakit"]
    assert response.headers["cache-control"] == "no-store"
    sql = "SELECT keys FROM audit_lines WHERE client = 'reader-of-files'"
    keys: list[str] = await fetch_value(database_url_of(app), sql)
    assert [key.split("/")[0] for key in keys] == ["meetings", "participants", "participants"]
    assert (await client.get(f"/v1/rolls/{get_digest(response)}")).json()["lines"] == 2


async def test_no_file_is_sent_if_the_audit_line_fails(app: FastAPI, client: httpx.AsyncClient) -> None:
    url = database_url_of(app)
    await fetch_value(url, "ALTER TABLE audit_lines ADD CONSTRAINT none_now CHECK (client <> 'unlucky') NOT VALID")
    headers = bearer_headers(app, Scope.ATTENDANCE_READ, client_id="unlucky")
    with structlog.testing.capture_logs():  # keeps the traceback off the terminal
        response = await get_file(client, "/v1/meetings/closed/attendance", **headers)
    await fetch_value(url, "ALTER TABLE audit_lines DROP CONSTRAINT none_now")
    assert response.status_code == 500
    assert "Rahasia" not in response.text


async def test_device_token_of_the_meeting_gets_the_full_roll(meeting: MeetingClient) -> None:
    await meeting.admin.patch(meeting.attendance_path(0), {"status": "sick", "reason": "x"})
    device = bearer_headers(meeting.app, Scope.ATTENDANCE_READ, meeting=meeting.code)
    callers: tuple[dict[str, str], ...] = (device, {})
    statuses = [
        (await get_csv_rows(meeting.client, f"{meeting.path}/attendance", **headers))[0]["Kehadiran"]
        for headers in callers
    ]
    assert statuses == ["Sakit", "Izin"]


async def test_public_and_full_roll_have_different_nonces(meeting: MeetingClient) -> None:
    reader = bearer_headers(meeting.app, Scope.ATTENDANCE_READ)
    address = f"{meeting.path}/attendance"
    callers: tuple[dict[str, str], ...] = ({}, reader)
    public, full = [await get_csv_rows(meeting.client, address, **headers) for headers in callers]
    without_nonce = [[{**row, "Nonce": ""} for row in rows] for rows in (public, full)]
    assert without_nonce[0] == without_nonce[1]
    assert public[0]["Nonce"] != full[0]["Nonce"]


async def test_guess_of_a_restricted_roll_is_not_confirmed(meeting: MeetingClient) -> None:
    """Before, whoever knew the names could hash each possible status and ask which roll was issued."""
    await meeting.admin.patch(meeting.path, {"roll": "restricted"})
    reader = bearer_headers(meeting.app, Scope.ATTENDANCE_READ)
    address = f"{meeting.path}/attendance"
    before = await get_file(meeting.client, address, **reader)
    await meeting.admin.patch(meeting.attendance_path(0), {"status": "sick", "reason": "x"})
    after = await get_file(meeting.client, address, **reader)
    rows = list(csv.reader(io.StringIO(before.text, newline="")))
    rows[1][rows[0].index("Kehadiran")] = "Sakit"
    guess = io.StringIO(newline="")
    csv.writer(guess, lineterminator="\r\n").writerows(rows)
    digest = sha256(guess.getvalue().encode()).hexdigest()
    assert digest != get_digest(after)
    assert (await meeting.client.get(f"/v1/rolls/{digest}")).status_code == 404
