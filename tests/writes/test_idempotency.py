"""Idempotency keys: a repeated creation happens once."""

import asyncio
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.core.languages import Text
from app.core.problems import IdempotencyKeyRequired
from app.writes import idempotency
from tests.conftest import fetch_value
from tests.imports.import_client import CSV_TYPE, ImportClient
from tests.writes.write_client import WriteClient

OFFICIAL = {"name": "Siti Contoh"}
LIST_PATH = "/v1/officials"


async def count_officials(url: str) -> int:
    count: int = await fetch_value(url, "SELECT count(*) FROM officials WHERE name LIKE 'Siti%'")
    return count


async def test_repeated_request_gets_the_same_response(api: WriteClient, own_url: str) -> None:
    first = await api.post(LIST_PATH, OFFICIAL, idempotency_key="key-1")
    repeated = await api.post(LIST_PATH, OFFICIAL, idempotency_key="key-1")
    assert (first.status_code, repeated.status_code) == (201, 201)
    assert repeated.content == first.content
    assert (repeated.headers["etag"], repeated.headers["location"]) == (
        first.headers["etag"],
        first.headers["location"],
    )
    assert ("idempotency-replayed" in first.headers, repeated.headers["idempotency-replayed"]) == (False, "true")
    assert await count_officials(own_url) == 1
    assert await fetch_value(own_url, "SELECT count(*) FROM audit_lines WHERE operation = 'create_official'") == 1


@pytest.mark.parametrize(
    ("address", "body"), [(LIST_PATH, {"name": "Siti Lain"}), ("/v1/elections", OFFICIAL)], ids=["body", "address"]
)
async def test_key_used_for_another_request_is_422(
    api: WriteClient, own_url: str, address: str, body: dict[str, str]
) -> None:
    await api.post(LIST_PATH, OFFICIAL, idempotency_key="key-1")
    response = await api.post(address, body, idempotency_key="key-1")
    assert response.status_code == 422
    assert response.json()["code"] == ("idempotency_key_reused" if address == LIST_PATH else "invalid_content")
    assert await count_officials(own_url) == 1


async def test_two_clients_may_use_the_same_key(app: FastAPI, client: httpx.AsyncClient, own_url: str) -> None:
    for name in ("a", "b"):
        response = await WriteClient.create(app, client, client_id=name).post(
            LIST_PATH, OFFICIAL, idempotency_key="key-1"
        )
        assert response.status_code == 201
    assert await count_officials(own_url) == 2


async def test_request_with_a_key_in_flight_is_409(api: WriteClient, own_url: str) -> None:
    other = await asyncpg.connect(own_url)
    client = "0197c0de-0000-7000-8000-00000000c11e"
    async with other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(idempotency_lock_key($1, $2))", client, "key-1")
        response = await api.post(LIST_PATH, OFFICIAL, idempotency_key="key-1")
    await other.close()
    assert (response.status_code, response.json()["code"]) == (409, "request_in_flight")
    assert int(response.headers["retry-after"]) >= 1
    assert (await api.post(LIST_PATH, OFFICIAL, idempotency_key="key-1")).status_code == 201


async def test_concurrent_requests_with_one_key_create_one_object(api: WriteClient, own_url: str) -> None:
    responses = await asyncio.gather(*(api.post(LIST_PATH, OFFICIAL, idempotency_key="key-1") for _ in range(16)))
    created = {response.content for response in responses if response.status_code == 201}
    assert len(created) == 1
    assert {response.status_code for response in responses} <= {201, 409}
    assert await count_officials(own_url) == 1


@pytest.mark.parametrize("invalid", [{"name": ""}, {"name": "Siti", "colour": "red"}, {}], ids=str)
async def test_key_of_an_invalid_request_can_be_used_again(api: WriteClient, invalid: dict[str, str]) -> None:
    assert (await api.post(LIST_PATH, invalid, idempotency_key="key-1")).status_code == 422
    assert (await api.post(LIST_PATH, OFFICIAL, idempotency_key="key-1")).status_code == 201


async def test_key_of_a_conflict_can_be_used_again(api: WriteClient) -> None:
    region = {"code": "31", "name": "Lain", "type": "province", "time_zone": "Asia/Jakarta"}
    assert (await api.post("/v1/regions", region, idempotency_key="key-1")).status_code == 409
    assert (await api.post("/v1/regions", {**region, "code": "97"}, idempotency_key="key-1")).status_code == 201


