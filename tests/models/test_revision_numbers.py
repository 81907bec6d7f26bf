"""The revisions of a key are numbered from 1 without gaps, even after the object was deleted."""

import asyncio
from random import Random
from typing import Any

import asyncpg
import pytest

from tests.models import random_transactions
from tests.models.conftest import OpenConnection
from tests.models.test_cycles import wait_until_blocked
from tests.models.valid_rows import insert_row

SELECT_REVISIONS = (
    "SELECT revision, action FROM revisions WHERE resource = 'organizations' AND key = $1 ORDER BY revision"
)
SELECT_ROWS_WITH_NEWEST_REVISION = """
    SELECT code, o.revision AS number, object_content(to_jsonb(o), '{folded}') AS content,
        r.revision AS newest, r.after FROM organizations AS o
    LEFT JOIN LATERAL (
        SELECT * FROM revisions WHERE resource = 'organizations' AND key = code ORDER BY revision DESC LIMIT 1
    ) AS r ON true WHERE code LIKE 'walk%'"""
SELECT_REVISION_CHAINS = """
    SELECT key, array_agg(revision ORDER BY r.id) AS numbers, array_agg(before ORDER BY r.id) AS before,
        array_agg(after ORDER BY r.id) AS after, array_agg(stamp ORDER BY r.id) AS stamps
    FROM revisions AS r JOIN history.commits AS committed ON committed.id = commit
    WHERE resource = 'organizations' AND key LIKE 'walk%' GROUP BY key"""


async def fetch_revisions(db: asyncpg.Connection, code: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await db.fetch(SELECT_REVISIONS, code)]


async def fetch_number(db: asyncpg.Connection, code: str) -> int | None:
    revision: int | None = await db.fetchval("SELECT revision FROM organizations WHERE code = $1", code)
    return revision


async def delete_row(db: asyncpg.Connection, code: str) -> None:
    await db.execute("DELETE FROM organizations WHERE code = $1", code)


async def update_code(db: asyncpg.Connection, code: str, to: str) -> None:
    await db.execute("UPDATE organizations SET code = $2 WHERE code = $1", code, to)


async def test_recreated_object_continues_its_numbers(open_connection: OpenConnection) -> None:
    db = await open_connection()
    for turn in range(2):
        await insert_row(db, "organizations", code="back", revision=77)
        assert await fetch_number(db, "back") == 2 * turn + 1
        await delete_row(db, "back")
    assert await fetch_revisions(db, "back") == [(1, "created"), (2, "deleted"), (3, "created"), (4, "deleted")]


async def test_moved_object_continues_the_numbers_of_the_new_key(open_connection: OpenConnection) -> None:
    db = await open_connection()
    for code in ("movesa", "movesb"):
        await insert_row(db, "organizations", code=code)
    await delete_row(db, "movesa")
    await db.execute("UPDATE organizations SET name = 'M' WHERE code = 'movesb'")
    await update_code(db, "movesb", "movesa")
    assert await fetch_revisions(db, "movesa") == [(1, "created"), (2, "deleted"), (3, "created")]
    assert await fetch_revisions(db, "movesb") == [(1, "created"), (2, "updated"), (3, "deleted")]
    assert await fetch_number(db, "movesa") == 3


@pytest.mark.parametrize("cause", ["a new row", "another key"])
async def test_object_recreated_during_its_deletion_continues_its_numbers(
    open_connection: OpenConnection, cause: str
) -> None:
    first, second = await open_connection(), await open_connection()
    code, other = "race" + cause[-3:], "other" + cause[-3:]
    for existing in (code, other):
        await insert_row(first, "organizations", code=existing)
    transaction = first.transaction()
    await transaction.start()
    await delete_row(first, code)
    recreation = (
        insert_row(second, "organizations", code=code) if cause == "a new row" else update_code(second, other, code)
    )
    task = asyncio.create_task(recreation)
    await wait_until_blocked(first, second)
    await transaction.commit()
    await task
    assert await fetch_revisions(first, code) == [(1, "created"), (2, "deleted"), (3, "created")]


@pytest.mark.parametrize("seed", range(3))
async def test_random_rows_match_their_newest_revisions(open_connection: OpenConnection, seed: int) -> None:
    db, random = await open_connection(), Random(100 + seed)
    compared = 0
    for _ in range(40):
        await random_transactions.run_random_transaction(db, random)
        for row in await db.fetch(SELECT_ROWS_WITH_NEWEST_REVISION):
            assert (row["number"], row["content"]) == (row["newest"], row["after"])
            compared += 1
    assert compared > 20
    for chain in await db.fetch(SELECT_REVISION_CHAINS):
        assert chain["numbers"] == [*range(1, len(chain["numbers"]) + 1)]
        assert chain["before"] == [None, *chain["after"][:-1]]
        assert chain["stamps"] == sorted(set(chain["stamps"]))
