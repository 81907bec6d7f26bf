"""Clients that are bound to an organization: theirs stays theirs, and the rest neither becomes nor shows."""

import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import fetch_value
from tests.writes.calls import Calls

DKI, CITY = "kpu-31", "/v1/organizations/kpu-31.99"


@pytest.fixture
def bound(app: FastAPI, client: httpx.AsyncClient) -> Calls:
    return Calls.of(app, client, organization=DKI)


async def made(calls: Calls) -> None:
    body = {"code": "kpu-31.99", "name": "KPU Kota Contoh", "kind": "agency", "parent": DKI}
    answer = await calls.post("/v1/organizations", body)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("parent", ["kpu-32", "kpu", None])
async def test_none_gives_its_own_away(bound: Calls, parent: str | None) -> None:
    """Nor does it set it above itself: what it may not write afterwards, it may not make of it."""
    await made(bound)
    refused = await bound.patch(CITY, {"parent": parent})
    assert (refused.status_code, refused.json()["code"]) == (403, "outside_organization")
    assert (await bound.get(CITY)).json()["parent"]["code"] == DKI


@pytest.mark.parametrize("parent", ["kpu-32", None])
async def test_none_moves_the_body_that_it_is_bound_to(bound: Calls, parent: str | None) -> None:
    refused = await bound.patch("/v1/organizations/kpu-31", {"parent": parent})
    assert (refused.status_code, refused.json()["code"]) == (403, "outside_organization")
    assert (await bound.patch("/v1/organizations/kpu-31", {"parent": "kpu", "seats": 7})).status_code == 200


async def test_it_moves_its_own_within_its_own(bound: Calls) -> None:
    await made(bound)
    between = {"code": "bawaslu-31", "name": "Contoh", "kind": "agency", "parent": DKI}
    assert (await bound.post("/v1/organizations", between)).status_code == 201
    moved = await bound.patch(CITY, {"parent": "bawaslu-31"})
    assert (moved.status_code, moved.json()["parent"]["code"]) == (200, "bawaslu-31")


async def test_who_is_bound_to_none_moves_it_anywhere(calls: Calls) -> None:
    await made(calls)
    assert (await calls.patch(CITY, {"parent": "kpu-32"})).json()["parent"]["code"] == "kpu-32"


MEMBER = {"organization": DKI, "office": "member", "standing": "acting", "start_on": "2035"}
OUTSIDE = (403, "outside_organization")


def ended(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


async def persons(app: FastAPI, client: httpx.AsyncClient) -> dict[str, str]:
    """Ids of people by whose they are: of a body that is another's, and nobody's, created by somebody else."""
    others = Calls.of(app, client, organization="kpu-32", client_id="0197c0de-0000-7000-8000-00000000c132")
    found = {}
    for whose in ("another's", "nobody's"):
        found[whose] = (await others.post("/v1/officials", {"name": "Siti Contoh"})).json()["id"]
    member = {**MEMBER, "official": found["another's"], "organization": "kpu-32"}
    assert (await others.post("/v1/appointments", member)).status_code == 201
    return found


@pytest.mark.parametrize("whose", ["another's", "nobody's"])
async def test_none_takes_a_person_by_an_appointment(
    app: FastAPI, client: httpx.AsyncClient, bound: Calls, whose: str
) -> None:
    """Who holds an office of its own is its own to write, and no longer that of those whose they were."""
    person = (await persons(app, client))[whose]
    assert ended(await bound.post("/v1/appointments", {**MEMBER, "official": person})) == OUTSIDE
    own = (await bound.post("/v1/officials", {"name": "Budi Contoh"})).json()["id"]
    appointed = await bound.post("/v1/appointments", {**MEMBER, "official": own})
    assert appointed.status_code == 201, appointed.text
    assert ended(await bound.patch(appointed.headers["location"], {"official": person})) == OUTSIDE
    begins = {"official": person, "standing": "acting"}
    succession = {"ends": appointed.json()["id"], "end_on": "2036", "begins": begins}
    assert ended(await bound.post("/v1/appointments:succeed", succession)) == OUTSIDE
    assert ended(await bound.patch(f"/v1/officials/{person}", {"name": "Lain"})) == OUTSIDE


async def test_it_appoints_whom_it_may_write_and_ends_what_it_shares(
    app: FastAPI, client: httpx.AsyncClient, bound: Calls, calls: Calls
) -> None:
    own = (await bound.post("/v1/officials", {"name": "Budi Contoh"})).json()["id"]
    first = await bound.post("/v1/appointments", {**MEMBER, "official": own})
    second = await bound.post("/v1/appointments", {**MEMBER, "official": own, "organization": "kpu-31.71"})
    assert [first.status_code, second.status_code] == [201, 201]
    shared = await calls.post("/v1/appointments", {**MEMBER, "official": own, "organization": "kpu-32"})
    assert shared.status_code == 201  # who is bound to none moves people between bodies
    assert ended(await bound.post("/v1/appointments", {**MEMBER, "official": own, "office": "chair"})) == OUTSIDE
    same = await bound.patch(first.headers["location"], {"official": own, "end_on": "2036"})
    assert (same.status_code, same.json()["end_on"]) == (200, "2036")


async def test_a_person_who_is_not_there_is_no_secret(bound: Calls) -> None:
    nobody = {**MEMBER, "official": "0197c0de-0000-7000-8000-000000000000"}
    assert ended(await bound.post("/v1/appointments", nobody)) == (422, "invalid_content")


async def test_on_whose_roll_a_person_stands_is_not_told(calls: Calls, own_url: str) -> None:
    """That it is on one, is said: else nobody could tell why they cannot be deleted. A roll may be restricted."""
    found = "SELECT official::text FROM participants WHERE official IS NOT NULL AND NOT EXISTS ({}) LIMIT 1"
    official = await fetch_value(
        own_url, found.format("SELECT FROM session_speakers s WHERE s.official = participants.official")
    )
    await fetch_value(own_url, "DELETE FROM appointments WHERE official = $1::text::uuid", official)
    refused = await calls.delete(f"/v1/officials/{official}")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use"), refused.text
    assert [one["address"] for one in refused.json()["errors"]] == ["/v1/meetings"]


async def test_it_does_not_hear_whether_anothers_office_has_ended(bound: Calls, own_url: str) -> None:
    ended = await fetch_value(
        own_url, "SELECT id::text FROM appointments WHERE organization = 'kpu' AND end_on IS NOT NULL LIMIT 1"
    )
    begins = {"official": "01a20c10-0ad9-7584-8953-0eb59d6a8d90", "standing": "acting"}
    refused = await bound.post("/v1/appointments:succeed", {"ends": ended, "end_on": "2031", "begins": begins})
    assert (refused.status_code, refused.json()["code"]) == (403, "outside_organization")
