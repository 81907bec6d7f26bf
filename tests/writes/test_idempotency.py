"""A creation that is sent again happens once."""

import asyncio
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import fetch_value
from tests.writes.calls import Calls

PERSON = {"name": "Siti Contoh"}
AT = "/v1/officials"


async def people(url: str) -> int:
    found: int = await fetch_value(url, "SELECT count(*) FROM officials WHERE name LIKE 'Siti%'")
    return found


async def test_the_same_request_is_answered_as_before(calls: Calls, own_url: str) -> None:
    first = await calls.post(AT, PERSON, key="one")
    again = await calls.post(AT, PERSON, key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (again.headers["etag"], again.headers["location"]) == (first.headers["etag"], first.headers["location"])
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert await people(own_url) == 1
    assert await fetch_value(own_url, "SELECT count(*) FROM audit_lines WHERE operation = 'create_official'") == 1


@pytest.mark.parametrize(
    ("address", "body"), [(AT, {"name": "Siti Lain"}), ("/v1/elections", PERSON)], ids=["body", "address"]
)
async def test_a_key_is_good_for_one_request(calls: Calls, own_url: str, address: str, body: dict[str, str]) -> None:
    await calls.post(AT, PERSON, key="one")
    answer = await calls.post(address, body, key="one")
    assert answer.status_code == 422
    assert answer.json()["code"] == ("idempotency_key_reused" if address == AT else "invalid_content")
    assert await people(own_url) == 1


async def test_a_key_is_its_clients_own(app: FastAPI, client: httpx.AsyncClient, own_url: str) -> None:
    for name in ("a", "b"):
        answer = await Calls.of(app, client, client_id=name).post(AT, PERSON, key="one")
        assert answer.status_code == 201
    assert await people(own_url) == 2


async def test_while_one_runs_the_other_is_told_to_wait(calls: Calls, own_url: str) -> None:
    other = await asyncpg.connect(own_url)
    client = "0197c0de-0000-7000-8000-00000000c11e"
    async with other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(idempotency_lock_key($1, $2))", client, "one")
        answer = await calls.post(AT, PERSON, key="one")
    await other.close()
    assert (answer.status_code, answer.json()["code"]) == (409, "request_in_flight")
    assert int(answer.headers["retry-after"]) >= 1
    assert (await calls.post(AT, PERSON, key="one")).status_code == 201


async def test_sixteen_at_once_are_one(calls: Calls, own_url: str) -> None:
    answers = await asyncio.gather(*(calls.post(AT, PERSON, key="one") for _ in range(16)))
    made = {answer.content for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await people(own_url) == 1


@pytest.mark.parametrize("bad", [{"name": ""}, {"name": "Siti", "colour": "red"}, {}], ids=str)
async def test_what_was_refused_is_not_kept(calls: Calls, bad: dict[str, str]) -> None:
    assert (await calls.post(AT, bad, key="one")).status_code == 422
    assert (await calls.post(AT, PERSON, key="one")).status_code == 201


async def test_a_conflict_is_not_kept(calls: Calls) -> None:
    region = {"code": "31", "name": "Lain", "type": "province", "time_zone": "Asia/Jakarta"}
    assert (await calls.post("/v1/regions", region, key="one")).status_code == 409
    assert (await calls.post("/v1/regions", {**region, "code": "97"}, key="one")).status_code == 201


async def test_after_seven_days_a_key_is_new(calls: Calls, own_url: str) -> None:
    await calls.post(AT, PERSON, key="one")
    await fetch_value(own_url, "UPDATE idempotency_keys SET created_at = created_at - interval '7 days'")
    assert "idempotency-replayed" not in (await calls.post(AT, PERSON, key="one")).headers
    assert await people(own_url) == 2
    assert "idempotency-replayed" in (await calls.post(AT, PERSON, key="one")).headers


@pytest.mark.parametrize("key", [None, "", "x" * 256, "kunci\u00e9"], ids=["none", "empty", "long", "not ASCII"])
async def test_a_creation_needs_a_key(calls: Calls, own_url: str, key: str | None) -> None:
    headers = [(name.encode(), value.encode()) for name, value in calls.headers.items()]
    if key is not None:
        headers.append((b"Idempotency-Key", key.encode()))
    answer = await calls.client.post(AT, json=PERSON, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert await people(own_url) == 0


async def test_a_dry_run_uses_no_key(calls: Calls) -> None:
    key = uuid4().hex
    headers = {**calls.headers, "Idempotency-Key": key}
    assert (await calls.client.post(f"{AT}?dry_run=true", json=PERSON, headers=headers)).status_code == 200
    assert "idempotency-replayed" not in (await calls.post(AT, PERSON, key=key)).headers
