"""Closing a roll, and corrections of a closed roll that a second client confirms."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from tests.check_ins.meeting_client import MeetingClient, after_start
from tests.conftest import database_url_of, fetch_value
from tests.writes.write_client import WriteClient

SICK_STATUS = {"status": "sick", "reason": "surat dokter menyusul"}
CALL_CHECK_IN = """
    SELECT outcome FROM check_in($1, json_build_array(json_build_object(
        'p', 0, 'device_id', 'gate-9', 'clock_epoch', 0, 'sent_at', $2::timestamptz, 'received_at', $2::timestamptz,
        'client', 'x')), $3::text::json)
"""
SELECT_IS_LOCK_AWAITED = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
)


@pytest_asyncio.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    return await MeetingClient.create(app, client, participant_count=2)


def create_client(meeting: MeetingClient, name: str) -> WriteClient:
    """Return the requests of a client with this id, which may read and write attendance."""
    return WriteClient.create(
        meeting.app, meeting.client, Scope.ATTENDANCE_WRITE, Scope.ATTENDANCE_READ, client_id=name
    )


async def close_roll(meeting: MeetingClient) -> dict[str, Any]:
    response = await meeting.admin.post(f"{meeting.path}:close-roll", {"reason": "rapat selesai"})
    assert response.status_code == 200, response.text
    closed_roll: dict[str, Any] = response.json()
    return closed_roll


async def request_correction(meeting: MeetingClient, client: WriteClient, payload: dict[str, str] = SICK_STATUS) -> str:
    """Request a correction of the first participant's status; return the path that confirms it."""
    response = await client.patch(meeting.attendance_path(0), payload)
    assert response.status_code == 202, response.text
    assert response.headers["location"] == f"{meeting.path}/corrections/{response.json()['id']}"
    return f"{response.headers['location']}:confirm"


async def list_corrections(meeting: MeetingClient, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await meeting.admin.get(f"{meeting.path}/corrections{query}")).json()["items"]
    return items


async def test_closing_again_changes_nothing(meeting: MeetingClient) -> None:
    first = await close_roll(meeting)
    assert first["meeting"]["code"] == meeting.code
    assert await close_roll(meeting) == first
    without_body = await meeting.client.post(f"{meeting.path}:close-roll", headers=meeting.admin.headers)
    assert (without_body.status_code, without_body.json()) == (200, first)


async def test_caller_bound_elsewhere_cannot_close(meeting: MeetingClient) -> None:
    for bound, status in (
        ({"organization": "kpu-32"}, 404),
        ({"meeting": "rakornas-2022-06"}, 404),
        ({"meeting": meeting.code}, 403),
    ):
        other = WriteClient.create(meeting.app, meeting.client, Scope.ATTENDANCE_WRITE, **bound)
        assert (await other.post(f"{meeting.path}:close-roll", {})).status_code == status
    closed_at = "SELECT roll_closed_at FROM meetings WHERE code = $1"
    assert await fetch_value(database_url_of(meeting.app), closed_at, meeting.code) is None
    meeting.code = "no-such"
    assert (await meeting.admin.post(f"{meeting.path}:close-roll", {})).status_code == 404


