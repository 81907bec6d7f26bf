"""Stamps of commits stand in the order of the commits, whatever the writers and the machine's clock do."""

import asyncio
from random import Random

import asyncpg
import pytest

from tests.models.conftest import Connect
from tests.models.valid_rows import insert

WRITERS, ROUNDS = 8, 6
STAMPS = """
    SELECT stamp, code FROM history.organizations_rows JOIN history.commits AS one ON one.id = added_by
    WHERE code LIKE $1 ORDER BY stamp, code"""


async def write(connection: asyncpg.Connection, writer: int) -> None:
    """Now and then the stamp is taken well before the commit."""
    dice = Random(writer)
    for number in range(ROUNDS):
        async with connection.transaction():
            await insert(connection, "organizations", code=f"stamped{writer}of{number}", kind="agency")
            await asyncio.sleep(dice.random() / 50)
            if dice.random() < 0.5:
                await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
                await asyncio.sleep(dice.random() / 50)


async def watch(connection: asyncpg.Connection, until: "asyncio.Future[list[None]]") -> list[list[str]]:
    """What could be seen, again and again."""
    seen: list[list[str]] = []
    while not until.done():
        found = [row["code"] for row in await connection.fetch(STAMPS, "stamped%")]
        if not seen or found != seen[-1]:
            seen.append(found)
    return seen


async def test_whoever_sees_a_stamp_sees_all_before_it(connect: Connect) -> None:
    watching = await connect()
    writers = [await connect() for _ in range(WRITERS)]
    writing = asyncio.gather(*(write(connection, number) for number, connection in enumerate(writers)))
    seen = await watch(watching, writing)
    await writing
    stamps = await watching.fetch(STAMPS, "stamped%")
    whole = [row["code"] for row in stamps]
    assert len({row["stamp"] for row in stamps}) == len(whole) == WRITERS * ROUNDS
    assert len(seen) > ROUNDS
    for found in seen:
        assert found == whole[: len(found)]


@pytest.mark.parametrize("ahead", ["1 hour", "0"])
async def test_a_stamp_is_later_than_the_one_before_also_where_the_clock_was_put_back(
    connect: Connect, ahead: str
) -> None:
    connection = await connect()
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(f"UPDATE history.clock SET stamp = clock_timestamp() + interval '{ahead}'")
    before = await connection.fetchval("SELECT stamp FROM history.clock")
    await insert(connection, "organizations", code="later", kind="agency")
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    kept = await connection.fetchval(STAMPS, "later")
    assert kept == await connection.fetchval("SELECT stamp FROM history.clock")
    assert kept > before
    if ahead == "0":
        assert await connection.fetchval("SELECT clock_timestamp() - $1 BETWEEN '0' AND '1 minute'", kept)
    await transaction.rollback()


async def test_one_transaction_has_one_stamp(connect: Connect) -> None:
    connection = await connect()
    async with connection.transaction():
        for code in ("oncea", "onceb"):
            await insert(connection, "organizations", code=code, kind="agency")
            await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            await connection.execute("SET CONSTRAINTS ALL DEFERRED")
    one, two = await connection.fetch(STAMPS, "once%")
    assert one["stamp"] == two["stamp"]
    assert await connection.fetchval("SELECT count(DISTINCT commit) FROM revisions WHERE key LIKE 'once%'") == 1


async def test_the_next_transaction_of_a_connection_has_the_next(connect: Connect) -> None:
    """What a transaction remembers of its stamp goes with it."""
    connection = await connect()
    for code in ("nexta", "nextb"):
        await insert(connection, "organizations", code=code, kind="agency")
    one, two = await connection.fetch(STAMPS, "next%")
    assert (one["code"], two["code"]) == ("nexta", "nextb")
    assert one["stamp"] < two["stamp"]
