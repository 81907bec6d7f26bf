"""Clients that are bound to an organization: theirs stays theirs, and the rest neither becomes nor shows."""

import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import fetch
from tests.writing.calls import Calls

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


async def test_on_whose_roll_a_person_stands_is_not_told(calls: Calls, own_url: str) -> None:
    """That it is on one, is said: else nobody could tell why they cannot be deleted. A roll may be restricted."""
    found = "SELECT official::text FROM participants WHERE official IS NOT NULL AND NOT EXISTS ({}) LIMIT 1"
    official = await fetch(
        own_url, found.format("SELECT FROM session_speakers s WHERE s.official = participants.official")
    )
    await fetch(own_url, "DELETE FROM appointments WHERE official = $1::text::uuid", official)
    refused = await calls.delete(f"/v1/officials/{official}")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use"), refused.text
    assert [one["address"] for one in refused.json()["errors"]] == ["/v1/meetings"]
