"""What the sealer makes of lines, whoever writes them and whatever happens to it."""

import asyncio
import random

import asyncpg
import pytest

from app.audit_chain import maintenance, sealer, task
from app.core import telemetry
from app.settings import Settings
from tests.audit_chain.trails import INSERT_LINE, add_lines, fetch_chain, recompute_chain, seal_all, verify

WRITERS, EACH = 16, 25


async def write(url: str, seed: int) -> list[int]:
    """Transactions that overlap with others' and end in any order, some rolled back; returns what was committed."""
    chance, committed = random.Random(seed), []
    connection = await asyncpg.connect(url)
    for _ in range(EACH):
        transaction = connection.transaction()
        await transaction.start()
        ids = []
        for _ in range(chance.randint(1, 3)):
            ids.append(await connection.fetchval(f"{INSERT_LINE} RETURNING id", "c", "s", "o", ["k"], "r", None))
            await asyncio.sleep(chance.random() * 0.01)
        if chance.random() < 0.25:
            await transaction.rollback()
        else:
            await transaction.commit()
            committed += ids
    await connection.close()
    return committed


async def test_sixteen_writers_make_one_chain_and_no_false_alarm(
    database_url: str, owner: asyncpg.Connection, sealing: asyncpg.Connection
) -> None:
    over, turns, looks = False, 0, 0

    async def seal() -> None:
        nonlocal turns
        connection = await task.connect(Settings(DATABASE_URL=database_url))
        while not over:
            turns += bool(await sealer.seal_lines(connection))
            await asyncio.sleep(0.001)
        await connection.close()

    async def look() -> None:
        nonlocal looks
        while not over:
            assert (await verify(owner)).defects == []
            looks += 1

    others = [asyncio.create_task(one) for one in (seal(), seal(), look())]
    committed: list[int] = []
    async with asyncio.timeout(120):
        while min(turns, looks) < 2:  # a transaction of another test, on the same server, may hold the sealers up
            for ids in await asyncio.gather(*(write(database_url, n) for n in range(WRITERS))):
                committed += ids
    over = True
    await asyncio.gather(*others)
    await seal_all(sealing, len(committed) - len(await fetch_chain(owner)))
    chain = await fetch_chain(owner)
    assert sorted(line for line, _ in chain) == sorted(committed)
    assert [line for line, _ in chain] != sorted(committed)  # they did overlap
    assert chain == await recompute_chain(owner)
    assert await verify(owner) == (len(committed), 0, 0, 0, [])


async def test_a_line_waits_for_older_transactions(
    database_url: str, owner: asyncpg.Connection, sealing: asyncpg.Connection
) -> None:
    older = await asyncpg.connect(database_url)
    async with older.transaction():
        await older.execute(INSERT_LINE, None, None, "older", [], None, None)
        await add_lines(owner, 3)
        assert await sealer.seal_lines(sealing) == 0
        assert await verify(owner) == (0, 3, 0, 0, [])
    await older.close()
    await seal_all(sealing, 4)
    assert [line for line, _ in await fetch_chain(owner)] == [1, 2, 3, 4]


async def test_of_two_one_seals(owner: asyncpg.Connection, database_url: str, sealing: asyncpg.Connection) -> None:
    await add_lines(owner, 2)
    await owner.fetchval("SELECT pg_advisory_lock(sealing_lock_key())")
    assert await sealer.seal_lines(sealing) is None
    assert await maintenance.seal_trail(Settings(DATABASE_URL=database_url)) is None
    await owner.fetchval("SELECT pg_advisory_unlock(sealing_lock_key())")
    await seal_all(sealing, 2)
    assert await sealer.seal_lines(sealing) == 0


async def test_the_bytes_of_a_line_are_those_that_are_documented(
    owner: asyncpg.Connection, sealing: asyncpg.Connection
) -> None:
    await add_lines(owner, 13)
    await owner.execute("INSERT INTO audit_lines (at, operation, keys) VALUES ('2026-01-01 07:00+07', 'whole', '{}')")
    await seal_all(sealing, 14)
    assert await fetch_chain(owner) == await recompute_chain(owner)


