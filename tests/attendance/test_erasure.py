"""`rakornas retention run` erases the personal data of deleted meetings too, and what arrives after the first run.

Each test puts MARKER into every text that a client can write, and afterwards looks for it in all tables.
"""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.attendance import maintenance
from app.audit_chain import sealer, verifier
from app.auth import Scope
from app.core.db import database
from tests.attendance.test_retention import (
    MARKER,
    RETENTION_DAYS,
    find_tables_with_marker,
    register_marked_participants,
    set_days_since_end,
)
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import fetch_value
from tests.writes.write_client import WriteClient

DAYS_PAST = RETENTION_DAYS + 1
MEMBERS: dict[str, Any] = {"name": "Rapat", "kind": "plenary", "host": "kpu", "time_zone": "Asia/Jakarta"}
MEMBERS |= {"start_on": "2020-01-01", "end_on": "2020-01-02", "retention_days": RETENTION_DAYS}
REASON = {"reason": MARKER, "legal_basis": MARKER}
BATCH = {"participants": [{"name": f"{MARKER} batch", "note": MARKER}]}


@pytest_asyncio.fixture
async def meeting(own_app: FastAPI, own_client: httpx.AsyncClient) -> MeetingClient:
    return await MeetingClient.create(own_app, own_client, participant_count=2)


async def read_for_a_purpose(meeting: MeetingClient) -> None:
    """Read the roll, as JSON and as a file, with a purpose that contains MARKER."""
    headers = {**meeting.admin.headers, "X-Purpose": f"untuk {MARKER}"}
    for path in ("participants", "attendance", "badges", "check-ins", "corrections"):
        response = await meeting.client.get(f"{meeting.path}/{path}", headers=headers)
        assert response.status_code == 200, response.text
    file = await meeting.client.get(f"{meeting.path}/attendance", headers={**headers, "Accept": "text/csv"})
    assert file.status_code == 200


async def write_texts(meeting: MeetingClient) -> None:
    """Write MARKER into the reasons of changes of the meeting and its sessions, and into stored responses."""
    reason = {"reason": f"atas permintaan {MARKER}", "legal_basis": f"surat {MARKER}"}
    assert (await meeting.admin.patch(meeting.path, {"place": "Jakarta", **reason})).status_code == 200
    session = f"{meeting.path}/sessions/opening"
    assert (await meeting.admin.patch(session, {"room": "Aula", **reason})).status_code == 200
    statement = {"organization": "kpu", "form": "spoken", "summary": "S", **reason}
    assert (await meeting.admin.post(f"{meeting.path}/statements", statement)).status_code == 201
    await meeting.send_batch([meeting.new_scan(0, 30)], 30, device=f"gerbang-{MARKER}")
    reset = await meeting.admin.post(f"{meeting.path}/devices/gerbang-{MARKER}:reset", reason)
    assert reset.status_code == 200, reset.text
    registered = await meeting.admin.post(f"{meeting.path}/participants:batch", BATCH)
    assert registered.status_code in (200, 201), registered.text


async def erase_and_find_tables(url: str) -> set[str]:
    """Erase what is due, and return the tables that still contain MARKER."""
    await maintenance.erase_personal_data(url, dry_run=False)
    return await find_tables_with_marker(url)


async def request_and_confirm_correction(meeting: MeetingClient) -> None:
    headers = {**meeting.admin.headers, "If-Match": "*"}
    reason = {"reason": f"selesai {MARKER}", "legal_basis": MARKER}
    closed = await meeting.client.post(f"{meeting.path}:close-roll", json=reason, headers=headers)
    assert closed.status_code == 200, closed.text
    correction = {"kind": "status", "participant": meeting.participants[1], "status": "excused"}
    requested = await meeting.admin.post(
        f"{meeting.path}/corrections", {**correction, "reason": MARKER, "legal_basis": MARKER}
    )
    assert requested.status_code == 201, requested.text
    other = WriteClient.create(meeting.app, meeting.client, Scope.ATTENDANCE_WRITE, client_id="second")
    confirmed = await other.post(f"{requested.headers['location']}:confirm", {"reason": MARKER, "legal_basis": MARKER})
    assert confirmed.status_code == 200, confirmed.text
    reopening = {"kind": "reopen", "reason": MARKER}
    assert (await meeting.admin.post(f"{meeting.path}/corrections", reopening)).status_code == 201


