"""Roots are of hours that are over, and go up with the positions."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from app.audit_chain import sealer
from app.audit_chain.sealer import Root
from tests.audit_chain.trails import fetch_chain, seal_all


def hour(number: int) -> datetime:
    return datetime(2026, 11, 24, number, tzinfo=UTC)


def state(position: int = 0, of: int | None = None, root: tuple[int, int] | None = None, now: int = 12) -> Any:
    """The newest seal's position and hour; the newest root's hour and position; the hour that it is."""
    return {
        "position": position,
        "hash": b"newest" if position else None,
        "hour": of if of is None else hour(of),
        "root_hour": hour(root[0]) if root else None,
        "root_position": root[1] if root else 0,
        "this_hour": hour(now),
    }


@pytest.mark.parametrize(
    ("before", "hours", "all_sealed", "due"),
    [
        (state(), [], True, []),
        (state(), [9, 9, 10], False, [(9, 2)]),
        (state(), [9, 9, 10], True, [(9, 2), (10, 3)]),
        (state(now=10), [9, 9, 10], True, [(9, 2)]),
        (state(5, of=9), [9], False, []),
        (state(5, of=9), [10], False, [(9, 5)]),
        (state(5, of=9), [], True, [(9, 5)]),
        (state(5, of=9, now=9), [], True, []),
        (state(5, of=9, root=(9, 5)), [], True, []),
        (state(5, of=9, root=(9, 5)), [9], True, [(10, 6)]),
        (state(6, of=9, root=(9, 5)), [9, 11], False, [(10, 7)]),
        (state(6, of=9, root=(9, 5), now=10), [], True, []),
        (state(), [10, 9, 11], False, [(10, 2)]),
    ],
)
def test_which_are_due(before: Any, hours: list[int], all_sealed: bool, due: list[tuple[int, int]]) -> None:
    hashes = [b"%d" % n for n in range(before["position"] + 1, before["position"] + 1 + len(hours))]
    found = sealer.list_due_roots(before, [hour(one) for one in hours], hashes, all_sealed=all_sealed)
    told = {before["position"]: b"newest"} | {before["position"] + n: h for n, h in enumerate(hashes, 1)}
    assert found == [Root(hour(of), position, told[position]) for of, position in due]


async def test_they_are_kept_with_the_hash_of_their_position(
    owner: asyncpg.Connection, sealing: asyncpg.Connection
) -> None:
    add = "INSERT INTO audit_lines (at, operation, keys) VALUES ($1, 'made', '{}')"
    for day in (20, 20, 21):
        await owner.execute(add, datetime(2026, 11, day, 7, 30, tzinfo=UTC))
    await seal_all(sealing, 3)
    await owner.execute(add, datetime(2026, 11, 21, 7, 59, tzinfo=UTC))  # late: its hour has its root
    await owner.execute("INSERT INTO audit_lines (at, operation, keys) VALUES ('2199-01-01', 'ahead', '{}')")
    await seal_all(sealing, 2)
    await sealer.seal_lines(sealing)
    hashes = [hash_ for _, hash_ in await fetch_chain(owner)]
    assert [Root(*row) for row in await owner.fetch("SELECT hour, position, hash FROM audit_roots ORDER BY hour")] == [
        Root(datetime(2026, 11, 20, 7, tzinfo=UTC), 2, hashes[1]),
        Root(datetime(2026, 11, 21, 7, tzinfo=UTC), 3, hashes[2]),
        Root(datetime(2026, 11, 21, 8, tzinfo=UTC), 4, hashes[3]),
    ]
