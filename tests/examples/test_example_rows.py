"""The example rows do not conflict with rows that the service creates."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from app.audit_chain import sealer, task
from app.settings import Settings
from tests import openapi
from tests.audit_chain.trails import INSERT_ROOT


async def seal_all_lines(connection: asyncpg.Connection) -> None:
    while not await connection.fetchval("SELECT EXISTS (SELECT FROM audit_seals)"):
        await sealer.seal_lines(connection)  # until no write that is older is under way in any test's database


@pytest_asyncio.fixture
async def sealer_connection(own_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the sealer, to a database with sealed audit lines, perhaps of a previous hour."""
    connection = await task.connect(Settings(DATABASE_URL=own_url))
    await seal_all_lines(connection)
    yield connection
    connection.terminate()


async def fetch_roots(connection: asyncpg.Connection) -> list[tuple[int, int]]:
    """Return the years and positions of the roots."""
    return [(row["hour"].year, row["position"]) for row in await connection.fetch("SELECT * FROM audit_roots")]


async def test_sealer_adds_no_root_to_the_example_root(own_url: str, sealer_connection: asyncpg.Connection) -> None:
    await openapi.insert_example_rows(own_url)
    assert await fetch_roots(sealer_connection) == [(2199, 1)]
    later = (
        "SELECT * FROM (SELECT max(hour) AS hour, max(position) AS position FROM audit_roots) AS root,"
        " list_due_roots(root.position, now(), root.position, root.hour, ARRAY[now()], now() + interval '2 h', true)"
    )
    assert await sealer_connection.fetch(later) == []


async def test_earlier_root_of_the_sealer_is_removed(own_url: str, sealer_connection: asyncpg.Connection) -> None:
    if not await fetch_roots(sealer_connection):
        last = "SELECT '2026-11-24T07:00Z'::timestamptz, position, hash FROM audit_seals ORDER BY position DESC LIMIT 1"
        ((hour, position, hash_),) = await sealer_connection.fetch(last)
        await sealer_connection.execute(INSERT_ROOT, hour, position, hash_)
    await openapi.insert_example_rows(own_url)
    assert await fetch_roots(sealer_connection) == [(2199, 1)]
