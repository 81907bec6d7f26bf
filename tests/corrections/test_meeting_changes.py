"""Corrections of the dates and the retention period of a meeting, which two clients agree on."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from tests.check_ins.meeting_client import MeetingClient
from tests.corrections.corrections_client import close_roll, create_client, post_correction, request_correction
from tests.writes.write_client import WriteClient

REASON = {"reason": "tanggalnya keliru"}
EARLIER_DATES: dict[str, Any] = {"kind": "dates", "start_on": "2026-12-07", "end_on": "2026-12-07", **REASON}
SHORTER_RETENTION: dict[str, Any] = {"kind": "retention", "retention_days": 20, **REASON}
LONGER = {"retention_days": 30}


@pytest_asyncio.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    """A meeting with participants that two clients have given a retention period."""
    meeting = await MeetingClient.create(app, client, participant_count=2)
    confirm = await request_correction(meeting, create_editor(meeting, "one"), **{**SHORTER_RETENTION, **LONGER})
    assert (await create_editor(meeting, "two").post(confirm, {})).status_code == 200
    return meeting


def create_editor(meeting: MeetingClient, name: str) -> WriteClient:
    """Return the requests of a client with this id, which may write meetings and attendance."""
    scopes = (Scope.MEETINGS_WRITE, Scope.ATTENDANCE_WRITE, Scope.ATTENDANCE_READ)
    return WriteClient.create(meeting.app, meeting.client, *scopes, client_id=name)


@pytest.fixture
def first(meeting: MeetingClient) -> WriteClient:
    return create_editor(meeting, "first")


@pytest.fixture
def second(meeting: MeetingClient) -> WriteClient:
    return create_editor(meeting, "second")


async def get_meeting(meeting: MeetingClient) -> dict[str, Any]:
    document: dict[str, Any] = (await meeting.client.get(meeting.path)).json()
    return document


@pytest.mark.parametrize("is_closed", [False, True])
@pytest.mark.parametrize("payload", [EARLIER_DATES, SHORTER_RETENTION], ids=["dates", "retention"])
async def test_change_takes_effect_when_a_second_client_confirms_it(
    meeting: MeetingClient, first: WriteClient, second: WriteClient, payload: dict[str, Any], is_closed: bool
) -> None:
    if is_closed:
        await close_roll(meeting)
    members = {name: payload[name] for name in payload if name not in ("kind", "reason")}
    before = await get_meeting(meeting)
    refused = await meeting.admin.patch(meeting.path, members)
    assert (refused.status_code, refused.json()["code"]) == (409, "erasure_nearer"), refused.text
    confirm = await request_correction(meeting, first, **payload)
    assert await get_meeting(meeting) == before
    own = await first.post(confirm, {})
    assert (own.status_code, own.json()["code"]) == (409, "second_client_needed")
    confirmed = await second.post(confirm, {})
    assert confirmed.status_code == 200, confirmed.text
    assert {name: confirmed.json()[name] for name in members} == members
    after = await get_meeting(meeting)
    assert {name: after[name] for name in members} == members
    revision = (await meeting.admin.get(f"{meeting.path}/revisions")).json()["items"][-1]
    assert (revision["revision"], revision["reason"]) == (after["revision"], REASON["reason"])
    assert after["revision"] == before["revision"] + 1


async def test_sessions_must_be_within_the_new_dates(
    meeting: MeetingClient, first: WriteClient, second: WriteClient
) -> None:
    moved = {"kind": "dates", "start_on": "2026-12-08", "end_on": "2026-12-08", **REASON}
    response = await post_correction(meeting, first, **moved)
    assert (response.status_code, response.json()["code"]) == (409, "session_outside_meeting")
    assert response.json()["errors"][0]["address"] == f"{meeting.path}/sessions/opening"
    confirm = await request_correction(meeting, first, **EARLIER_DATES)
    late = {"starts_at": "2026-12-08T09:00:00+07:00"}
    assert (await meeting.admin.patch(f"{meeting.path}/sessions/class-1", late)).status_code == 200
    response = await second.post(confirm, {})
    assert (response.status_code, response.json()["code"]) == (409, "session_outside_meeting")
    assert (await get_meeting(meeting))["end_on"] == "2026-12-08"


async def test_last_day_before_the_first_is_409(meeting: MeetingClient, first: WriteClient) -> None:
    reversed_dates = {"kind": "dates", "start_on": "2026-12-08", "end_on": "2026-12-07", **REASON}
    response = await post_correction(meeting, first, **reversed_dates)
    assert (response.status_code, response.json()["code"]) == (409, "ends_before_start")


@pytest.mark.parametrize(
    ("payload", "pointer", "code"),
    [
        ({"kind": "dates", "end_on": "2026-12-07"}, "/start_on", "missing_member"),
        ({"kind": "retention"}, "/retention_days", "missing_member"),
        ({"kind": "retention", "retention_days": 20, "end_on": "2026-12-07"}, "/end_on", "not_of_this_kind"),
        ({"kind": "retention", "retention_days": 7}, "/retention_days", "too_small"),
    ],
)
async def test_invalid_request_is_422(
    meeting: MeetingClient, first: WriteClient, payload: dict[str, Any], pointer: str, code: str
) -> None:
    response = await post_correction(meeting, first, **payload, **REASON)
    assert response.status_code == 422
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [(pointer, code)]


async def test_older_request_does_not_overwrite_a_newer_one(
    meeting: MeetingClient, first: WriteClient, second: WriteClient
) -> None:
    older = await request_correction(meeting, first, **SHORTER_RETENTION)
    newer = await request_correction(meeting, first, **{**SHORTER_RETENTION, "retention_days": 25})
    assert (await second.post(newer, {})).status_code == 200
    response = await second.post(older, {})
    assert (response.status_code, response.json()["code"]) == (409, "correction_superseded")
    assert (await get_meeting(meeting))["retention_days"] == 25


@pytest.mark.parametrize(
    ("payload", "patch", "status"),
    [
        ({"kind": "retention", "retention_days": 20}, {"retention_days": 5000}, 409),
        ({"kind": "dates", "start_on": "2026-12-07", "end_on": "2026-12-09"}, {"end_on": "2026-12-20"}, 409),
        ({"kind": "retention", "retention_days": 20}, {"end_on": "2026-12-20"}, 200),
        ({"kind": "retention", "retention_days": 20}, {"purpose": "another"}, 200),
    ],
)
async def test_older_request_does_not_overwrite_a_newer_change_of_the_meeting(
    meeting: MeetingClient,
    first: WriteClient,
    second: WriteClient,
    payload: dict[str, Any],
    patch: dict[str, Any],
    status: int,
) -> None:
    older = await request_correction(meeting, first, **payload, **REASON)
    changed = await meeting.admin.patch(meeting.path, patch)
    assert changed.status_code == 200, changed.text
    response = await second.post(older, {})
    assert response.status_code == status, response.text
    if status == 409:
        assert response.json()["code"] == "correction_superseded"
        assert await get_meeting(meeting) == changed.json()


async def test_both_clients_need_the_scope_to_write_meetings(
    meeting: MeetingClient, first: WriteClient, second: WriteClient
) -> None:
    clerk = create_client(meeting, "clerk")
    response = await post_correction(meeting, clerk, **SHORTER_RETENTION)
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    confirm = await request_correction(meeting, first, **SHORTER_RETENTION)
    response = await clerk.post(confirm, {})
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert (await second.post(confirm, {})).status_code == 200
