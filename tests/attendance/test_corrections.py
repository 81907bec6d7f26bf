"""A roll is closed once; afterwards it changes only where two clients want it."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from tests.check_ins.doors import Door, at
from tests.conftest import fetch
from tests.writes.calls import Calls

SICK = {"status": "sick", "reason": "surat dokter menyusul"}
CHECK_IN = """
    SELECT outcome FROM check_in($1, json_build_array(json_build_object(
        'p', 0, 'device_id', 'gate-9', 'clock_epoch', 0, 'sent_at', $2::timestamptz, 'received_at', $2::timestamptz,
        'client', 'x')), $3::text::json)
"""
WAITING = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"


@pytest_asyncio.fixture
async def door(app: FastAPI, client: httpx.AsyncClient) -> Door:
    return await Door.of_new_meeting(app, client, people=2)


def writer(door: Door, name: str) -> Calls:
    return Calls.of(door.app, door.client, Scope.ATTENDANCE_WRITE, Scope.ATTENDANCE_READ, client=name)


async def close(door: Door) -> dict[str, Any]:
    answer = await door.admin.post(f"{door.at}:close-roll", {"reason": "rapat selesai"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def asked(door: Door, by: Calls, body: dict[str, str] = SICK) -> str:
    """A correction is asked for; the address at which it is confirmed."""
    answer = await by.patch(f"{door.at}/attendance/{door.people[0]}", body)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{door.at}/corrections/{answer.json()['id']}"
    return f"{answer.headers['location']}:confirm"


async def corrections(door: Door, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await door.admin.get(f"{door.at}/corrections{query}")).json()["items"]
    return found


async def test_it_is_closed_once(door: Door) -> None:
    first = await close(door)
    assert first["meeting"]["code"] == door.meeting
    assert await close(door) == first
    bare = await door.client.post(f"{door.at}:close-roll", headers=door.admin.headers)
    assert (bare.status_code, bare.json()) == (200, first)


async def test_who_is_elsewhere_closes_nothing(door: Door) -> None:
    for bound, status in (
        ({"organization": "kpu-32"}, 404),
        ({"meeting": "rakornas-2022-06"}, 404),
        ({"meeting": door.meeting}, 403),
    ):
        other = Calls.of(door.app, door.client, Scope.ATTENDANCE_WRITE, **bound)
        assert (await other.post(f"{door.at}:close-roll", {})).status_code == status
    assert (
        await fetch(
            door.app.state.settings.database_url, "SELECT roll_closed_at FROM meetings WHERE code = $1", door.meeting
        )
        is None
    )
    door.meeting = "no-such"
    assert (await door.admin.post(f"{door.at}:close-roll", {})).status_code == 404


async def test_a_correction_waits_and_changes_nothing(door: Door) -> None:
    await close(door)
    await asked(door, writer(door, "first"))
    assert (await door.of(0))["status"] == "expected"
    (one,) = await corrections(door, "?pending=true")
    assert (one["participant"]["id"], one["status"], one["reason"]) == (door.people[0], *SICK.values())
    assert (one["asked_by"], one["confirmed_by"], one["confirmed_at"]) == ("first", None, None)
    assert await corrections(door, "?pending=false") == []


async def test_the_second_client_makes_it(door: Door) -> None:
    await close(door)
    confirm = await asked(door, writer(door, "first"))
    answer = await writer(door, "second").post(confirm, {})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["asked_by"], answer.json()["confirmed_by"]) == ("first", "second")
    came = await door.of(0)
    assert (came["status"], came["by_hand"]) == ("sick", SICK)
    assert await corrections(door, "?pending=true") == []
    assert await corrections(door, "?pending=false") == [answer.json()]


async def test_the_first_client_does_not_confirm_its_own(door: Door) -> None:
    await close(door)
    first = writer(door, "first")
    answer = await first.post(await asked(door, first), {})
    assert (answer.status_code, answer.json()["code"]) == (409, "second_client_needed")
    assert (await door.of(0))["status"] == "expected"


async def test_it_is_confirmed_once(door: Door) -> None:
    await close(door)
    confirm = await asked(door, writer(door, "first"))
    second = writer(door, "second")
    once = await second.post(confirm, {})
    again = await second.post(confirm, {})
    assert (again.status_code, again.json()) == (200, once.json())
    for name in ("third", "first"):
        assert (await writer(door, name).post(confirm, {})).json()["code"] == "second_client_needed"
    assert (await corrections(door))[0]["confirmed_by"] == "second"


async def test_said_again_it_does_not_undo_what_came_later(door: Door) -> None:
    await close(door)
    first, second = writer(door, "first"), writer(door, "second")
    former = await asked(door, first)
    await second.post(former, {})
    await second.post(await asked(door, first, {"status": "excused", "reason": "izin"}), {})
    assert (await second.post(former, {})).status_code == 200
    assert (await door.of(0))["status"] == "excused"


async def test_of_two_that_confirm_at_once_one_is_the_second(door: Door) -> None:
    await close(door)
    confirm = await asked(door, writer(door, "first"))
    answers = await asyncio.gather(*(writer(door, name).post(confirm, {}) for name in ("second", "third")))
    assert sorted(one.status_code for one in answers) == [200, 409]


async def test_of_another_meeting_it_is_none(door: Door) -> None:
    await close(door)
    confirm = await asked(door, writer(door, "first"))
    other = await Door.of_new_meeting(door.app, door.client, people=1)
    await close(other)
    answer = await writer(door, "second").post(confirm.replace(door.at, other.at), {})
    assert answer.status_code == 404
    bound = Calls.of(door.app, door.client, Scope.ATTENDANCE_WRITE, organization="kpu-32", client="second")
    assert (await bound.post(confirm, {})).status_code == 404
    gate = Calls.of(door.app, door.client, Scope.ATTENDANCE_WRITE, meeting=door.meeting, client="second")
    assert (await gate.post(confirm, {})).status_code == 403
    assert (await door.of(0))["status"] == "expected"


async def test_an_annulment_is_a_correction_too(door: Door) -> None:
    await door.send([scan := door.scan(0)])
    await close(door)
    annul = f"{door.at}/check-ins/{scan['scan_id']}:annul"
    waits = await writer(door, "first").post(annul, {"reason": "badge dipinjamkan"})
    assert (waits.status_code, waits.json()["annulled_at"]) == (202, None)
    assert waits.json()["correction"]["scan"] == scan["scan_id"]
    assert (await door.of(0))["status"] == "present"
    confirm = f"{waits.headers['location']}:confirm"
    assert (await writer(door, "first").post(confirm, {})).status_code == 409
    assert (await writer(door, "second").post(confirm, {})).status_code == 200
    assert (await door.of(0))["status"] == "expected"
    assert await door.seen() == {scan["scan_id"]: "annulled"}
    again = await writer(door, "first").post(annul, {"reason": "lagi"})
    assert (again.status_code, again.json()["annulled_for"]) == (200, "badge dipinjamkan")


async def test_what_gates_send_afterwards_is_kept_without_effect(door: Door) -> None:
    await door.send([before := door.scan(0, 10)], 20)
    await close(door)
    assert await door.outcomes([late := door.scan(1, 15)], 30) == ["meeting_closed"]
    assert await door.seen() == {before["scan_id"]: "first_entry", late["scan_id"]: "meeting_closed"}
    assert [(await door.of(n))["status"] for n in (0, 1)] == ["present", "expected"]
    assert await door.outcomes([before], 40) == ["first_entry"]
    assert (await door.of(0))["status"] == "present"


async def test_the_database_wants_two_clients_too(door: Door) -> None:
    await close(door)
    await asked(door, writer(door, "first"))
    url = door.app.state.settings.database_url
    signed = "UPDATE roll_corrections SET confirmed_by = $1, confirmed_at = now() WHERE meeting = $2"
    with pytest.raises(asyncpg.CheckViolationError, match="two_clients"):
        await fetch(url, signed, "first", door.meeting)
    await fetch(url, signed, "second", door.meeting)


async def test_a_closing_waits_for_what_is_on_its_way(door: Door) -> None:
    """And what comes after it, waits for it: so each scan is before the closing, or knows that it is not."""
    url = door.app.state.settings.database_url
    connection = await door.connect()
    scan = '[{"p": 0, "n": 0, "id": "01b00000-0000-7000-8000-00000000000%d", "digest": "\\\\x0%d", "direction": "in",'
    scan += ' "badge_text": "x", "scanned_at": "2026-12-07T02:00:00Z"}]'
    try:
        async with connection.transaction():
            assert await connection.fetchval(CHECK_IN, door.meeting, at(0), scan % (1, 1)) == "badge_unknown"
            closing = asyncio.create_task(door.admin.post(f"{door.at}:close-roll", {}))
            while not await fetch(url, WAITING):
                assert not closing.done()
                await asyncio.sleep(0.02)
        assert (await closing).status_code == 200
        assert (
            await connection.fetchval("SELECT count(*) FROM scans WHERE meeting = $1 AND after_closing", door.meeting)
            == 0
        )
        await connection.fetchval(CHECK_IN, door.meeting, at(0), scan % (2, 2))
        assert (
            await connection.fetchval("SELECT count(*) FROM scans WHERE meeting = $1 AND after_closing", door.meeting)
            == 1
        )
    finally:
        await connection.close()


async def test_each_reading_of_them_leaves_a_line(door: Door) -> None:
    await close(door)
    await asked(door, writer(door, "first"))
    reader = Calls.of(door.app, door.client, Scope.ATTENDANCE_READ, client=door.meeting)
    assert (await reader.get(f"{door.at}/corrections")).headers["cache-control"] == "no-store"
    keys = "SELECT keys FROM audit_lines WHERE client = $1"
    told = await fetch(door.app.state.settings.database_url, keys, door.meeting)
    assert told == [f"meetings/{door.meeting}/corrections", f"participants/{door.people[0]}"]
    assert (await door.client.get(f"{door.at}/corrections")).status_code == 401
