"""Whoever breaks a rule of the record is told what stands in the way, and nothing else."""

import asyncio
from typing import Any

import httpx

from tests.conftest import fetch_value
from tests.writes.calls import Calls
from tests.writes.objects import HASYIM, MEETING

APPOINTMENTS = "/v1/appointments"
SESSIONS = f"{MEETING}/sessions"
OFFICE = {"organization": "kpu-33", "office": "chair"}


def addresses(answer: httpx.Response, code: str) -> list[str | None]:
    assert (answer.status_code, answer.json()["code"]) == (409, code), answer.text
    return [one.get("address") for one in answer.json()["errors"]]


async def made(calls: Calls, at: str, **body: Any) -> str:
    answer = await calls.post(at, body)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def person(calls: Calls) -> str:
    return (await made(calls, "/v1/officials", name="Siti Contoh")).rpartition("/")[2]


async def holder(calls: Calls, standing: str, **days: str) -> str:
    return await made(calls, APPOINTMENTS, official=await person(calls), standing=standing, **OFFICE, **days)


async def test_of_two_definitive_holders_the_other_one(calls: Calls) -> None:
    held = await holder(calls, "definitive", start_on="2030-01-01")
    await holder(calls, "acting", start_on="2030-01-01")
    body = {"official": await person(calls), "standing": "definitive", "start_on": "2031", **OFFICE}
    assert addresses(await calls.post(APPOINTMENTS, body), "two_definitive_holders") == [held]


async def test_of_a_handover_not_the_one_that_ends(calls: Calls) -> None:
    ends = await holder(calls, "definitive", start_on="2030-01-01")
    await calls.patch(ends, {"end_on": "2031-01-01"})
    later = await holder(calls, "definitive", start_on="2031-06-01")
    await calls.patch(ends, {"end_on": None, "standing": "acting"})
    begins = {"official": await person(calls), "standing": "definitive"}
    succession = {"ends": ends.rpartition("/")[2], "end_on": "2031-03-01", "begins": begins}
    answer = await calls.post(f"{APPOINTMENTS}:succeed", succession)
    assert addresses(answer, "two_definitive_holders") == [later]


async def test_of_the_commissions_of_a_region_the_other_one(calls: Calls) -> None:
    """An agency may be in any region; only a commission has it for itself."""
    body = {"kind": "agency", "region": "31", "name": "Contoh"}
    agency = await made(calls, "/v1/organizations", code="contoh-31", **body)
    refused = await calls.patch(agency, {"kind": "commission", "level": "province"})
    assert addresses(refused, "already_exists") == ["/v1/organizations/kpu-31"]


async def test_of_parallel_sessions_the_other_one(calls: Calls) -> None:
    speaks = {"kind": "class", "parallel_group": "g", "speakers": [{"official": HASYIM}]}
    one = await made(calls, SESSIONS, code="a", position=20, name="A", track=1, **speaks)
    refused = await calls.post(SESSIONS, {**speaks, "code": "b", "position": 21, "name": "B", "track": 2})
    assert addresses(refused, "parallel_sessions") == [one]


async def test_of_a_session_and_a_meeting_that_do_not_fit_the_other_one(calls: Calls) -> None:
    body = {"code": "late", "position": 30, "kind": "plenary", "name": "Late", "starts_at": "2023-01-01T09:00:00+07:00"}
    assert addresses(await calls.post(SESSIONS, body), "session_outside_meeting") == [MEETING]
    session = await made(calls, SESSIONS, **{**body, "starts_at": "2022-06-14T09:00:00+07:00"})
    held = (await calls.get(MEETING)).json()
    refused = await calls.patch(MEETING, {"start_on": "2023-06-13", "end_on": "2023-06-16"})
    (other,) = addresses(refused, "session_outside_meeting")
    assert other is not None
    assert other.startswith(f"{SESSIONS}/")
    assert (await calls.get(MEETING)).json() == held
    assert (await calls.delete(session)).status_code == 204


async def test_of_parents_the_one_that_was_asked_for(calls: Calls) -> None:
    other = await made(calls, "/v1/elections", code="pemilu-2039", name="Pemilu 2039", kind="general")
    assert other
    stage = {"election": "pemilu-2039", "parent": "pu-08", "position": 1, "kind": "activity", "name": "X"}
    refused = await calls.post("/v1/stages", {"code": "pu-97", **stage})
    assert addresses(refused, "foreign_parent") == ["/v1/stages/pu-08"]
    refused = await calls.patch("/v1/organizations/kpu", {"parent": "kpu-31"})
    assert addresses(refused, "circular_parent") == ["/v1/organizations/kpu-31"]


async def test_of_former_codes_whose_it_is(calls: Calls) -> None:
    refused = await calls.patch("/v1/regions/31", {"previous_codes": [{"code": "91.17", "parent": "91"}]})
    assert addresses(refused, "already_exists") == ["/v1/regions/93.03"]


async def test_two_that_close_a_circle_at_once_hear_of_it(calls: Calls) -> None:
    """One of them does; nobody waits for the other's row and is sent away as if it were a fault."""
    for n in range(5):
        a, b = [
            await made(calls, "/v1/organizations", code=f"{one}{n}", name="Contoh", kind="agency") for one in ("a", "b")
        ]
        both = await asyncio.gather(calls.patch(a, {"parent": f"b{n}"}), calls.patch(b, {"parent": f"a{n}"}))
        assert sorted(answer.status_code for answer in both) == [200, 409]


async def test_a_line_names_what_moves_along(calls: Calls, own_url: str) -> None:
    """A stage takes those below it to another election: they have a new revision each, and the line says so."""
    await made(calls, "/v1/elections", code="pemilu-2039", name="Pemilu 2039", kind="general")
    stage = {"election": "pemilu-2024", "kind": "activity", "name": "X"}
    top = await made(calls, "/v1/stages", code="x-1", position=90, **stage)
    for n in (2, 3):
        await made(calls, "/v1/stages", code=f"x-{n}", position=n, parent=f"x-{n - 1}", **stage)
    assert (await calls.patch(top, {"election": "pemilu-2039"})).status_code == 200
    keys = await fetch_value(own_url, "SELECT keys FROM audit_lines ORDER BY id DESC LIMIT 1")
    assert (keys[0], sorted(keys[1:])) == ("stages/x-1", ["stages/x-2", "stages/x-3"])
