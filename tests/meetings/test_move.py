"""POST /v1/meetings/{code}:move moves a meeting with its sessions by days."""

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from app.settings import Settings
from tests.conftest import LOADED, connect_client, copy_template, run_application
from tests.participants.participants_client import ParticipantsClient, summarize_problem
from tests.writes.write_client import WriteClient

NUMBERS = count(1)
MOVE = {"days": 7, "reason": "banjir"}


@pytest_asyncio.fixture(scope="module")
async def app(server: str) -> AsyncIterator[FastAPI]:
    async for url in copy_template(server, LOADED):
        async with run_application(Settings(DATABASE_URL=url, rate_client=0, rate_network=0)) as app:
            yield app


@pytest_asyncio.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        yield client


async def create_meeting(app: FastAPI, client: httpx.AsyncClient, **members: Any) -> ParticipantsClient:
    """Create a meeting of two days with four sessions, of which two have times."""
    meeting = await ParticipantsClient.in_new_meeting(app, client, **members)
    zone = members.get("time_zone", "Asia/Jakarta")
    offset = "+07:00" if zone == "Asia/Jakarta" else "+01:00"
    first = members.get("start_on", "2026-12-07")
    for code, time in (("opening", "09:00:00"), ("class-1", "13:30:00")):
        times = {"starts_at": f"{first}T{time}{offset}", "ends_at": f"{first}T{time[:2]}:59:00{offset}"}
        patched = await meeting.admin.patch(f"{meeting.meeting_path}/sessions/{code}", times)
        assert patched.status_code == 200, patched.text
    return meeting


async def send_move(meeting: ParticipantsClient, body: Any, *, query: str = "", **headers: str) -> httpx.Response:
    return await meeting.client.post(
        f"{meeting.meeting_path}:move{query}", json=body, headers={**meeting.admin.headers, "If-Match": "*", **headers}
    )


async def get_times(meeting: ParticipantsClient) -> dict[str, tuple[str | None, str | None]]:
    document = (await meeting.admin.get(meeting.meeting_path)).json()
    return {session["code"]: (session["starts_at"], session["ends_at"]) for session in document["sessions"]}


async def list_revisions(meeting: ParticipantsClient, part: str = "") -> list[dict[str, Any]]:
    revisions = await meeting.admin.get(f"{meeting.meeting_path}{part}/revisions")
    items: list[dict[str, Any]] = revisions.json()["items"]
    return items


@pytest.mark.parametrize("days", [1, 7, 366, -366])
async def test_meeting_and_sessions_move_with_one_revision_each(
    app: FastAPI, client: httpx.AsyncClient, days: int
) -> None:
    meeting = await create_meeting(app, client)
    before = {part: await list_revisions(meeting, part) for part in ("", "/sessions/opening", "/sessions/class-2")}
    moved = await send_move(meeting, {**MOVE, "days": days, "legal_basis": "Keputusan 1/2026"})
    assert moved.status_code == 200, moved.text
    expected = {1: "2026-12-08", 7: "2026-12-14", 366: "2027-12-08", -366: "2025-12-06"}[days]
    document = moved.json()
    assert document["start_on"] == expected
    assert (await meeting.admin.get(meeting.meeting_path)).json() == document
    assert moved.headers["etag"].startswith(f'"{document["revision"]}.')
    times = await get_times(meeting)
    assert times["opening"] == (f"{expected}T02:00:00.000000+00:00", f"{expected}T02:59:00.000000+00:00")
    assert times["class-1"] == (f"{expected}T06:30:00.000000+00:00", f"{expected}T06:59:00.000000+00:00")
    assert times["class-2"] == (None, None)
    for part, former in before.items():
        new = (await list_revisions(meeting, part))[len(former) :]
        reasons = [(item["action"], item["reason"], item["legal_basis"]) for item in new]
        assert reasons == ([] if part == "/sessions/class-2" else [("updated", "banjir", "Keputusan 1/2026")]), part
    last = (await list_revisions(meeting))[-1]
    assert [item["member"] for item in last["changes"]] == ["end_on", "start_on"]
    assert last["shift"]["start_on"]["days"] == days


async def test_sessions_keep_their_local_hours_when_the_offset_changes(app: FastAPI, client: httpx.AsyncClient) -> None:
    """Summer time begins in Berlin on 28 March 2027; 09:00 is 08:00 UTC before and 07:00 UTC after."""
    days = {"start_on": "2027-03-22", "end_on": "2027-03-23", "time_zone": "Europe/Berlin"}
    meeting = await create_meeting(app, client, **days)
    assert (await get_times(meeting))["opening"][0] == "2027-03-22T08:00:00.000000+00:00"
    assert (await send_move(meeting, MOVE)).status_code == 200
    assert (await get_times(meeting))["opening"][0] == "2027-03-29T07:00:00.000000+00:00"