def in_batches_of(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    for name in ("SELECT_NEXT_LINES", "SELECT_LINES_AFTER_RESTORE", "SELECT_RESTORED_LINES"):
        monkeypatch.setattr(sealer, name, getattr(sealer, name).replace("LIMIT 1000", f"LIMIT {number}"))
    monkeypatch.setattr(sealer, "MAX_LINES_PER_TRANSACTION", number)


async def test_a_crash_leaves_a_chain_that_goes_on(
    owner: asyncpg.Connection, sealing: asyncpg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_lines(owner, 23)
    in_batches_of(monkeypatch, 5)

    def dying(state: asyncpg.Record, *_: object, **__: object) -> list[sealer.Root]:
        if state["position"] == 10:
            raise ConnectionError
        return []

    crashing = await task.connect(Settings(DATABASE_URL=database_url))
    with monkeypatch.context() as patch:
        patch.setattr(sealer, "list_due_roots", dying)
        with pytest.raises(ConnectionError):
            await seal_all(crashing, 23)
    crashing.terminate()
    assert len(await fetch_chain(owner)) == 10
    await seal_all(sealing, 13)
    assert await verify(owner) == (23, 0, 0, 0, [])


@pytest.mark.parametrize("batch", [2, 1000])
async def test_a_trail_goes_on_in_another_cluster(
    owner: asyncpg.Connection, sealing: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """A restored one: its transactions had numbers that this cluster has yet to come to."""
    in_batches_of(monkeypatch, batch)

    def old(xids: str) -> str:
        return f"INSERT INTO audit_lines (xid, operation, keys) SELECT x::text::xid8, 'old', '{{}}' FROM {xids} AS x"

    await owner.execute(old("generate_series(9000000003, 9000000001, -1)"))
    await seal_all(sealing, 3)
    await owner.execute(old("generate_series(9000000009, 9000000005, -1)"))  # came along unsealed: ids 4 to 8
    await add_lines(owner, 3)
    assert (await verify(owner)).defects == []
    await seal_all(sealing, 8)
    await add_lines(owner, 3)
    assert (await verify(owner)).defects == []
    await seal_all(sealing, 3)
    assert [line for line, _ in await fetch_chain(owner)] == [3, 2, 1, 8, 7, 6, 5, 4, 9, 10, 11, 12, 13, 14]
    assert await verify(owner) == (14, 0, 0, 0, [])


async def test_lines_made_before_the_newest_seals_number_is_come_to_are_sealed_too(
    owner: asyncpg.Connection, sealing: asyncpg.Connection
) -> None:
    """A restored trail again, whose cluster passed the old number before any sealer looked."""
    now = int(await owner.fetchval("SELECT pg_current_xact_id()::text"))
    await owner.execute(
        "INSERT INTO audit_lines (xid, operation, keys) VALUES ($1::text::xid8, 'old', '{}')", str(now + 1000)
    )
    await seal_all(sealing, 1)
    await add_lines(owner, 3)
    for _ in range(1000):
        await owner.fetchval("SELECT pg_current_xact_id()")
    await seal_all(sealing, 3)
    assert sorted(line for line, _ in await fetch_chain(owner)) == [1, 2, 3, 4]
    assert (await verify(owner)).defects == []


class TestTask:
    async def test_lines_are_sealed_by_themselves(self, owner: asyncpg.Connection, database_url: str) -> None:
        async with task.run_sealer(Settings(DATABASE_URL=database_url)):
            await add_lines(owner, 2)
            async with asyncio.timeout(20):
                while await owner.fetchval("SELECT count(*) FROM audit_seals") < 2:
                    await asyncio.sleep(0.05)

    async def test_a_fault_is_told_and_outlived(
        self, owner: asyncpg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(task, "RETRY_SECONDS", 0.05)
        monkeypatch.setattr(task, "SEAL_INTERVAL_SECONDS", 0.05)
        told: list[str] = []
        monkeypatch.setattr(telemetry.log, "warning", lambda event, cause: told.append(cause), raising=False)
        kill = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'rakornas sealer'"
        )
        here = f"{kill} AND datname = current_database()"
        async with task.run_sealer(Settings(DATABASE_URL=database_url)), asyncio.timeout(20):
            while not told:
                await owner.fetchval(here)
                await asyncio.sleep(0.05)
            await add_lines(owner, 2)
            while await owner.fetchval("SELECT count(*) FROM audit_seals") < 2:
                await asyncio.sleep(0.05)

    async def test_nothing_is_left_when_it_ends(self, owner: asyncpg.Connection, database_url: str) -> None:
        before = asyncio.all_tasks()
        async with task.run_sealer(Settings(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")):
            await asyncio.sleep(0.1)
        async with task.run_sealer(Settings(DATABASE_URL=database_url)):
            pass
        assert asyncio.all_tasks() <= before
