"""The gate pack: all that a gate needs without the network, and no name of anybody unless it may know them."""

from typing import Any

import pytest
from fastapi import FastAPI
from joserfc import jws
from joserfc.jwk import OKPKey

from app.auth import Scope
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import MeetingClient


async def pack(meeting: MeetingClient, query: str = "", **headers: str) -> dict[str, Any]:
    answer = await meeting.client.get(f"{meeting.path}/gate-pack{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def gate(app: FastAPI, meeting: MeetingClient) -> dict[str, str]:
    return bearer_headers(app, Scope.CHECK_INS_WRITE, meeting=meeting.code)


async def revoke(meeting: MeetingClient, person: int) -> None:
    await meeting.client.post(f"{meeting.participant_path(person)}/badge", headers=meeting.admin.headers)


async def test_it_holds_keys_sessions_and_no_names(meeting: MeetingClient, gate: dict[str, str]) -> None:
    answer = await meeting.client.get(f"{meeting.path}/gate-pack", headers=gate)
    found = answer.json()
    assert [one["code"] for one in found["sessions"]] == ["opening", "class-1", "class-2"]
    assert (found["revoked"], found["people"], found["is_delta"]) == ([], None, False)
    assert "Peserta" not in answer.text
    [key] = found["keys"]
    jws.deserialize_compact(meeting.badges[0], OKPKey.import_key(key), algorithms=["Ed25519"])


async def test_nothing_is_sent_again_that_has_not_changed(meeting: MeetingClient, gate: dict[str, str]) -> None:
    first = await meeting.client.get(f"{meeting.path}/gate-pack", headers=gate)
    assert first.headers["cache-control"] == "private, no-cache"
    known = {**gate, "If-None-Match": first.headers["etag"]}
    await meeting.check_in([meeting.new_scan(0)])
    assert (await meeting.client.get(f"{meeting.path}/gate-pack", headers=known)).status_code == 304
    await revoke(meeting, 0)
    assert (await meeting.client.get(f"{meeting.path}/gate-pack", headers=known)).status_code == 200


async def test_a_delta_holds_what_was_revoked_since(meeting: MeetingClient, gate: dict[str, str]) -> None:
    await revoke(meeting, 0)
    connection = await meeting.connect()
    await connection.execute(
        "UPDATE badges SET revoked_at = revoked_at - interval '1 hour' WHERE revoked_at IS NOT NULL"
    )
    await connection.close()
    whole = await pack(meeting, **gate)
    await revoke(meeting, 1)
    delta = await pack(meeting, f"?since={whole['version']}", **gate)
    assert delta["is_delta"] is True
    now = await pack(meeting, **gate)
    assert [len(one["revoked"]) for one in (whole, delta)] == [1, 1]
    assert sorted([*whole["revoked"], *delta["revoked"]]) == now["revoked"]
    assert int(now["version"]) > int(whole["version"])


async def test_whoever_was_taken_off_the_list_is_among_the_revoked(
    meeting: MeetingClient, gate: dict[str, str]
) -> None:
    before = await pack(meeting, **gate)
    await meeting.admin.delete(meeting.participant_path(2))
    for query in ("", f"?since={before['version']}"):
        assert len((await pack(meeting, query, **gate))["revoked"]) == 1


async def test_names_are_for_who_may_read_them_and_leave_a_line(
    app: FastAPI, meeting: MeetingClient, gate: dict[str, str]
) -> None:
    refused = await meeting.client.get(f"{meeting.path}/gate-pack?names=true", headers=gate)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert "attendance:read" in refused.headers["www-authenticate"]
    reader = bearer_headers(app, Scope.CHECK_INS_WRITE, Scope.ATTENDANCE_READ, meeting=meeting.code)
    answer = await meeting.client.get(f"{meeting.path}/gate-pack?names=true", headers=reader)
    assert answer.headers["cache-control"] == "no-store"
    assert sorted(one["name"] for one in answer.json()["people"]) == [f"Peserta {n}" for n in range(6)]
    lines = (await meeting.admin.get("/v1/audit?operation=get_gate_pack&page_size=200")).json()["items"]
    assert f"meetings/{meeting.code}/gate-pack" in [key for line in lines for key in line["keys"]]


async def test_it_is_not_for_the_gates_of_other_meetings(app: FastAPI, meeting: MeetingClient) -> None:
    other = bearer_headers(app, Scope.CHECK_INS_WRITE, meeting="rakornas-2022-06")
    assert (await meeting.client.get(f"{meeting.path}/gate-pack", headers=other)).status_code == 404
    elsewhere = bearer_headers(app, Scope.CHECK_INS_WRITE, organization="kpu-32")
    assert (await meeting.client.get(f"{meeting.path}/gate-pack", headers=elsewhere)).status_code == 404
    assert (await meeting.client.get(f"{meeting.path}/gate-pack")).status_code == 401
