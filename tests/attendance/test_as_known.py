"""What the routes of a roll said at an instant, they say of it for ever."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from app.core.db import database
from tests.attendance import plenaries
from tests.attendance.plenaries import FIVE, PLENARY, Room
from tests.check_ins.doors import START, Door
from tests.conftest import fetch
from tests.writes.calls import Calls

CONFIRMED = ("confirmed_by", "confirmed_for", "confirmed_basis")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else writes, so there is nothing to wait for."""
    monkeypatch.setattr(database, "SETTLED", timedelta(0))


@pytest_asyncio.fixture
async def door(app: FastAPI, client: httpx.AsyncClient) -> Door:
    return await Door.of_new_meeting(app, client, people=2)


async def instant(door: Door) -> str:
    found: datetime = await fetch(door.app.state.settings.database_url, "SELECT clock_timestamp()")
    return found.isoformat()


async def items(door: Door, at: str, **query: str) -> list[dict[str, Any]]:
    answer = await door.client.get(f"{door.at}/{at}", params=query, headers=dict(door.admin.headers))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def scanned(door: Door, person: int) -> str:
    """A scan that is received now; its id."""
    now = (datetime.now(UTC) - START).total_seconds()
    await door.send([scan := door.scan(person, now)], now)
    return str(scan["scan_id"])


async def test_check_ins(door: Door) -> None:
    first = await scanned(door, 0)
    before, then = await items(door, "check-ins"), await instant(door)
    await scanned(door, 1)
    note = {"reason": "badge dipinjamkan", "legal_basis": "Keputusan KPU 9/2026"}
    answer = await door.admin.post(f"{door.at}/check-ins/{first}:annul", note)
    assert (answer.status_code, answer.json()["legal_basis"]) == (200, "Keputusan KPU 9/2026")
    after = await items(door, "check-ins")
    assert await items(door, "check-ins", known_at=then) == before
    assert [one["outcome"] for one in before] == ["first_entry"]
    assert [(one["outcome"], one["legal_basis"]) for one in after] == [
        ("annulled", "Keputusan KPU 9/2026"),
        ("first_entry", None),
    ]


async def test_which_meetings_a_body_attended(door: Door) -> None:
    async def attended(**query: str) -> bool:
        answer = await door.client.get("/v1/meetings", params={"attended_by": "kpu-32", "page_size": "200", **query})
        return door.meeting in [one["code"] for one in answer.json()["items"]]

    before = await instant(door)
    await scanned(door, 0)
    after = await instant(door)
    assert [await attended(known_at=before), await attended(known_at=after), await attended()] == [False, True, True]


async def test_corrections(door: Door) -> None:
    await door.admin.post(f"{door.at}:close-roll", {"reason": "rapat selesai"})
    nothing = await instant(door)
    sick = {"status": "sick", "reason": "surat dokter", "legal_basis": "Keputusan KPU 9/2026"}
    asked = await door.admin.patch(f"{door.at}/attendance/{door.people[0]}", sick)
    assert asked.status_code == 202
    before, then = await items(door, "corrections"), await instant(door)
    assert (before[0]["reason"], before[0]["legal_basis"]) == ("surat dokter", "Keputusan KPU 9/2026")
    second = Calls.of(door.app, door.client, Scope.ATTENDANCE_WRITE, client="another")
    note = {"reason": "suratnya ada", "legal_basis": "PKPU 5/2022"}
    assert (await second.post(f"{asked.headers['location']}:confirm", note)).status_code == 200
    assert await items(door, "corrections", known_at=nothing) == []
    assert await items(door, "corrections", known_at=then) == before
    [now] = await items(door, "corrections")
    assert [now[name] for name in CONFIRMED] == ["another", "suratnya ada", "PKPU 5/2022"]
    assert [before[0][name] for name in CONFIRMED] == [None, None, None]
    revisions = (await door.admin.get(f"{door.at}/participants/{door.people[0]}/revisions")).json()["items"]
    assert [(one["reason"], one["legal_basis"]) for one in revisions[1:]] == [("surat dokter", "Keputusan KPU 9/2026")]
    assert [one["revision"] for one in [*before, *await items(door, "corrections")]] == [1, 2]


async def test_the_legal_basis_of_a_status_stands_in_the_revision(door: Door) -> None:
    at = f"{door.at}/attendance/{door.people[0]}"
    sick = {"status": "excused", "reason": "surat izin", "legal_basis": "Keputusan KPU 9/2026"}
    assert (await door.admin.patch(at, sick)).status_code == 200
    revisions = (await door.admin.get(f"{door.at}/participants/{door.people[0]}/revisions")).json()["items"]
    assert [(one["reason"], one["legal_basis"]) for one in revisions[1:]] == [("surat izin", "Keputusan KPU 9/2026")]


async def test_a_quorum(own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str) -> None:
    room: Room = await plenaries.opened(own_app, own_client, own_url)
    await room.enter(FIVE)
    address = f"{PLENARY}/quorum"
    before = (await own_client.get(address, params={"at": plenaries.at("12:00")})).json()
    then = (await fetch(own_url, "SELECT clock_timestamp()")).isoformat()
    await fetch(own_url, "UPDATE scans SET annulled_at = clock_timestamp(), annulled_for = 'a slip'")
    known = await own_client.get(address, params={"at": plenaries.at("12:00"), "known_at": then})
    assert known.json() == before
    assert (before["present"], before["met"]) == (5, True)
    assert (await own_client.get(address, params={"at": plenaries.at("12:00")})).json()["present"] == 0
    code = PLENARY.rpartition("/")[2]
    await fetch(own_url, "UPDATE meetings SET retention_days = 8 WHERE code = $1", code)
    await fetch(own_url, "SELECT anonymise_participants($1)", code)
    forgotten = (await own_client.get(address, params={"at": plenaries.at("12:00"), "known_at": then})).json()
    assert (forgotten["met"], forgotten["reason"]) == (None, "forgotten")
