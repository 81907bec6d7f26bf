"""The stamps of commits are in the order of the commits, independently of writers and of the machine's clock."""

import asyncio
from random import Random

import asyncpg
import pytest

from tests.models.conftest import OpenConnection
from tests.models.valid_rows import insert_row

WRITER_COUNT, TRANSACTIONS_PER_WRITER = 8, 6
SELECT_STAMPS = """
    SELECT stamp, code FROM history.organizations_rows JOIN history.commits AS committed ON committed.id = added_by
    WHERE code LIKE $1 ORDER BY stamp, code"""


async def commit_rows(connection: asyncpg.Connection, writer: int) -> None:
    """Commit rows in several transactions; in some the stamp is taken well before the commit."""
    random = Random(writer)
    for number in range(TRANSACTIONS_PER_WRITER):
        async with connection.transaction():
            await insert_row(connection, "organizations", code=f"stamped{writer}of{number}", kind="agency")
            await asyncio.sleep(random.random() / 50)
            if random.random() < 0.5:
                await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
                await asyncio.sleep(random.random() / 50)


async def collect_visible_codes(connection: asyncpg.Connection, until: "asyncio.Future[list[None]]") -> list[list[str]]:
    """Return the lists of codes that were visible, one after the other."""
    seen: list[list[str]] = []
    while not until.done():
        codes = [row["code"] for row in await connection.fetch(SELECT_STAMPS, "stamped%")]
        if not seen or codes != seen[-1]:
            seen.append(codes)
    return seen


async def test_visible_stamp_implies_all_earlier_stamps(open_connection: OpenConnection) -> None:
    observer = await open_connection()
    writers = [await open_connection() for _ in range(WRITER_COUNT)]
    writes = asyncio.gather(*(commit_rows(connection, number) for number, connection in enumerate(writers)))
    seen = await collect_visible_codes(observer, writes)
    await writes
    stamps = await observer.fetch(SELECT_STAMPS, "stamped%")
    all_codes = [row["code"] for row in stamps]
    assert len({row["stamp"] for row in stamps}) == len(all_codes) == WRITER_COUNT * TRANSACTIONS_PER_WRITER
    assert len(seen) > TRANSACTIONS_PER_WRITER
    for codes in seen:
        assert codes == all_codes[: len(codes)]


@pytest.mark.parametrize("offset", ["1 hour", "0"])
async def test_stamp_is_later_than_the_previous_one_even_if_the_clock_is_set_back(
    open_connection: OpenConnection, offset: str
) -> None:
    connection = await open_connection()
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(f"UPDATE history.clock SET stamp = clock_timestamp() + interval '{offset}'")
    before = await connection.fetchval("SELECT stamp FROM history.clock")
    await insert_row(connection, "organizations", code="later", kind="agency")
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    stamp = await connection.fetchval(SELECT_STAMPS, "later")
    assert stamp == await connection.fetchval("SELECT stamp FROM history.clock")
    assert stamp > before
    if offset == "0":
        assert await connection.fetchval("SELECT clock_timestamp() - $1 BETWEEN '0' AND '1 minute'", stamp)
    await transaction.rollback()


async def test_all_rows_of_a_transaction_have_one_stamp(open_connection: OpenConnection) -> None:
    connection = await open_connection()
    async with connection.transaction():
        for code in ("oncea", "onceb"):
            await insert_row(connection, "organizations", code=code, kind="agency")
            await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            await connection.execute("SET CONSTRAINTS ALL DEFERRED")
    first, second = await connection.fetch(SELECT_STAMPS, "once%")
    assert first["stamp"] == second["stamp"]
    assert await connection.fetchval("SELECT count(DISTINCT commit) FROM revisions WHERE key LIKE 'once%'") == 1


async def test_next_transaction_of_a_connection_has_a_new_stamp(open_connection: OpenConnection) -> None:
    """The commit id that a transaction stores in a setting ends with it."""
    connection = await open_connection()
    for code in ("nexta", "nextb"):
        await insert_row(connection, "organizations", code=code, kind="agency")
    first, second = await connection.fetch(SELECT_STAMPS, "next%")
    assert (first["code"], second["code"]) == ("nexta", "nextb")
    assert first["stamp"] < second["stamp"]
