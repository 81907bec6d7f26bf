"""Corrections of a closed roll, confirmed by a second client."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from app.auth import Scope
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import database_url_of, fetch_value
from tests.corrections.corrections_client import (
    ANNULMENT,
    SICK_STATUS,
    close_roll,
    create_client,
    list_corrections,
    request_correction,
    status_correction,
)
from tests.writes.write_client import WriteClient


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
    await second.post(await request_correction(meeting, first, status="excused", reason="izin"), {})
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


async def test_scan_of_a_closed_roll_is_annulled_by_a_correction(meeting: MeetingClient) -> None:
    await meeting.send_batch([scan := meeting.new_scan(0)])
    await close_roll(meeting)
    annul = f"{meeting.path}/check-ins/{scan['scan_id']}:annul"
    confirm = await request_correction(meeting, create_client(meeting, "first"), **ANNULMENT, scan=scan["scan_id"])
    assert [(item["kind"], item["scan"]) for item in await list_corrections(meeting)] == [("scan", scan["scan_id"])]
    assert (await meeting.get_attendance(0))["status"] == "present"
    assert (await create_client(meeting, "first").post(confirm, {})).status_code == 409
    assert (await create_client(meeting, "second").post(confirm, {})).status_code == 200
    assert (await meeting.get_attendance(0))["status"] == "expected"
    assert await meeting.get_scan_outcomes() == {scan["scan_id"]: "annulled"}
    again = await create_client(meeting, "first").post(annul, {"reason": "lagi"})
    assert (again.status_code, again.json()["annulment_reason"]) == (200, "badge dipinjamkan")


async def test_database_rejects_the_requesting_client(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    await request_correction(meeting, create_client(meeting, "first"))
    url = database_url_of(meeting.app)
    confirm = "UPDATE roll_corrections SET confirmed_by = $1, confirmed_at = now() WHERE meeting = $2"
    with pytest.raises(asyncpg.CheckViolationError, match="by the client that requested it"):
        await fetch_value(url, confirm, "first", meeting.code)
    await fetch_value(url, confirm, "second", meeting.code)


async def test_dry_run_stores_no_correction_and_confirms_none(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    first, second = create_client(meeting, "first"), create_client(meeting, "second")
    response = await first.post(f"{meeting.path}/corrections?dry_run=true", status_correction(meeting))
    assert (response.status_code, response.json()["confirmed_by"]) == (200, None)
    assert await list_corrections(meeting) == []
    confirm = await request_correction(meeting, first)
    tried = await second.post(f"{confirm}?dry_run=true", {})
    assert (tried.status_code, tried.json()["confirmed_by"]) == (200, "second")
    assert [item["confirmed_by"] for item in await list_corrections(meeting)] == [None]
    assert (await meeting.get_attendance(0))["status"] == "expected"


@pytest.mark.parametrize("newer", [{"status": "excused", "reason": "izin"}, {"status": "expected", "reason": "keliru"}])
async def test_older_correction_does_not_overwrite_a_newer_one(meeting: MeetingClient, newer: dict[str, str]) -> None:
    await close_roll(meeting)
    first, second = create_client(meeting, "first"), create_client(meeting, "second")
    confirm_older = await request_correction(meeting, first)
    await second.post(await request_correction(meeting, first, **newer), {})
    response = await second.post(confirm_older, {})
    assert (response.status_code, response.json()["code"]) == (409, "correction_superseded")
    assert (await meeting.get_attendance(0))["status"] == newer["status"]


async def test_correction_of_another_participant_supersedes_nothing(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    first, second = create_client(meeting, "first"), create_client(meeting, "second")
    confirm_older = await request_correction(meeting, first)
    await second.post(await request_correction(meeting, first, participant=meeting.participants[1]), {})
    assert (await second.post(confirm_older, {})).status_code == 200
    assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["sick", "sick"]


async def test_concurrent_confirmations_of_one_participant_are_one(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    first, second = create_client(meeting, "first"), create_client(meeting, "second")
    confirms = [await request_correction(meeting, first, status=status) for status in ("sick", "excused", "absent")]
    responses = await asyncio.gather(*(second.post(confirm, {}) for confirm in confirms))
    assert sorted(response.status_code for response in responses) == [200, 409, 409]


async def test_created_client_counts_as_the_client_that_created_it(meeting: MeetingClient) -> None:
    await close_roll(meeting)
    creator, created = str(uuid4()), uuid4()
    url = database_url_of(meeting.app)
    await fetch_value(url, "INSERT INTO clients (id, name, scopes) VALUES ($1, 'x', '{attendance:write}')", created)
    insert = "INSERT INTO client_controllers (client, controller) VALUES ($1, $2)"
    await fetch_value(url, insert, created, creator)
    for requester, confirmer in ((creator, str(created)), (str(created), creator)):
        confirm = await request_correction(meeting, create_client(meeting, requester))
        response = await create_client(meeting, confirmer).post(confirm, {})
        assert (response.status_code, response.json()["code"]) == (409, "second_client_needed")
    assert (await create_client(meeting, "another").post(confirm, {})).status_code == 200
