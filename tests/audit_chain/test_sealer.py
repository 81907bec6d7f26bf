"""The sealer: concurrent writers, crashes, restored trails and its background task."""

import asyncio
import random

import asyncpg
import pytest

from app.audit_chain import maintenance, sealer, task
from app.core import telemetry
from app.settings import Settings
from tests.audit_chain.trails import INSERT_LINE, add_lines, fetch_chain, recompute_chain, seal_all, verify

WRITERS, TRANSACTIONS_PER_WRITER = 16, 25


async def write_randomly(url: str, seed: int) -> list[int]:
    """Insert lines in concurrent transactions, some of them rolled back; return the ids of the committed lines."""
    rng, committed = random.Random(seed), []
    connection = await asyncpg.connect(url)
    for _ in range(TRANSACTIONS_PER_WRITER):
        transaction = connection.transaction()
        await transaction.start()
        ids = []
        for _ in range(rng.randint(1, 3)):
            ids.append(await connection.fetchval(f"{INSERT_LINE} RETURNING id", "c", "s", "o", ["k"], "r", None))
            await asyncio.sleep(rng.random() * 0.01)
        if rng.random() < 0.25:
            await transaction.rollback()
        else:
            await transaction.commit()
            committed += ids
    await connection.close()
    return committed


async def test_concurrent_writers_make_one_chain_without_defects(
    database_url: str, owner: asyncpg.Connection, sealer_connection: asyncpg.Connection
) -> None:
    is_over, sealed_batches, verifications = False, 0, 0

    async def seal() -> None:
        nonlocal sealed_batches
        connection = await task.connect(Settings(DATABASE_URL=database_url))
        while not is_over:
            sealed_batches += bool(await sealer.seal_lines(connection))
            await asyncio.sleep(0.001)
        await connection.close()

    async def verify_repeatedly() -> None:
        nonlocal verifications
        while not is_over:
            assert (await verify(owner)).defects == []
            verifications += 1

    others = [asyncio.create_task(work) for work in (seal(), seal(), verify_repeatedly())]
    committed: list[int] = []
    async with asyncio.timeout(120):
        while min(sealed_batches, verifications) < 2:  # transactions of other tests may delay the sealers
            for ids in await asyncio.gather(*(write_randomly(database_url, n) for n in range(WRITERS))):
                committed += ids
    is_over = True
    await asyncio.gather(*others)
    await seal_all(sealer_connection, len(committed) - len(await fetch_chain(owner)))
    chain = await fetch_chain(owner)
    assert sorted(line for line, _ in chain) == sorted(committed)
    assert [line for line, _ in chain] != sorted(committed)  # the transactions did overlap
    assert chain == await recompute_chain(owner)
    assert await verify(owner) == (len(committed), 0, 0, 0, [])


async def test_line_is_not_sealed_before_older_transactions_end(
    database_url: str, owner: asyncpg.Connection, sealer_connection: asyncpg.Connection
) -> None:
    older = await asyncpg.connect(database_url)
    async with older.transaction():
        await older.execute(INSERT_LINE, None, None, "older", [], None, None)
        await add_lines(owner, 3)
        assert await sealer.seal_lines(sealer_connection) == 0
        assert await verify(owner) == (0, 3, 0, 0, [])
    await older.close()
    await seal_all(sealer_connection, 4)
    assert [line for line, _ in await fetch_chain(owner)] == [1, 2, 3, 4]


async def test_only_one_sealer_runs_at_a_time(
    owner: asyncpg.Connection, database_url: str, sealer_connection: asyncpg.Connection
) -> None:
    await add_lines(owner, 2)
    await owner.fetchval("SELECT pg_advisory_lock(sealing_lock_key())")
    assert await sealer.seal_lines(sealer_connection) is None
    assert await maintenance.seal_trail(Settings(DATABASE_URL=database_url)) is None
    await owner.fetchval("SELECT pg_advisory_unlock(sealing_lock_key())")
    await seal_all(sealer_connection, 2)
    assert await sealer.seal_lines(sealer_connection) == 0


async def test_hashes_match_the_documentation(owner: asyncpg.Connection, sealer_connection: asyncpg.Connection) -> None:
    await add_lines(owner, 13)
    await owner.execute("INSERT INTO audit_lines (at, operation, keys) VALUES ('2026-01-01 07:00+07', 'whole', '{}')")
    await seal_all(sealer_connection, 14)
    assert await fetch_chain(owner) == await recompute_chain(owner)


