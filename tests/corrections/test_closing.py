"""Closing a roll, and opening it again."""

import asyncio

from app.auth import Scope
from tests.check_ins.meeting_client import MeetingClient, after_start
from tests.conftest import database_url_of, fetch_value
from tests.corrections.corrections_client import (
    REOPENING,
    SICK_STATUS,
    close_roll,
    create_client,
    list_corrections,
    request_correction,
)
from tests.writes.write_client import WriteClient

COUNT_SCANS_AFTER_CLOSING = "SELECT count(*) FROM scans WHERE meeting = $1 AND roll_closed_at IS NOT NULL"
CALL_CHECK_IN = """
    SELECT outcome FROM check_in($1, json_build_array(json_build_object(
        'p', 0, 'device_id', 'gate-9', 'clock_epoch', 0, 'sent_at', $2::timestamptz, 'received_at', $2::timestamptz,
        'client', 'x')), $3::text::json)
"""
SELECT_IS_LOCK_AWAITED = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
)


async def test_closing_again_changes_nothing(meeting: MeetingClient) -> None:
    first = await close_roll(meeting)
    assert first["meeting"]["code"] == meeting.code
    assert await close_roll(meeting) == first


async def test_caller_bound_elsewhere_cannot_close(meeting: MeetingClient) -> None:
    for bound, status in (
        ({"organization": "kpu-32"}, 404),
        ({"meeting": "rakornas-2022-06"}, 404),
        ({"meeting": meeting.code}, 403),
    ):
        other = WriteClient.create(meeting.app, meeting.client, Scope.ATTENDANCE_WRITE, **bound)
        assert (await other.close_roll(meeting.path)).status_code == status
    closed_at = "SELECT roll_closed_at FROM meetings WHERE code = $1"
    assert await fetch_value(database_url_of(meeting.app), closed_at, meeting.code) is None
    meeting.code = "no-such"
    assert (await meeting.admin.close_roll(meeting.path)).status_code == 404


async def test_scans_after_closing_are_stored_without_effect(meeting: MeetingClient) -> None:
    await meeting.send_batch([before := meeting.new_scan(0, 10)], 20)
    await close_roll(meeting)
    assert await meeting.check_in([late := meeting.new_scan(1, 15)], 30) == ["meeting_closed"]
    assert await meeting.get_scan_outcomes() == {before["scan_id"]: "first_entry", late["scan_id"]: "meeting_closed"}
    assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["present", "expected"]
    assert await meeting.check_in([before], 40) == ["first_entry"]
    assert (await meeting.get_attendance(0))["status"] == "present"


async def test_closing_waits_for_running_check_ins(meeting: MeetingClient) -> None:
    """Later check-ins wait for the closing, so each scan is stored before it or with its time."""
    url = database_url_of(meeting.app)
    connection = await meeting.connect()
    scan = '[{"p": 0, "n": 0, "id": "01b00000-0000-7000-8000-00000000000%d", "digest": "\\\\x0%d", "direction": "in",'
    scan += ' "badge_text": "x", "scanned_at": "2026-12-07T02:00:00Z"}]'
    try:
        async with connection.transaction():
            assert (
                await connection.fetchval(CALL_CHECK_IN, meeting.code, after_start(0), scan % (1, 1)) == "badge_unknown"
            )
            closing = asyncio.create_task(meeting.admin.close_roll(meeting.path))
            while not await fetch_value(url, SELECT_IS_LOCK_AWAITED):
                assert not closing.done()
                await asyncio.sleep(0.02)
        assert (await closing).status_code == 200
        assert (
            await connection.fetchval(
                "SELECT count(*) FROM scans WHERE meeting = $1 AND roll_closed_at IS NOT NULL", meeting.code
            )
            == 0
        )
        await connection.fetchval(CALL_CHECK_IN, meeting.code, after_start(0), scan % (2, 2))
        assert (
            await connection.fetchval(
                "SELECT count(*) FROM scans WHERE meeting = $1 AND roll_closed_at IS NOT NULL", meeting.code
            )
            == 1
        )
    finally:
        await connection.close()


async def test_direct_changes_of_a_closed_roll_are_409(meeting: MeetingClient) -> None:
    await meeting.send_batch([scan := meeting.new_scan(1)])
    await close_roll(meeting)
    for response in (
        await meeting.admin.patch(meeting.attendance_path(0), SICK_STATUS),
        await meeting.admin.post(f"{meeting.path}/check-ins/{scan['scan_id']}:annul", {"reason": "keliru"}),
    ):
        assert (response.status_code, response.json()["code"]) == (409, "roll_closed")
        assert "POST /v1/meetings/{code}/corrections" in response.json()["detail"]
    assert await list_corrections(meeting) == []
    assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["expected", "present"]