async def test_what_has_happened_stays(app: FastAPI, client: httpx.AsyncClient) -> None:
    meeting = await create_meeting(app, client)
    statement = {"organization": "kpu", "form": "spoken", "summary": "Siap.", "made_on": "2026-11-01"}
    created = await meeting.admin.post(f"{meeting.meeting_path}/statements", statement)
    assert created.status_code == 201, created.text
    await meeting.admin.patch(meeting.meeting_path, {"cancelled_on": "2026-11-20"})
    participant = await meeting.add(assignment_letter={"number": "1", "dated_on": "2026-11-02"})
    document = (await send_move(meeting, MOVE)).json()
    assert (document["cancelled_on"], document["statements"][0]["made_on"]) == ("2026-11-20", "2026-11-01")
    letter = (await meeting.admin.get(meeting.path_of(participant))).json()["assignment_letter"]
    assert letter == {"number": "1", "dated_on": "2026-11-02"}


async def test_meeting_with_scans_is_not_moved(app: FastAPI, client: httpx.AsyncClient) -> None:
    meeting = await create_meeting(app, client)
    await meeting.check_in(await meeting.add())
    before = await get_times(meeting)
    assert summarize_problem(await send_move(meeting, MOVE))[:2] == (409, "has_scans")
    assert await get_times(meeting) == before


async def test_meeting_with_a_closed_roll_is_not_moved(app: FastAPI, client: httpx.AsyncClient) -> None:
    meeting = await create_meeting(app, client)
    await meeting.close_roll()
    assert summarize_problem(await send_move(meeting, MOVE))[:2] == (409, "roll_closed")


async def test_meeting_with_statuses_of_single_days_is_not_moved(app: FastAPI, client: httpx.AsyncClient) -> None:
    meeting = await create_meeting(app, client)
    path = f"{meeting.meeting_path}/attendance/{await meeting.add()}"
    for status, expected in (("sick", 409), ("expected", 200)):
        patched = await meeting.admin.patch(path, {"status": status, "on": "2026-12-07", "reason": "surat"})
        assert patched.status_code == 200, patched.text
        assert (await send_move(meeting, MOVE)).status_code == expected


async def test_erasure_is_not_brought_nearer(app: FastAPI, client: httpx.AsyncClient) -> None:
    meeting = await create_meeting(app, client, retention_days=30)
    await meeting.add()
    assert summarize_problem(await send_move(meeting, {**MOVE, "days": -1}))[:2] == (409, "erasure_nearer")
    assert (await send_move(meeting, {**MOVE, "days": 1})).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason": "x"}, "/days"),
        ({"days": 7}, "/reason"),
        ({"days": 0, "reason": "x"}, "/days"),
        ({"days": 367, "reason": "x"}, "/days"),
        ({"days": -367, "reason": "x"}, "/days"),
        ({"days": 1.5, "reason": "x"}, "/days"),
        ({"days": "7", "reason": "x"}, "/days"),
        ({"days": 7, "reason": ""}, "/reason"),
        ({"days": 7, "reason": "x", "until": 3}, "/until"),
    ],
)
async def test_invalid_body_is_422(app: FastAPI, client: httpx.AsyncClient, body: Any, pointer: str) -> None:
    meeting = await ParticipantsClient.in_new_meeting(app, client)
    assert summarize_problem(await send_move(meeting, body))[:3] == (422, "invalid_content", pointer)


async def test_meeting_stays_in_the_calendar(app: FastAPI, client: httpx.AsyncClient) -> None:
    meeting = await ParticipantsClient.in_new_meeting(app, client, start_on="2199-12-30", end_on="2199-12-31")
    assert summarize_problem(await send_move(meeting, {**MOVE, "days": 1}))[:3] == (422, "invalid_content", "/days")
    assert (await send_move(meeting, {**MOVE, "days": -1})).status_code == 200


async def test_preconditions_and_dry_run(app: FastAPI, client: httpx.AsyncClient) -> None:
    meeting = await create_meeting(app, client)
    before = await meeting.admin.get(meeting.meeting_path)
    bare = await client.post(f"{meeting.meeting_path}:move", json=MOVE, headers=meeting.admin.headers)
    assert bare.status_code == 428
    assert (await send_move(meeting, MOVE, **{"If-Match": '"99.x"'})).status_code == 412
    dry = await send_move(meeting, MOVE, query="?dry_run=true")
    assert (dry.status_code, dry.json()["start_on"]) == (200, "2026-12-14")
    assert (await meeting.admin.get(meeting.meeting_path)).json() == before.json()
    once = await send_move(meeting, MOVE, **{"If-Match": before.headers["etag"]})
    twice = await send_move(meeting, MOVE, **{"If-Match": before.headers["etag"]})
    assert (once.status_code, twice.status_code) == (200, 412)


async def test_only_the_host_moves_a_meeting(app: FastAPI, client: httpx.AsyncClient) -> None:
    meeting = await create_meeting(app, client, host="kpu-31")
    for scopes, binding, status in (
        ((Scope.MEETINGS_WRITE,), {"organization": "kpu-31"}, 200),
        ((Scope.MEETINGS_WRITE,), {"organization": "kpu-32"}, 403),
        ((Scope.ATTENDANCE_WRITE,), {}, 403),
    ):
        meeting.admin = WriteClient.create(app, client, *scopes, **binding)
        assert (await send_move(meeting, MOVE)).status_code == status
    meeting.code = "no-such"
    meeting.admin = WriteClient.create(app, client)
    assert (await send_move(meeting, MOVE)).status_code == 404