def set_batch_size(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(sealer, "MAX_LINES_PER_TRANSACTION", number)


async def test_chain_continues_after_a_crash(
    owner: asyncpg.Connection, sealer_connection: asyncpg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is lost within the third batch, after its seals are written."""
    await add_lines(owner, 23)
    set_batch_size(monkeypatch, 5)
    crashing = await task.connect(Settings(DATABASE_URL=database_url))
    for _ in range(2):
        async with asyncio.timeout(60):
            while not await crashing.fetchval(sealer.SEAL_LINES, 5, True):
                await asyncio.sleep(0.01)
    await crashing.execute("BEGIN")
    assert await crashing.fetchval(sealer.SEAL_LINES, 5, True) == 5
    assert await sealer.seal_lines(sealer_connection) is None
    crashing.terminate()
    assert len(await fetch_chain(owner)) == 10
    async with asyncio.timeout(60):
        while await sealer.seal_lines(sealer_connection) is None:  # until the server has noticed
            await asyncio.sleep(0.01)
    await seal_all(sealer_connection, 23 - len(await fetch_chain(owner)))
    assert await verify(owner) == (23, 0, 0, 0, [])


@pytest.mark.parametrize("batch", [2, 1000])
async def test_chain_continues_in_another_cluster(
    owner: asyncpg.Connection, sealer_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """After a restore, its lines have transaction ids that the new cluster has not reached."""
    set_batch_size(monkeypatch, batch)

    def insert_restored(xids: str) -> str:
        return f"INSERT INTO audit_lines (xid, operation, keys) SELECT x::text::xid8, 'old', '{{}}' FROM {xids} AS x"

    await owner.execute(insert_restored("generate_series(9000000003, 9000000001, -1)"))
    await seal_all(sealer_connection, 3)
    await owner.execute(insert_restored("generate_series(9000000009, 9000000005, -1)"))  # restored unsealed: ids 4 to 8
    await add_lines(owner, 3)
    assert (await verify(owner)).defects == []
    await seal_all(sealer_connection, 8)
    await add_lines(owner, 3)
    assert (await verify(owner)).defects == []
    await seal_all(sealer_connection, 3)
    assert [line for line, _ in await fetch_chain(owner)] == [3, 2, 1, 8, 7, 6, 5, 4, 9, 10, 11, 12, 13, 14]
    assert await verify(owner) == (14, 0, 0, 0, [])


async def test_lines_with_xids_below_a_restored_one_are_sealed(
    owner: asyncpg.Connection, sealer_connection: asyncpg.Connection
) -> None:
    """After a restore, the new cluster passes the old transaction id before a sealer runs."""
    now = int(await owner.fetchval("SELECT pg_current_xact_id()::text"))
    await owner.execute(
        "INSERT INTO audit_lines (xid, operation, keys) VALUES ($1::text::xid8, 'old', '{}')", str(now + 1000)
    )
    await seal_all(sealer_connection, 1)
    await add_lines(owner, 3)
    for _ in range(1000):
        await owner.fetchval("SELECT pg_current_xact_id()")
    await seal_all(sealer_connection, 3)
    assert sorted(line for line, _ in await fetch_chain(owner)) == [1, 2, 3, 4]
    assert (await verify(owner)).defects == []


class TestTask:
    async def test_seals_in_the_background(self, owner: asyncpg.Connection, database_url: str) -> None:
        async with task.run_sealer(Settings(DATABASE_URL=database_url)):
            await add_lines(owner, 2)
            async with asyncio.timeout(20):
                while await owner.fetchval("SELECT count(*) FROM audit_seals") < 2:
                    await asyncio.sleep(0.05)

    async def test_logs_an_error_and_continues(
        self, owner: asyncpg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(task, "RETRY_SECONDS", 0.05)
        monkeypatch.setattr(task, "SEAL_INTERVAL_SECONDS", 0.05)
        causes: list[str] = []
        monkeypatch.setattr(telemetry.log, "warning", lambda event, cause: causes.append(cause), raising=False)
        kill = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'rakornas sealer'"
        )
        here = f"{kill} AND datname = current_database()"
        async with task.run_sealer(Settings(DATABASE_URL=database_url)), asyncio.timeout(20):
            while not causes:
                await owner.fetchval(here)
                await asyncio.sleep(0.05)
            await add_lines(owner, 2)
            while await owner.fetchval("SELECT count(*) FROM audit_seals") < 2:
                await asyncio.sleep(0.05)

    async def test_leaves_no_task_behind(self, owner: asyncpg.Connection, database_url: str) -> None:
        before = asyncio.all_tasks()
        async with task.run_sealer(Settings(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")):
            await asyncio.sleep(0.1)
        async with task.run_sealer(Settings(DATABASE_URL=database_url)):
            pass
        assert asyncio.all_tasks() <= before
