"""A restricted roll, read by whoever may: with what is personal, and a line in the audit trail that says so."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest_asyncio
import structlog
from fastapi import FastAPI

from app.auth import Scope
from tests.attendance import synthetic_rolls
from tests.callers import bearer_headers
from tests.conftest import client_of, fetch

CLOSED = "/v1/meetings/closed/attendance"
LINES = (
    "SELECT client, scope, operation, keys, request_id, purpose FROM audit_lines WHERE operation <> 'load' ORDER BY id"
)
ALL = [f"participants/{row['id']}" for row in synthetic_rolls.RESTRICTED]


@pytest_asyncio.fixture
async def app(own_app: FastAPI, own_url: str) -> FastAPI:
    await synthetic_rolls.insert_rolls(own_url, mixed=False)
    return own_app


@pytest_asyncio.fixture
async def reader(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        client.headers.update(bearer_headers(app, Scope.ATTENDANCE_READ, client_id="kemendagri"))
        yield client


async def lines(url: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(LINES)]
    finally:
        await connection.close()


async def test_it_is_shown_and_nobody_keeps_it(reader: httpx.AsyncClient) -> None:
    answer = await reader.get(CLOSED)
    told = [(item["status"], item["note"]) for item in answer.json()["items"]]
    assert told == [(row["status"], row.get("note")) for row in synthetic_rolls.RESTRICTED]
    assert "sick" in dict(told)
    assert answer.headers["cache-control"] == "no-store"
    assert "Authorization" in answer.headers["vary"]


async def test_a_line_says_who_was_shown_to_whom_and_what_for(reader: httpx.AsyncClient, own_url: str) -> None:
    purpose = "akreditasi, pintu “A”"
    headers = {b"X-Request-Id": b"r-1", b"X-Purpose": purpose.encode()}
    assert (await reader.get(CLOSED, headers=headers)).status_code == 200
    assert await lines(own_url) == [
        ("kemendagri", "attendance:read", "list_attendance", ["meetings/closed/attendance", *ALL], "r-1", purpose)
    ]


async def test_whoever_is_not_shown_is_not_named(reader: httpx.AsyncClient, own_url: str) -> None:
    """Of a page and of members without an id too, just those that stand in it."""
    answer = await reader.get(f"{CLOSED}?page_size=1&fields=status")
    assert [list(item) for item in answer.json()["items"]] == [["status"]]
    await reader.get(answer.links["next"]["url"])
    assert [line[3] for line in await lines(own_url)] == [["meetings/closed/attendance", one] for one in ALL[:2]]


async def test_one_that_has_the_bytes_already_leaves_a_line_too(reader: httpx.AsyncClient, own_url: str) -> None:
    tag = (await reader.get(CLOSED)).headers["etag"]
    assert (await reader.get(CLOSED, headers={"If-None-Match": tag})).status_code == 304
    assert len(await lines(own_url)) == 2


async def test_a_stranger_leaves_none(reader: httpx.AsyncClient, own_url: str) -> None:
    del reader.headers["Authorization"]
    assert (await reader.get(CLOSED)).status_code == 401
    assert (await reader.get("/v1/meetings/mixed/attendance")).status_code == 200
    assert await lines(own_url) == []


async def test_without_a_line_it_is_not_shown(reader: httpx.AsyncClient, own_url: str) -> None:
    await fetch(own_url, "ALTER TABLE audit_lines ADD CHECK (operation <> 'list_attendance')")
    with structlog.testing.capture_logs():  # of the fault it would write pages to the terminal
        answer = await reader.get(CLOSED)
    assert answer.status_code == 500
    assert "Rahasia" not in answer.text
