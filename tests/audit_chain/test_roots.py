"""A root is added for each hour that is over, and hours increase with positions."""

from datetime import UTC, datetime
from typing import NamedTuple

import asyncpg
import pytest

from app.audit_chain import sealer
from app.audit_chain.sealer import Root
from tests.audit_chain.trails import fetch_chain, seal_all

LIST_DUE_ROOTS = "SELECT due_hour, due_position FROM list_due_roots($1, $2, $3, $4, $5, $6, $7)"


def hour(number: int) -> datetime:
    return datetime(2026, 11, 24, number, tzinfo=UTC)


class State(NamedTuple):
    """The newest seal (position, hour), the newest root (hour, position) and the present hour."""

    position: int = 0
    last_hour: int | None = None
    root: tuple[int, int] | None = None
    now: int = 12


@pytest.mark.parametrize(
    ("before", "hours", "all_sealed", "due"),
    [
        (State(), [], True, []),
        (State(), [9, 9, 10], False, [(9, 2)]),
        (State(), [9, 9, 10], True, [(9, 2), (10, 3)]),
        (State(now=10), [9, 9, 10], True, [(9, 2)]),
        (State(5, last_hour=9), [9], False, []),
        (State(5, last_hour=9), [10], False, [(9, 5)]),
        (State(5, last_hour=9), [], True, [(9, 5)]),
        (State(5, last_hour=9, now=9), [], True, []),
        (State(5, last_hour=9, root=(9, 5)), [], True, []),
        (State(5, last_hour=9, root=(9, 5)), [9], True, [(10, 6)]),
        (State(6, last_hour=9, root=(9, 5)), [9, 11], False, [(10, 7)]),
        (State(6, last_hour=9, root=(9, 5), now=10), [], True, []),
        (State(), [10, 9, 11], False, [(10, 2)]),
    ],
)
async def test_due_roots(
    owner: asyncpg.Connection, before: State, hours: list[int], all_sealed: bool, due: list[tuple[int, int]]
) -> None:
    roots = await owner.fetch(
        LIST_DUE_ROOTS,
        before.position,
        None if before.last_hour is None else hour(before.last_hour),
        before.root[1] if before.root else 0,
        hour(before.root[0]) if before.root else None,
        [hour(number) for number in hours],
        hour(before.now),
        all_sealed,
    )
    assert [tuple(root) for root in roots] == [(hour(number), position) for number, position in due]


async def test_roots_are_stored_with_the_hash_of_their_position(
    owner: asyncpg.Connection, sealer_connection: asyncpg.Connection
) -> None:
    insert = "INSERT INTO audit_lines (at, operation, keys) VALUES ($1, 'created', '{}')"
    # Lines of one transaction are sealed together, also while transactions of other tests are open.
    async with owner.transaction():
        for day in (20, 20, 21):
            await owner.execute(insert, datetime(2026, 11, day, 7, 30, tzinfo=UTC))
    await seal_all(sealer_connection, 3)
    async with owner.transaction():
        await owner.execute(insert, datetime(2026, 11, 21, 7, 59, tzinfo=UTC))  # late: its hour already has a root
        await owner.execute("INSERT INTO audit_lines (at, operation, keys) VALUES ('2199-01-01', 'ahead', '{}')")
    await seal_all(sealer_connection, 2)
    await sealer.seal_lines(sealer_connection)
    hashes = [hash_ for _, hash_ in await fetch_chain(owner)]
    assert [Root(*row) for row in await owner.fetch("SELECT hour, position, hash FROM audit_roots ORDER BY hour")] == [
        Root(datetime(2026, 11, 20, 7, tzinfo=UTC), 2, hashes[1]),
        Root(datetime(2026, 11, 21, 7, tzinfo=UTC), 3, hashes[2]),
        Root(datetime(2026, 11, 21, 8, tzinfo=UTC), 4, hashes[3]),
    ]
