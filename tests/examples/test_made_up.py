"""What is put beside the reference data for the examples does not collide with what the service makes by itself."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest_asyncio

from app.sealing import sealer, task
from app.settings import Settings
from tests import openapi


@pytest_asyncio.fixture
async def sealing(own_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The sealer's connection, and a line that is sealed."""
    connection = await task.connect(Settings(DATABASE_URL=own_url))
    await connection.execute("INSERT INTO audit_lines (operation, keys) VALUES ('rakornas load', '{}')")
    while not await connection.fetchval("SELECT EXISTS (SELECT FROM audit_seals)"):
        await sealer.seal(connection)  # until no write that is older is under way in any test's database
    yield connection
    connection.terminate()


async def roots_of(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM audit_roots"))


async def test_at_the_full_hour_the_sealer_adds_no_root_to_the_one_in_the_example(
    own_url: str, sealing: asyncpg.Connection
) -> None:
    await openapi.make_up(own_url)
    assert await roots_of(sealing) == 1
    state = dict(await sealing.fetchrow(sealer.STATE) or {})
    later = {**state, "this_hour": state["this_hour"] + timedelta(hours=2)}
    assert sealer.roots(later, [state["this_hour"]], [b""], all_sealed=True) == []


async def test_where_the_sealer_has_added_its_root_already_that_one_is_shown(
    own_url: str, sealing: asyncpg.Connection
) -> None:
    root = await sealing.fetchrow("SELECT date_trunc('hour', now(), 'UTC') - interval '1 hour', hash FROM audit_seals")
    assert root
    await sealing.execute(sealer.ADD_ROOT, root[0], 1, root[1])
    await openapi.make_up(own_url)
    assert await roots_of(sealing) == 1