async def test_roll_is_reopened_by_two_clients(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    first, second = create_client(meeting, "first"), create_client(meeting, "second")
    confirm_status = await request_correction(meeting, first)
    confirm = await request_correction(meeting, first, **REOPENING)
    assert (await first.post(confirm, {})).json()["code"] == "second_client_needed"
    assert (await meeting.admin.get(meeting.path)).json()["roll_closed_at"] is not None
    assert (await second.post(confirm, {})).status_code == 200
    assert (await meeting.admin.get(meeting.path)).json()["roll_closed_at"] is None
    (*_, revision) = (await meeting.admin.get(f"{meeting.path}/revisions")).json()["items"]
    assert (revision["reason"], revision["client"]) == ("satu hari terlewat", "second")
    keys = "SELECT keys FROM audit_lines WHERE client = 'second' AND keys @> ARRAY[$1] ORDER BY id DESC LIMIT 1"
    audited = await fetch_value(database_url_of(meeting.app), keys, f"meetings/{meeting.code}")
    assert audited == [f"corrections/{confirm.split('/')[-1].partition(':')[0]}", f"meetings/{meeting.code}"]
    assert (await second.post(confirm_status, {})).json()["code"] == "roll_open"
    assert (await meeting.admin.patch(meeting.attendance_path(0), SICK_STATUS)).status_code == 200


async def test_anonymised_roll_stays_closed(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    first, second = create_client(meeting, "first"), create_client(meeting, "second")
    confirm = await request_correction(meeting, first, **REOPENING)
    url = database_url_of(meeting.app)
    await fetch_value(url, "UPDATE meetings SET anonymised_at = clock_timestamp() WHERE code = $1", meeting.code)
    assert (await second.post(confirm, {})).json()["code"] == "roll_anonymised"
    again = await first.post(f"{meeting.path}/corrections", REOPENING)
    assert (again.status_code, again.json()["code"]) == (409, "roll_anonymised")
    assert (await meeting.admin.get(meeting.path)).json()["roll_closed_at"] is not None


async def test_correction_of_an_earlier_closing_is_superseded(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    first, second = create_client(meeting, "first"), create_client(meeting, "second")
    confirm_status = await request_correction(meeting, first)
    confirm_again = await request_correction(meeting, first, kind="reopen", reason="dua kali")
    await second.post(await request_correction(meeting, first, kind="reopen", reason="keliru"), {})
    await close_roll(meeting)
    for confirm in (confirm_status, confirm_again):
        assert (await second.post(confirm, {})).json()["code"] == "correction_superseded"
    assert (await meeting.admin.get(meeting.path)).json()["roll_closed_at"] is not None


async def test_closing_needs_the_revision_of_the_meeting(meeting: MeetingClient) -> None:
    stale = (await meeting.admin.get(meeting.path)).headers["etag"]
    assert (await meeting.admin.patch(meeting.path, {"place": "Jakarta"})).status_code == 200
    path = f"{meeting.path}:close-roll"
    without = await meeting.client.post(path, json={"reason": "x"}, headers=meeting.admin.headers)
    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    response = await meeting.admin.close_roll(meeting.path, if_match=stale)
    current = (await meeting.admin.get(meeting.path)).headers["etag"]
    assert (response.status_code, response.json()["code"]) == (412, "precondition_failed")
    assert current.startswith(response.headers["etag"].removesuffix('"'))
    assert (await meeting.admin.get(meeting.path)).json()["roll_closed_at"] is None
    closed = await meeting.admin.close_roll(meeting.path, if_match=current)
    assert closed.status_code == 200, closed.text
    assert (await meeting.admin.get(meeting.path)).headers["etag"].startswith(closed.headers["etag"].removesuffix('"'))


async def test_closing_needs_a_reason_that_its_revision_states(meeting: MeetingClient) -> None:
    headers = {**meeting.admin.headers, "If-Match": "*"}
    response = await meeting.client.post(f"{meeting.path}:close-roll", json={}, headers=headers)
    assert [error["pointer"] for error in response.json()["errors"]] == ["/reason"]
    await close_roll(meeting)
    (*_, revision) = (await meeting.admin.get(f"{meeting.path}/revisions")).json()["items"]
    assert revision["reason"] == "rapat selesai"


async def test_dry_run_closes_nothing(meeting: MeetingClient) -> None:
    response = await meeting.admin.close_roll(meeting.path, query="?dry_run=true")
    assert (response.status_code, response.json()["roll_closed_at"] is None) == (200, False)
    assert (await meeting.admin.get(meeting.path)).json()["roll_closed_at"] is None


async def test_scans_count_after_reopening_and_second_closing_is_a_new_copy(meeting: MeetingClient) -> None:
    first, second = create_client(meeting, "first"), create_client(meeting, "second")
    await close_roll(meeting)
    await meeting.send_batch([meeting.new_scan(0, 10)], 20)
    assert (await meeting.get_attendance(0))["status"] == "expected"
    await second.post(await request_correction(meeting, first, **REOPENING), {})
    assert (await meeting.get_attendance(0))["status"] == "present"
    await meeting.send_batch([meeting.new_scan(1, 10)], 20)
    await close_roll(meeting)
    assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["present", "present"]
    copies = "SELECT count(*) FROM closed_roll_lines WHERE meeting = $1 AND status = 'present'"
    assert await fetch_value(database_url_of(meeting.app), copies, meeting.code) == 2
