"""Requests for corrections of a closed roll."""

import pytest

from app.auth import Scope
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import database_url_of, fetch_value
from tests.corrections.corrections_client import (
    ANNULMENT,
    MISSING_ID,
    SICK_STATUS,
    close_roll,
    create_client,
    list_corrections,
    post_correction,
    request_correction,
    status_correction,
)
from tests.writes.write_client import WriteClient


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


async def test_correction_of_an_open_roll_is_409(meeting: MeetingClient) -> None:
    await meeting.send_batch([scan := meeting.new_scan(1)])
    first = create_client(meeting, "first")
    for payload in (
        status_correction(meeting),
        {**ANNULMENT, "scan": scan["scan_id"]},
        {"kind": "reopen", "reason": "keliru"},
    ):
        response = await post_correction(meeting, first, **payload)
        assert (response.status_code, response.json()["code"]) == (409, "roll_open"), payload
    assert await list_corrections(meeting) == []


@pytest.mark.parametrize(
    ("payload", "errors"),
    [
        ({"kind": "status"}, [("/participant", "missing_member"), ("/status", "missing_member")]),
        ({"kind": "scan"}, [("/scan", "missing_member")]),
        ({"kind": "reopen", "scan": MISSING_ID}, [("/scan", "not_of_this_kind")]),
        ({"kind": "scan", "scan": MISSING_ID, "status": "sick"}, [("/status", "not_of_this_kind")]),
        ({"kind": "scan", "scan": MISSING_ID}, [("/scan", "unknown_code")]),
        ({"kind": "status", "participant": MISSING_ID, "status": "sick"}, [("/participant", "unknown_code")]),
        ({"kind": "other"}, [("/kind", "not_one_of")]),
    ],
)
async def test_invalid_correction_is_422(
    meeting: MeetingClient, payload: dict[str, str], errors: list[tuple[str, str]]
) -> None:
    await close_roll(meeting)
    response = await post_correction(meeting, create_client(meeting, "first"), reason="keliru", **payload)
    assert response.status_code == 422, response.text
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == errors
    assert await list_corrections(meeting) == []


async def test_correction_without_a_reason_is_422(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    response = await post_correction(meeting, create_client(meeting, "first"), kind="reopen")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/reason"]


async def test_repeated_request_is_one_correction(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    first, path = create_client(meeting, "first"), f"{meeting.path}/corrections"
    responses = [
        await first.post(path, status_correction(meeting), idempotency_key=f"one-{meeting.code}") for _ in range(2)
    ]
    assert [response.status_code for response in responses] == [201, 201]
    assert responses[0].content == responses[1].content
    assert len(await list_corrections(meeting)) == 1


async def test_corrections_can_be_listed_by_kind(meeting: MeetingClient) -> None:
    await meeting.send_batch([scan := meeting.new_scan(1)])
    await close_roll(meeting)
    first = create_client(meeting, "first")
    await request_correction(meeting, first)
    await request_correction(meeting, first, **ANNULMENT, scan=scan["scan_id"])
    await request_correction(meeting, first, kind="reopen", reason="keliru")
    for kind in ("status", "scan", "reopen"):
        assert [item["kind"] for item in await list_corrections(meeting, f"?kind={kind}")] == [kind]


async def test_listing_corrections_is_audited(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    await request_correction(meeting, create_client(meeting, "first"))
    reader = WriteClient.create(meeting.app, meeting.client, Scope.ATTENDANCE_READ, client_id=meeting.code)
    assert (await reader.get(f"{meeting.path}/corrections")).headers["cache-control"] == "no-store"
    keys = "SELECT keys FROM audit_lines WHERE client = $1"
    told = await fetch_value(database_url_of(meeting.app), keys, meeting.code)
    assert told == [f"meetings/{meeting.code}/corrections", f"participants/{meeting.participants[0]}"]
    assert (await meeting.client.get(f"{meeting.path}/corrections")).status_code == 401
