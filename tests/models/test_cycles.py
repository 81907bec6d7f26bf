"""The trigger reject_cycle: no organization and no stage is its own ancestor."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from tests.models.valid_rows import insert_row

TREES = ("organizations", "stages")


async def insert_with_parents(db: asyncpg.Connection, table: str, **parents: str | None) -> None:
    """Insert rows with these parents."""
    for code, parent in parents.items():
        await insert_row(
            db, table, code=code, parent=parent, **({"kind": "agency"} if table == "organizations" else {})
        )


async def insert_in_one_statement(db: asyncpg.Connection, table: str, *pairs: tuple[str, str | None]) -> None:
    """Insert rows (code, parent) in one statement, in this order."""
    kind = "agency" if table == "organizations" else "stage"
    columns = ("", "") if table == "organizations" else (", election, position, round", ", 'e-1', 1, 1")
    await db.execute(
        f'INSERT INTO {table} (code, parent, name, kind, verified, "primary"{columns[0]})'
        f" SELECT code, parent, code, '{kind}', false, false{columns[1]}"
        " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS item (code, parent, nth) ORDER BY nth",
        [code for code, _ in pairs],
        [parent for _, parent in pairs],
    )


async def set_parent(db: asyncpg.Connection, table: str, code: str, parent: str | None) -> None:
    await db.execute(f"UPDATE {table} SET parent = $2 WHERE code = $1", code, parent)


@pytest_asyncio.fixture(params=TREES)
async def table(db: asyncpg.Connection, request: pytest.FixtureRequest) -> str:
    """The tables in turn, with a time-out for statements that never end."""
    await db.execute("SET LOCAL statement_timeout = '5s'")
    return str(request.param)


def cycle_constraint(table: str) -> str:
    return f"ck_{table}_parent_no_circle"


@pytest.mark.parametrize(("above", "below"), [("a", "b"), ("a", "c"), ("a", "d"), ("b", "d")])
async def test_moving_a_row_below_its_descendant_is_rejected(
    db: asyncpg.Connection, table: str, above: str, below: str
) -> None:
    await insert_with_parents(db, table, a=None, b="a", c="b", d="c")
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await set_parent(db, table, above, below)
    assert (raised.value.constraint_name, raised.value.table_name) == (cycle_constraint(table), table)


async def test_seventeenth_level_is_rejected(db: asyncpg.Connection, table: str) -> None:
    """Deeper trees would exceed the depth that JSON readers and the trigger support."""
    levels = {f"l{n}": f"l{n - 1}" if n > 1 else None for n in range(1, 17)}
    await insert_with_parents(db, table, **levels)
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await insert_with_parents(db, table, l17="l16")
    assert raised.value.constraint_name == f"ck_{table}_parent_depth"


@pytest.mark.parametrize(("levels", "is_accepted"), [(8, True), (9, False)])
async def test_tree_moved_below_another_has_at_most_sixteen_levels(
    db: asyncpg.Connection, table: str, levels: int, is_accepted: bool
) -> None:
    """A branch of eight levels fits under eight levels; the moved row alone would always fit."""
    for name in ("a", "b"):
        height = 8 if name == "a" else levels
        await insert_with_parents(
            db, table, **{f"{name}{n}": f"{name}{n - 1}" if n > 1 else None for n in range(1, height + 1)}
        )
    await insert_with_parents(db, table, side="b1")
    if is_accepted:
        await set_parent(db, table, "b1", "a8")
        return
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await set_parent(db, table, "b1", "a8")
    assert (raised.value.constraint_name, raised.value.table_name) == (f"ck_{table}_parent_depth", table)


async def test_branch_can_be_moved(db: asyncpg.Connection, table: str) -> None:
    await insert_with_parents(db, table, a=None, b="a", c="b", d=None)
    await set_parent(db, table, "b", "d")
    await set_parent(db, table, "a", "c")
    await set_parent(db, table, "d", None)
    parents = f"SELECT code, parent FROM {table} WHERE code = ANY('{{a,b,c,d}}') ORDER BY code"
    assert [tuple(row) for row in await db.fetch(parents)] == [("a", "c"), ("b", "d"), ("c", "b"), ("d", None)]


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", None), ("b", "a"), ("c", "b")],
        [("c", "b"), ("b", "a"), ("a", None)],  # children before their parents
    ],
)
async def test_tree_can_be_inserted_in_one_statement(
    db: asyncpg.Connection, table: str, pairs: list[tuple[str, str | None]]
) -> None:
    await insert_in_one_statement(db, table, *pairs)
    assert await db.fetchval(f"SELECT count(*) FROM {table} WHERE code = ANY('{{a,b,c}}')") == 3


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "b"), ("b", "a")],
        [("a", "c"), ("b", "a"), ("c", "b")],
        # A row below a cycle is not part of it.
        [("below", "a"), ("a", "b"), ("b", "a")],
        [("a", "b"), ("b", "a"), ("below", "a")],
    ],
)
async def test_cycle_inserted_in_one_statement_is_rejected(
    db: asyncpg.Connection, table: str, pairs: list[tuple[str, str | None]]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await insert_in_one_statement(db, table, *pairs)
    assert raised.value.constraint_name == cycle_constraint(table)


async def test_branch_can_be_reversed_in_one_statement(db: asyncpg.Connection, table: str) -> None:
    """Only the state after the statement counts."""
    await insert_with_parents(db, table, a=None, b="a", c="b")
    await db.execute(
        f"UPDATE {table} SET parent = CASE code WHEN 'a' THEN 'b' WHEN 'b' THEN 'c' END WHERE code = ANY('{{a,b,c}}')"
    )
    assert await db.fetchval(f"SELECT parent FROM {table} WHERE code = 'a'") == "b"


async def test_code_of_an_inner_row_can_be_changed(db: asyncpg.Connection, table: str) -> None:
    await insert_with_parents(db, table, a=None, b="a", c="b")
    await db.execute(f"UPDATE {table} SET code = 'z' WHERE code = 'b'")
    assert await db.fetchval(f"SELECT parent FROM {table} WHERE code = 'c'") == "z"


@pytest_asyncio.fixture
async def two_connections(database_url: str) -> AsyncIterator[list[asyncpg.Connection]]:
    """Two connections to a database with two organizations and two stages without parents."""
    connections = [await asyncpg.connect(database_url, command_timeout=20) for _ in range(2)]
    await insert_row(connections[0], "elections", code="e-1")
    for table in TREES:
        await insert_with_parents(connections[0], table, a=None, b=None)
    yield connections
    for connection in connections:
        await connection.close()


@pytest.mark.parametrize("tree", TREES)
async def test_cycle_of_two_concurrent_transactions_is_rejected(
    two_connections: list[asyncpg.Connection], tree: str
) -> None:
    first, second = two_connections
    transaction = first.transaction()
    await transaction.start()
    await set_parent(first, tree, "a", "b")
    other = asyncio.create_task(set_parent(second, tree, "b", "a"))
    await wait_until_blocked(first, second)
    await transaction.commit()
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await other
    assert raised.value.constraint_name == cycle_constraint(tree)


@pytest.mark.parametrize("tree", TREES)
async def test_parent_of_a_rolled_back_transaction_does_not_count(
    two_connections: list[asyncpg.Connection], tree: str
) -> None:
    first, second = two_connections
    transaction = first.transaction()
    await transaction.start()
    await set_parent(first, tree, "a", "b")
    other = asyncio.create_task(set_parent(second, tree, "b", "a"))
    await wait_until_blocked(first, second)
    await transaction.rollback()
    await other
    assert await first.fetchval(f"SELECT parent FROM {tree} WHERE code = 'b'") == "a"


async def wait_until_blocked(observer: asyncpg.Connection, blocked: asyncpg.Connection) -> None:
    """Return when a connection waits for a lock of another one."""
    for _ in range(500):
        if await observer.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", blocked.get_server_pid()):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the connection does not wait for a lock")
