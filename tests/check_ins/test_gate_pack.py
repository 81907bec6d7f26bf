"""GET gate-pack: keys, revoked badges, sessions, and names only for clients with attendance:read."""

from typing import Any

import jwt
import pytest
from fastapi import FastAPI

from app.auth import Scope
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import MeetingClient


async def get_gate_pack(meeting: MeetingClient, query: str = "", **headers: str) -> dict[str, Any]:
    response = await meeting.client.get(f"{meeting.path}/gate-pack{query}", headers=headers)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


@pytest.fixture
def device_headers(app: FastAPI, meeting: MeetingClient) -> dict[str, str]:
    return bearer_headers(app, Scope.CHECK_INS_WRITE, meeting=meeting.code)


async def reissue_badge(meeting: MeetingClient, index: int) -> None:
    await meeting.client.post(f"{meeting.participant_path(index)}/badge", headers=meeting.admin.headers)


async def test_gate_pack_has_keys_and_sessions_but_no_names(
    meeting: MeetingClient, device_headers: dict[str, str]
) -> None:
    response = await meeting.client.get(f"{meeting.path}/gate-pack", headers=device_headers)
    document = response.json()
    assert [item["code"] for item in document["sessions"]] == ["opening", "class-1", "class-2"]
    assert (document["revoked"], document["people"], document["is_delta"]) == ([], None, False)
    assert "Peserta" not in response.text
    [key] = document["keys"]
    jwt.decode(meeting.badges[0], jwt.PyJWK(key), algorithms=["EdDSA"], audience=meeting.code)


async def test_unchanged_gate_pack_is_304(meeting: MeetingClient, device_headers: dict[str, str]) -> None:
    first = await meeting.client.get(f"{meeting.path}/gate-pack", headers=device_headers)
    assert first.headers["cache-control"] == "private, no-cache"
    known = {**device_headers, "If-None-Match": first.headers["etag"]}
    await meeting.check_in([meeting.new_scan(0)])
    assert (await meeting.client.get(f"{meeting.path}/gate-pack", headers=known)).status_code == 304
    await reissue_badge(meeting, 0)
    assert (await meeting.client.get(f"{meeting.path}/gate-pack", headers=known)).status_code == 200


async def test_since_returns_badges_revoked_since(meeting: MeetingClient, device_headers: dict[str, str]) -> None:
    await reissue_badge(meeting, 0)
    connection = await meeting.connect()
    await connection.execute(
        "UPDATE badges SET revoked_at = revoked_at - interval '1 hour' WHERE revoked_at IS NOT NULL"
    )
    await connection.close()
    full = await get_gate_pack(meeting, **device_headers)
    await reissue_badge(meeting, 1)
    delta = await get_gate_pack(meeting, f"?since={full['version']}", **device_headers)
    assert delta["is_delta"] is True
    now = await get_gate_pack(meeting, **device_headers)
    assert [len(item["revoked"]) for item in (full, delta)] == [1, 1]
    assert sorted([*full["revoked"], *delta["revoked"]]) == now["revoked"]
    assert int(now["version"]) > int(full["version"])


async def test_badge_of_deleted_participant_is_revoked(meeting: MeetingClient, device_headers: dict[str, str]) -> None:
    before = await get_gate_pack(meeting, **device_headers)
    await meeting.admin.delete(meeting.participant_path(2))
    for query in ("", f"?since={before['version']}"):
        assert len((await get_gate_pack(meeting, query, **device_headers))["revoked"]) == 1


async def test_names_require_attendance_read_and_are_audited(
    app: FastAPI, meeting: MeetingClient, device_headers: dict[str, str]
) -> None:
    refused = await meeting.client.get(f"{meeting.path}/gate-pack?names=true", headers=device_headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert "attendance:read" in refused.headers["www-authenticate"]
    reader = bearer_headers(app, Scope.CHECK_INS_WRITE, Scope.ATTENDANCE_READ, meeting=meeting.code)
    response = await meeting.client.get(f"{meeting.path}/gate-pack?names=true", headers=reader)
    assert response.headers["cache-control"] == "no-store"
    assert sorted(item["name"] for item in response.json()["people"]) == [f"Peserta {n}" for n in range(6)]
    lines = (await meeting.admin.get("/v1/audit?operation=get_gate_pack&page_size=200")).json()["items"]
    assert f"meetings/{meeting.code}/gate-pack" in [key for line in lines for key in line["keys"]]


async def test_client_of_other_meeting_or_organization_gets_404(app: FastAPI, meeting: MeetingClient) -> None:
    other = bearer_headers(app, Scope.CHECK_INS_WRITE, meeting="rakornas-2022-06")
    assert (await meeting.client.get(f"{meeting.path}/gate-pack", headers=other)).status_code == 404
    elsewhere = bearer_headers(app, Scope.CHECK_INS_WRITE, organization="kpu-32")
    assert (await meeting.client.get(f"{meeting.path}/gate-pack", headers=elsewhere)).status_code == 404
    assert (await meeting.client.get(f"{meeting.path}/gate-pack")).status_code == 401
