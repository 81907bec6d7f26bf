"""The gate pack: all that a gate needs without the network, and no name of anybody unless it may know them."""

from typing import Any

import pytest
from fastapi import FastAPI
from joserfc import jws
from joserfc.jwk import OKPKey

from app.auth import Scope
from tests.callers import bearer
from tests.check_ins.doors import Door


async def pack(door: Door, query: str = "", **headers: str) -> dict[str, Any]:
    answer = await door.client.get(f"{door.at}/gate-pack{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def gate(app: FastAPI, door: Door) -> dict[str, str]:
    return bearer(app, Scope.CHECK_INS_WRITE, meeting=door.meeting)


async def revoke(door: Door, person: int) -> None:
    await door.client.post(f"{door.at}/participants/{door.people[person]}/badge", headers=door.admin.headers)


async def test_it_holds_keys_sessions_and_no_names(door: Door, gate: dict[str, str]) -> None:
    answer = await door.client.get(f"{door.at}/gate-pack", headers=gate)
    found = answer.json()
    assert [one["code"] for one in found["sessions"]] == ["opening", "class-1", "class-2"]
    assert (found["revoked"], found["people"], found["is_delta"]) == ([], None, False)
    assert "Peserta" not in answer.text
    [key] = found["keys"]
    jws.deserialize_compact(door.badges[0], OKPKey.import_key(key), algorithms=["Ed25519"])


async def test_nothing_is_sent_again_that_has_not_changed(door: Door, gate: dict[str, str]) -> None:
    first = await door.client.get(f"{door.at}/gate-pack", headers=gate)
    assert first.headers["cache-control"] == "private, no-cache"
    known = {**gate, "If-None-Match": first.headers["etag"]}
    await door.outcomes([door.scan(0)])
    assert (await door.client.get(f"{door.at}/gate-pack", headers=known)).status_code == 304
    await revoke(door, 0)
    assert (await door.client.get(f"{door.at}/gate-pack", headers=known)).status_code == 200


async def test_a_delta_holds_what_was_revoked_since(door: Door, gate: dict[str, str]) -> None:
    await revoke(door, 0)
    connection = await door.connect()
    await connection.execute(
        "UPDATE badges SET revoked_at = revoked_at - interval '1 hour' WHERE revoked_at IS NOT NULL"
    )
    await connection.close()
    whole = await pack(door, **gate)
    await revoke(door, 1)
    delta = await pack(door, f"?since={whole['version']}", **gate)
    assert delta["is_delta"] is True
    now = await pack(door, **gate)
    assert [len(one["revoked"]) for one in (whole, delta)] == [1, 1]
    assert sorted([*whole["revoked"], *delta["revoked"]]) == now["revoked"]
    assert int(now["version"]) > int(whole["version"])


async def test_whoever_was_taken_off_the_list_is_among_the_revoked(door: Door, gate: dict[str, str]) -> None:
    before = await pack(door, **gate)
    await door.admin.delete(f"{door.at}/participants/{door.people[2]}")
    for query in ("", f"?since={before['version']}"):
        assert len((await pack(door, query, **gate))["revoked"]) == 1


async def test_names_are_for_who_may_read_them_and_leave_a_line(app: FastAPI, door: Door, gate: dict[str, str]) -> None:
    refused = await door.client.get(f"{door.at}/gate-pack?names=true", headers=gate)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert "attendance:read" in refused.headers["www-authenticate"]
    reader = bearer(app, Scope.CHECK_INS_WRITE, Scope.ATTENDANCE_READ, meeting=door.meeting)
    answer = await door.client.get(f"{door.at}/gate-pack?names=true", headers=reader)
    assert answer.headers["cache-control"] == "no-store"
    assert sorted(one["name"] for one in answer.json()["people"]) == [f"Peserta {n}" for n in range(6)]
    lines = (await door.admin.get("/v1/audit?operation=read_gate_pack&page_size=200")).json()["items"]
    assert f"meetings/{door.meeting}/gate-pack" in [key for line in lines for key in line["keys"]]


async def test_it_is_not_for_the_gates_of_other_meetings(app: FastAPI, door: Door) -> None:
    other = bearer(app, Scope.CHECK_INS_WRITE, meeting="rakornas-2022-06")
    assert (await door.client.get(f"{door.at}/gate-pack", headers=other)).status_code == 404
    elsewhere = bearer(app, Scope.CHECK_INS_WRITE, organization="kpu-32")
    assert (await door.client.get(f"{door.at}/gate-pack", headers=elsewhere)).status_code == 404
    assert (await door.client.get(f"{door.at}/gate-pack")).status_code == 401