async def test_key_expires_after_seven_days(api: WriteClient, own_url: str) -> None:
    await api.post(LIST_PATH, OFFICIAL, idempotency_key="key-1")
    await fetch_value(own_url, "UPDATE idempotency_keys SET created_at = created_at - interval '7 days'")
    assert "idempotency-replayed" not in (await api.post(LIST_PATH, OFFICIAL, idempotency_key="key-1")).headers
    assert await count_officials(own_url) == 2
    assert "idempotency-replayed" in (await api.post(LIST_PATH, OFFICIAL, idempotency_key="key-1")).headers


MALFORMED_STRINGS = ['"k', '"', '"a"b"', '"a\\b"', '"k";A=1', '"k" x', '"k", "k"', '"kunci\u00e9"', '"a\tb"']
WRONG_CHARACTERS = ["", " ", '""', "x" * 256, f'"{"x" * 256}"', "kunci\u00e9", "a\tb"]


@pytest.mark.parametrize(
    ("keys", "detail"),
    [
        ([], None),
        *(([key], idempotency.NOT_A_STRING) for key in MALFORMED_STRINGS),
        *(([key], idempotency.WRONG_KEY_CHARACTERS) for key in WRONG_CHARACTERS),
        (["k", "l"], idempotency.SEVERAL_KEYS),
    ],
)
async def test_creation_without_a_valid_key_is_400(
    api: WriteClient, own_url: str, keys: list[str], detail: Text | None
) -> None:
    """The problem tells what a key may be."""
    headers = [(name.encode(), value.encode()) for name, value in api.headers.items()]
    headers += [(b"Idempotency-Key", key.encode()) for key in keys]
    response = await api.http.post(LIST_PATH, json=OFFICIAL, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_required")
    assert response.json()["detail"] == (detail or IdempotencyKeyRequired.remedy).en
    assert await count_officials(own_url) == 0


async def test_dry_run_does_not_use_the_key(api: WriteClient) -> None:
    key = uuid4().hex
    headers = {**api.headers, "Idempotency-Key": key}
    assert (await api.http.post(f"{LIST_PATH}?dry_run=true", json=OFFICIAL, headers=headers)).status_code == 200
    assert "idempotency-replayed" not in (await api.post(LIST_PATH, OFFICIAL, idempotency_key=key)).headers


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("k", '"k"'),
        ('"k"', "k"),
        ('"a\\"b\\\\c"', 'a"b\\c'),
        (f'"{"x" * 255}"', "x" * 255),
        ('"a b"', "a b"),
        ("'k'", "\"'k'\""),
        ('"k";a=1; b="x"', "k"),
        (' \t"k" ', "k\t"),
        ("k;a=1", '"k;a=1"'),
        ("1", '"1"'),
    ],
)
async def test_quoted_and_unquoted_key_are_one_key(api: WriteClient, own_url: str, key: str, other: str) -> None:
    first = await api.post(LIST_PATH, OFFICIAL, idempotency_key=key)
    repeated = await api.post(LIST_PATH, OFFICIAL, idempotency_key=other)
    assert (first.status_code, repeated.content) == (201, first.content)
    assert repeated.headers["idempotency-replayed"] == "true"
    assert await count_officials(own_url) == 1


async def test_key_that_a_proxy_repeats_is_one_key(api: WriteClient, own_url: str) -> None:
    headers = [*api.headers.items(), ("Idempotency-Key", "k"), ("Idempotency-Key", '"k"')]
    answers = [await api.http.post(LIST_PATH, json=OFFICIAL, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert await count_officials(own_url) == 1


async def test_quotes_within_a_key_are_part_of_it(api: WriteClient) -> None:
    assert (await api.post(LIST_PATH, OFFICIAL, idempotency_key='k"')).status_code == 201
    assert "idempotency-replayed" not in (await api.post(LIST_PATH, OFFICIAL, idempotency_key="k")).headers


async def test_import_takes_a_quoted_key(app: FastAPI, client: httpx.AsyncClient) -> None:
    importer = ImportClient.create(app, client)
    first = await importer.send("name\r\nSiti Contoh\r\n", CSV_TYPE, "officials", idempotency_key='"k"')
    again = await importer.send("name\r\nSiti Contoh\r\n", CSV_TYPE, "officials", idempotency_key="k")
    assert (first.status_code, again.headers["idempotency-replayed"]) == (200, "true")
