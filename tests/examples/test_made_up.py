"""What is put beside the reference data for the examples does not collide with what the service makes by itself."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest_asyncio

from app.audit_chain import sealer, task
from app.settings import Settings
from tests import openapi


async def seal(connection: asyncpg.Connection) -> None:
    while not await connection.fetchval("SELECT EXISTS (SELECT FROM audit_seals)"):
        await sealer.seal_lines(connection)  # until no write that is older is under way in any test's database


@pytest_asyncio.fixture
async def sealing(own_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The sealer's connection, and lines that are sealed: those of the load, perhaps of an hour that is over."""
    connection = await task.connect(Settings(DATABASE_URL=own_url))
    await seal(connection)
    yield connection
    connection.terminate()


async def roots_of(connection: asyncpg.Connection) -> list[tuple[int, int]]:
    """Their years and positions."""
    return [(row["hour"].year, row["position"]) for row in await connection.fetch("SELECT * FROM audit_roots")]


async def test_at_the_full_hour_the_sealer_adds_no_root_to_the_one_in_the_example(
    own_url: str, sealing: asyncpg.Connection
) -> None:
    await openapi.insert_example_rows(own_url)
    assert await roots_of(sealing) == [(2199, 1)]
    state = dict(await sealing.fetchrow(sealer.SELECT_CHAIN_STATE) or {})
    later = {**state, "this_hour": state["this_hour"] + timedelta(hours=2)}
    assert sealer.list_due_roots(later, [state["this_hour"]], [b""], all_sealed=True) == []


async def test_a_root_that_the_sealer_has_added_before_is_not_shown(own_url: str, sealing: asyncpg.Connection) -> None:
    if not await roots_of(sealing):
        last = "SELECT '2026-11-24T07:00Z'::timestamptz, position, hash FROM audit_seals ORDER BY position DESC LIMIT 1"
        ((hour, position, hash_),) = await sealing.fetch(last)
        await sealing.execute(sealer.INSERT_ROOT, hour, position, hash_)
    await openapi.insert_example_rows(own_url)
    assert await roots_of(sealing) == [(2199, 1)]
