"""Revisions of an address are counted from 1, without a gap, as long as there is anything to tell of it."""

import asyncio
from random import Random
from typing import Any

import asyncpg
import pytest

from tests.models import random_transactions
from tests.models.conftest import Connect
from tests.models.test_cycles import waits
from tests.models.valid_rows import insert

OF = "SELECT revision, action FROM revisions WHERE resource = 'organizations' AND key = $1 ORDER BY revision"
HELD = """
    SELECT code, o.revision AS number, object_content(to_jsonb(o), '{folded}') AS content,
        r.revision AS newest, r.after FROM organizations AS o
    LEFT JOIN LATERAL (
        SELECT * FROM revisions WHERE resource = 'organizations' AND key = code ORDER BY revision DESC LIMIT 1
    ) AS r ON true WHERE code LIKE 'walk%'"""
CHAINS = """
    SELECT key, array_agg(revision ORDER BY r.id) AS numbers, array_agg(before ORDER BY r.id) AS before,
        array_agg(after ORDER BY r.id) AS after, array_agg(stamp ORDER BY r.id) AS stamps
    FROM revisions AS r JOIN history.commits AS one ON one.id = commit
    WHERE resource = 'organizations' AND key LIKE 'walk%' GROUP BY key"""


async def told(db: asyncpg.Connection, code: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await db.fetch(OF, code)]


async def number(db: asyncpg.Connection, code: str) -> int | None:
    found: int | None = await db.fetchval("SELECT revision FROM organizations WHERE code = $1", code)
    return found


async def delete(db: asyncpg.Connection, code: str) -> None:
    await db.execute("DELETE FROM organizations WHERE code = $1", code)


async def move(db: asyncpg.Connection, code: str, to: str) -> None:
    await db.execute("UPDATE organizations SET code = $2 WHERE code = $1", code, to)


async def test_what_comes_back_goes_on_counting(connect: Connect) -> None:
    db = await connect()
    for turn in range(2):
        await insert(db, "organizations", code="back", revision=77)
        assert await number(db, "back") == 2 * turn + 1
        await delete(db, "back")
    assert await told(db, "back") == [(1, "created"), (2, "deleted"), (3, "created"), (4, "deleted")]


async def test_another_address_goes_on_with_its_own_count(connect: Connect) -> None:
    db = await connect()
    for code in ("movesa", "movesb"):
        await insert(db, "organizations", code=code)
    await delete(db, "movesa")
    await db.execute("UPDATE organizations SET name = 'M' WHERE code = 'movesb'")
    await move(db, "movesb", "movesa")
    assert await told(db, "movesa") == [(1, "created"), (2, "deleted"), (3, "created")]
    assert await told(db, "movesb") == [(1, "created"), (2, "updated"), (3, "deleted")]
    assert await number(db, "movesa") == 3


@pytest.mark.parametrize("comes_by", ["a new row", "another key"])
async def test_what_comes_back_while_it_is_being_deleted(connect: Connect, comes_by: str) -> None:
    one, two = await connect(), await connect()
    code, other = "race" + comes_by[-3:], "other" + comes_by[-3:]
    for each in (code, other):
        await insert(one, "organizations", code=each)
    transaction = one.transaction()
    await transaction.start()
    await delete(one, code)
    comes = insert(two, "organizations", code=code) if comes_by == "a new row" else move(two, other, code)
    task = asyncio.create_task(comes)
    await waits(one, two)
    await transaction.commit()
    await task
    assert await told(one, code) == [(1, "created"), (2, "deleted"), (3, "created")]


@pytest.mark.parametrize("seed", range(3))
async def test_each_row_is_what_its_newest_revision_says(connect: Connect, seed: int) -> None:
    db, dice = await connect(), Random(100 + seed)
    seen = 0
    for _ in range(40):
        await random_transactions.step(db, dice)
        for row in await db.fetch(HELD):
            assert (row["number"], row["content"]) == (row["newest"], row["after"])
            seen += 1
    assert seen > 20
    for chain in await db.fetch(CHAINS):
        assert chain["numbers"] == [*range(1, len(chain["numbers"]) + 1)]
        assert chain["before"] == [None, *chain["after"][:-1]]
        assert chain["stamps"] == sorted(set(chain["stamps"]))