async def test_pending_correction_changes_nothing(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    await request_correction(meeting, create_client(meeting, "first"))
    assert (await meeting.get_attendance(0))["status"] == "expected"
    (correction,) = await list_corrections(meeting, "?pending=true")
    assert (correction["participant"]["id"], correction["status"], correction["reason"]) == (
        meeting.participants[0],
        *SICK_STATUS.values(),
    )
    assert (correction["requested_by"], correction["confirmed_by"], correction["confirmed_at"]) == ("first", None, None)
    assert await list_corrections(meeting, "?pending=false") == []


async def test_confirmed_correction_is_applied(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    confirm = await request_correction(meeting, create_client(meeting, "first"))
    response = await create_client(meeting, "second").post(confirm, {})
    assert response.status_code == 200, response.text
    assert (response.json()["requested_by"], response.json()["confirmed_by"]) == ("first", "second")
    attendance = await meeting.get_attendance(0)
    assert (attendance["status"], attendance["manual_status"]) == ("sick", SICK_STATUS)
    assert await list_corrections(meeting, "?pending=true") == []
    assert await list_corrections(meeting, "?pending=false") == [response.json()]


async def test_requesting_client_cannot_confirm(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    first = create_client(meeting, "first")
    response = await first.post(await request_correction(meeting, first), {})
    assert (response.status_code, response.json()["code"]) == (409, "second_client_needed")
    assert (await meeting.get_attendance(0))["status"] == "expected"


async def test_confirming_again_changes_nothing_and_a_third_client_is_409(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    confirm = await request_correction(meeting, create_client(meeting, "first"))
    second = create_client(meeting, "second")
    first_response = await second.post(confirm, {})
    again = await second.post(confirm, {})
    assert (again.status_code, again.json()) == (200, first_response.json())
    for name in ("third", "first"):
        assert (await create_client(meeting, name).post(confirm, {})).json()["code"] == "second_client_needed"
    assert (await list_corrections(meeting))[0]["confirmed_by"] == "second"


async def test_confirming_again_does_not_undo_a_later_correction(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    first, second = create_client(meeting, "first"), create_client(meeting, "second")
    confirm_former = await request_correction(meeting, first)
    await second.post(confirm_former, {})
    await second.post(await request_correction(meeting, first, {"status": "excused", "reason": "izin"}), {})
    assert (await second.post(confirm_former, {})).status_code == 200
    assert (await meeting.get_attendance(0))["status"] == "excused"


async def test_one_of_two_concurrent_confirmations_is_409(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    confirm = await request_correction(meeting, create_client(meeting, "first"))
    responses = await asyncio.gather(*(create_client(meeting, name).post(confirm, {}) for name in ("second", "third")))
    assert sorted(response.status_code for response in responses) == [200, 409]


async def test_correction_of_another_meeting_is_404(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    confirm = await request_correction(meeting, create_client(meeting, "first"))
    other = await MeetingClient.create(meeting.app, meeting.client, participant_count=1)
    await close_roll(other)
    response = await create_client(meeting, "second").post(confirm.replace(meeting.path, other.path), {})
    assert response.status_code == 404
    bound = WriteClient.create(
        meeting.app, meeting.client, Scope.ATTENDANCE_WRITE, organization="kpu-32", client_id="second"
    )
    assert (await bound.post(confirm, {})).status_code == 404
    device = WriteClient.create(
        meeting.app, meeting.client, Scope.ATTENDANCE_WRITE, meeting=meeting.code, client_id="second"
    )
    assert (await device.post(confirm, {})).status_code == 403
    assert (await meeting.get_attendance(0))["status"] == "expected"


async def test_annulment_of_a_closed_roll_is_a_correction(meeting: MeetingClient) -> None:
    await meeting.send_batch([scan := meeting.new_scan(0)])
    await close_roll(meeting)
    annul = f"{meeting.path}/check-ins/{scan['scan_id']}:annul"
    response = await create_client(meeting, "first").post(annul, {"reason": "badge dipinjamkan"})
    assert (response.status_code, response.json()["annulled_at"]) == (202, None)
    assert response.json()["correction"]["scan"] == scan["scan_id"]
    assert (await meeting.get_attendance(0))["status"] == "present"
    confirm = f"{response.headers['location']}:confirm"
    assert (await create_client(meeting, "first").post(confirm, {})).status_code == 409
    assert (await create_client(meeting, "second").post(confirm, {})).status_code == 200
    assert (await meeting.get_attendance(0))["status"] == "expected"
    assert await meeting.get_scan_outcomes() == {scan["scan_id"]: "annulled"}
    again = await create_client(meeting, "first").post(annul, {"reason": "lagi"})
    assert (again.status_code, again.json()["annulment_reason"]) == (200, "badge dipinjamkan")


async def test_scans_after_closing_are_stored_without_effect(meeting: MeetingClient) -> None:
    await meeting.send_batch([before := meeting.new_scan(0, 10)], 20)
    await close_roll(meeting)
    assert await meeting.check_in([late := meeting.new_scan(1, 15)], 30) == ["meeting_closed"]
    assert await meeting.get_scan_outcomes() == {before["scan_id"]: "first_entry", late["scan_id"]: "meeting_closed"}
    assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["present", "expected"]
    assert await meeting.check_in([before], 40) == ["first_entry"]
    assert (await meeting.get_attendance(0))["status"] == "present"


async def test_database_rejects_the_requesting_client(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    await request_correction(meeting, create_client(meeting, "first"))
    url = database_url_of(meeting.app)
    confirm = "UPDATE roll_corrections SET confirmed_by = $1, confirmed_at = now() WHERE meeting = $2"
    with pytest.raises(asyncpg.CheckViolationError, match="two_clients"):
        await fetch_value(url, confirm, "first", meeting.code)
    await fetch_value(url, confirm, "second", meeting.code)


async def test_closing_waits_for_running_check_ins(meeting: MeetingClient) -> None:
    """Later check-ins wait for the closing, so each scan is stored before it or marked `after_closing`."""
    url = database_url_of(meeting.app)
    connection = await meeting.connect()
    scan = '[{"p": 0, "n": 0, "id": "01b00000-0000-7000-8000-00000000000%d", "digest": "\\\\x0%d", "direction": "in",'
    scan += ' "badge_text": "x", "scanned_at": "2026-12-07T02:00:00Z"}]'
    try:
        async with connection.transaction():
            assert (
                await connection.fetchval(CALL_CHECK_IN, meeting.code, after_start(0), scan % (1, 1)) == "badge_unknown"
            )
            closing = asyncio.create_task(meeting.admin.post(f"{meeting.path}:close-roll", {}))
            while not await fetch_value(url, SELECT_IS_LOCK_AWAITED):
                assert not closing.done()
                await asyncio.sleep(0.02)
        assert (await closing).status_code == 200
        assert (
            await connection.fetchval("SELECT count(*) FROM scans WHERE meeting = $1 AND after_closing", meeting.code)
            == 0
        )
        await connection.fetchval(CALL_CHECK_IN, meeting.code, after_start(0), scan % (2, 2))
        assert (
            await connection.fetchval("SELECT count(*) FROM scans WHERE meeting = $1 AND after_closing", meeting.code)
            == 1
        )
    finally:
        await connection.close()


async def test_listing_corrections_is_audited(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    await request_correction(meeting, create_client(meeting, "first"))
    reader = WriteClient.create(meeting.app, meeting.client, Scope.ATTENDANCE_READ, client_id=meeting.code)
    assert (await reader.get(f"{meeting.path}/corrections")).headers["cache-control"] == "no-store"
    keys = "SELECT keys FROM audit_lines WHERE client = $1"
    told = await fetch_value(database_url_of(meeting.app), keys, meeting.code)
    assert told == [f"meetings/{meeting.code}/corrections", f"participants/{meeting.participants[0]}"]
    assert (await meeting.client.get(f"{meeting.path}/corrections")).status_code == 401