async def test_live_meeting_leaves_no_text_behind(meeting: MeetingClient, own_url: str) -> None:
    await register_marked_participants(meeting)
    await write_texts(meeting)
    await request_and_confirm_correction(meeting)
    await read_for_a_purpose(meeting)
    await set_days_since_end(own_url, meeting, DAYS_PAST)
    tables = await find_tables_with_marker(own_url)
    assert {"public.audit_texts", "public.idempotency_keys", "public.revisions", "public.roll_corrections"} < tables
    assert await erase_and_find_tables(own_url) == set()
    digests = "SELECT count(*) FROM roll_digests WHERE meeting = $1"
    assert await fetch_value(own_url, digests, meeting.code) == 0


async def create_deleted_meeting(meeting: MeetingClient, code: str) -> None:
    """Create a meeting with marked texts in the past, delete its participants one by one, and the meeting."""
    path = f"/v1/meetings/{code}"
    headers = {**meeting.admin.headers, "X-Purpose": MARKER, "Idempotency-Key": f"create {code}"}
    created = await meeting.client.post("/v1/meetings", json={**MEMBERS, "code": code, **REASON}, headers=headers)
    assert created.status_code == 201
    texts = {"note": MARKER, "source": MARKER, "assignment_letter": {"number": MARKER}, "reason": MARKER}
    for n in range(2):
        participant = {"name": f"{MARKER} {n}", **texts}
        created = await meeting.admin.post(f"{path}/participants", participant)
        assert created.status_code == 201, created.text
        headers = {**meeting.admin.headers, "X-Purpose": MARKER}
        address = created.headers["location"]
        assert (await meeting.client.get(address, headers=headers)).status_code == 200
        assert (await meeting.admin.delete(address, {"reason": MARKER})).status_code == 204
    deleted = await meeting.admin.delete(path, {"reason": MARKER})
    assert deleted.status_code == 204, deleted.text


async def test_deleted_meeting_leaves_no_text_behind(meeting: MeetingClient, own_url: str) -> None:
    await create_deleted_meeting(meeting, "lama")
    tables = await find_tables_with_marker(own_url)
    histories = {"history.participants_rows", "public.revisions"}
    assert {*histories, "public.audit_texts", "public.idempotency_keys"} <= tables
    (erased,) = await maintenance.erase_personal_data(own_url, dry_run=True)
    assert (erased.meeting, erased.participants, erased.is_deleted) == ("lama", 0, True)
    assert await maintenance.erase_personal_data(own_url, dry_run=False) == [erased]
    assert await find_tables_with_marker(own_url) == set()
    assert await maintenance.erase_personal_data(own_url, dry_run=False) == []


async def test_deleted_meeting_keeps_its_data_until_its_period_is_over(meeting: MeetingClient, own_url: str) -> None:
    """A short period of a new meeting with the same code does not bring it nearer."""
    code = "berulang"
    later = {**MEMBERS, "code": code, "retention_days": 36_500}
    path = f"/v1/meetings/{code}"
    assert (await meeting.admin.post("/v1/meetings", later)).status_code == 201
    created = await meeting.admin.post(f"{path}/participants", {"name": MARKER})
    assert (await meeting.admin.delete(created.headers["location"])).status_code == 204
    assert (await meeting.admin.delete(path)).status_code == 204
    await create_deleted_meeting(meeting, code)
    versions = "SELECT count(*) FROM history.participants_rows WHERE meeting = $1"
    assert await fetch_value(own_url, versions, code) == 3
    await maintenance.erase_personal_data(own_url, dry_run=False)
    assert await fetch_value(own_url, versions, code) == 1
    assert (await meeting.admin.post("/v1/meetings", {**MEMBERS, "code": code})).status_code == 201
    await maintenance.erase_personal_data(own_url, dry_run=False)
    assert await fetch_value(own_url, versions, code) == 1
    names = "SELECT name FROM history.participants_rows WHERE meeting = $1"
    assert await fetch_value(own_url, names, code) == MARKER


