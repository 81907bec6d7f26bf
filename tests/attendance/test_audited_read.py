"""Audited reads: a caller with `attendance:read` gets a roll in full, and each read adds a line to the audit trail."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest_asyncio
import structlog
from fastapi import FastAPI

from app.auth import Scope
from tests.attendance import synthetic_rolls
from tests.callers import bearer_headers
from tests.conftest import connect_client, fetch_value

RESTRICTED_ROLL = "/v1/meetings/closed/attendance"
SELECT_AUDIT_LINES = (
    "SELECT client, scope, operation, keys, request_id, text FROM audit_lines LEFT JOIN audit_texts ON line = id"
    " WHERE operation <> 'load' ORDER BY id"
)
ALL_AUDIT_KEYS = [f"participants/{row['id']}" for row in synthetic_rolls.RESTRICTED]


@pytest_asyncio.fixture
async def app(own_app: FastAPI, own_url: str) -> FastAPI:
    await synthetic_rolls.insert_rolls(own_url, mixed=False)
    return own_app


@pytest_asyncio.fixture
async def reader(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        client.headers.update(bearer_headers(app, Scope.ATTENDANCE_READ, client_id="kemendagri"))
        yield client


async def fetch_audit_lines(url: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(SELECT_AUDIT_LINES)]
    finally:
        await connection.close()


async def test_full_roll_is_shown_and_not_cacheable(reader: httpx.AsyncClient) -> None:
    response = await reader.get(RESTRICTED_ROLL)
    statuses_and_notes = [(item["status"], item["note"]) for item in response.json()["items"]]
    assert statuses_and_notes == [(row["status"], row.get("note")) for row in synthetic_rolls.RESTRICTED]
    assert "sick" in dict(statuses_and_notes)
    assert response.headers["cache-control"] == "no-store"
    assert "Authorization" in response.headers["vary"]


async def test_audit_line_names_client_participants_and_purpose(reader: httpx.AsyncClient, own_url: str) -> None:
    purpose = "akreditasi, pintu “A”"
    headers = {b"X-Request-Id": b"r-1", b"X-Purpose": purpose.encode()}
    assert (await reader.get(RESTRICTED_ROLL, headers=headers)).status_code == 200
    keys = ["meetings/closed/attendance", *ALL_AUDIT_KEYS]
    line = ("kemendagri", "attendance:read", "list_attendance", keys, "r-1", purpose)
    assert await fetch_audit_lines(own_url) == [line]


async def test_audit_line_names_only_participants_on_the_page(reader: httpx.AsyncClient, own_url: str) -> None:
    """Also if the page shows no ids."""
    response = await reader.get(f"{RESTRICTED_ROLL}?page_size=1&fields=status")
    assert [list(item) for item in response.json()["items"]] == [["status"]]
    await reader.get(response.links["next"]["url"])
    assert [line[3] for line in await fetch_audit_lines(own_url)] == [
        ["meetings/closed/attendance", key] for key in ALL_AUDIT_KEYS[:2]
    ]


async def test_304_response_is_audited_too(reader: httpx.AsyncClient, own_url: str) -> None:
    tag = (await reader.get(RESTRICTED_ROLL)).headers["etag"]
    assert (await reader.get(RESTRICTED_ROLL, headers={"If-None-Match": tag})).status_code == 304
    assert len(await fetch_audit_lines(own_url)) == 2


async def test_unauthenticated_request_is_not_audited(reader: httpx.AsyncClient, own_url: str) -> None:
    del reader.headers["Authorization"]
    assert (await reader.get(RESTRICTED_ROLL)).status_code == 401
    assert (await reader.get("/v1/meetings/mixed/attendance")).status_code == 200
    assert await fetch_audit_lines(own_url) == []


async def test_nothing_is_shown_if_the_audit_line_fails(reader: httpx.AsyncClient, own_url: str) -> None:
    await fetch_value(own_url, "ALTER TABLE audit_lines ADD CHECK (operation <> 'list_attendance')")
    with structlog.testing.capture_logs():  # keeps the traceback off the terminal
        response = await reader.get(RESTRICTED_ROLL)
    assert response.status_code == 500
    assert "Rahasia" not in response.text