async def test_what_arrives_after_the_first_run_is_erased_by_the_next(meeting: MeetingClient, own_url: str) -> None:
    await set_days_since_end(own_url, meeting, DAYS_PAST)
    assert await erase_and_find_tables(own_url) == set()
    late = [meeting.new_scan(f"https://example.org/{MARKER}", 60), meeting.new_scan(MARKER.upper(), 61)]
    assert (await meeting.send_batch(late, 60, device=MARKER)).status_code == 207
    await read_for_a_purpose(meeting)
    reason = {"reason": MARKER, "place": "Bandung"}
    assert (await meeting.admin.patch(meeting.path, reason)).status_code == 200
    assert {"public.scans", "public.audit_texts", "public.revisions"} <= await find_tables_with_marker(own_url)
    anonymised_at = "SELECT anonymised_at FROM meetings WHERE code = $1"
    before = await fetch_value(own_url, anonymised_at, meeting.code)
    (erased,) = await maintenance.erase_personal_data(own_url, dry_run=True)
    assert (erased.meeting, erased.participants) == (meeting.code, 0)
    assert await maintenance.erase_personal_data(own_url, dry_run=False) == [erased]
    assert await find_tables_with_marker(own_url) == set()
    assert await fetch_value(own_url, anonymised_at, meeting.code) == before
    assert await maintenance.erase_personal_data(own_url, dry_run=False) == []


async def test_audit_trail_is_intact_without_the_erased_texts(meeting: MeetingClient, own_url: str) -> None:
    await read_for_a_purpose(meeting)
    lines = await list_audit_lines(meeting)
    assert {line["purpose"] for line in lines} == {f"untuk {MARKER}"}
    await seal_and_verify(own_url)
    await set_days_since_end(own_url, meeting, DAYS_PAST)
    await maintenance.erase_personal_data(own_url, dry_run=False)
    erased_lines = await list_audit_lines(meeting)
    assert [line["purpose"] for line in erased_lines] == [None] * len(lines)
    assert [line["purpose_digest"] for line in erased_lines] == [line["purpose_digest"] for line in lines]
    await seal_and_verify(own_url)


async def list_audit_lines(meeting: MeetingClient) -> list[dict[str, Any]]:
    """List the audit lines of the reads of the meeting's roll."""
    headers = bearer_headers(meeting.app, Scope.AUDIT_READ)
    response = await meeting.client.get("/v1/audit?operation=list_attendance&page_size=200", headers=headers)
    items: list[dict[str, Any]] = response.json()["items"]
    assert items
    return items


async def seal_and_verify(url: str) -> None:
    """Seal all lines and verify the trail."""
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    try:
        async with asyncio.timeout(60):
            while await connection.fetchval("SELECT count(*) FROM audit_lines") > await connection.fetchval(
                "SELECT count(*) FROM audit_seals"
            ):
                await sealer.seal_lines(connection)
                await asyncio.sleep(0.05)
        result = await verifier.verify_chain(connection, [], lambda _done, _total: None)
        assert (result.unsealed, result.defects) == (0, [])
    finally:
        await connection.close()


async def test_changed_purpose_is_found(meeting: MeetingClient, own_url: str) -> None:
    await read_for_a_purpose(meeting)
    connection = await asyncpg.connect(own_url)
    await connection.execute("ALTER TABLE audit_texts DISABLE TRIGGER forbid_update")
    line = await connection.fetchval("UPDATE audit_texts SET text = 'lain' RETURNING line")
    result = await verifier.verify_chain(connection, [], lambda _done, _total: None)
    assert [(defect.kind, defect.line) for defect in result.defects] == [("changed", line)]
    await connection.close()


async def test_purposes_of_an_unerased_meeting_stay(
    meeting: MeetingClient, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))
    other = await MeetingClient.create(meeting.app, meeting.client, participant_count=1)
    await read_for_a_purpose(other)
    await set_days_since_end(own_url, meeting, DAYS_PAST)
    await maintenance.erase_personal_data(own_url, dry_run=False)
    texts = "SELECT count(*) FROM audit_texts WHERE meeting = $1"
    assert await fetch_value(own_url, texts, other.code) == 6
    keys = "SELECT count(*) FROM idempotency_keys WHERE meeting = $1"
    assert await fetch_value(own_url, keys, other.code) == 4
