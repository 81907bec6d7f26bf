"""No body and no stage is above itself, however the rows come."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from tests.models.valid_rows import insert

TREES = ("organizations", "stages")


async def put(db: asyncpg.Connection, table: str, **parents: str | None) -> None:
    """Rows with these parents."""
    for code, parent in parents.items():
        await insert(db, table, code=code, parent=parent, **({"kind": "agency"} if table == "organizations" else {}))


async def put_at_once(db: asyncpg.Connection, table: str, *pairs: tuple[str, str | None]) -> None:
    """The same in one statement, in this order."""
    rest = "agency" if table == "organizations" else "stage"
    more = ("", "") if table == "organizations" else (", election, position, round", ", 'e-1', 1, 1")
    await db.execute(
        f'INSERT INTO {table} (code, parent, name, kind, verified, "primary"{more[0]})'
        f" SELECT code, parent, code, '{rest}', false, false{more[1]}"
        " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given (code, parent, nth) ORDER BY nth",
        [code for code, _ in pairs],
        [parent for _, parent in pairs],
    )


async def hang(db: asyncpg.Connection, table: str, code: str, below: str | None) -> None:
    await db.execute(f"UPDATE {table} SET parent = $2 WHERE code = $1", code, below)


@pytest_asyncio.fixture(params=TREES)
async def table(db: asyncpg.Connection, request: pytest.FixtureRequest) -> str:
    """Whoever waits for an answer for ever fails instead."""
    await db.execute("SET LOCAL statement_timeout = '5s'")
    return str(request.param)


def no_circle(table: str) -> str:
    return f"ck_{table}_parent_no_circle"


@pytest.mark.parametrize(("above", "below"), [("a", "b"), ("a", "c"), ("a", "d"), ("b", "d")])
async def test_what_hangs_below_does_not_come_above(db: asyncpg.Connection, table: str, above: str, below: str) -> None:
    await put(db, table, a=None, b="a", c="b", d="c")
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await hang(db, table, above, below)
    assert (raised.value.constraint_name, raised.value.table_name) == (no_circle(table), table)


async def test_there_are_sixteen_levels_and_no_more(db: asyncpg.Connection, table: str) -> None:
    """A reader of the tree's JSON would give up, and so would the walk up from the deepest."""
    levels = {f"l{n}": f"l{n - 1}" if n > 1 else None for n in range(1, 17)}
    await put(db, table, **levels)
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await put(db, table, l17="l16")
    assert raised.value.constraint_name == f"ck_{table}_parent_depth"


async def test_a_branch_may_move(db: asyncpg.Connection, table: str) -> None:
    await put(db, table, a=None, b="a", c="b", d=None)
    await hang(db, table, "b", "d")
    await hang(db, table, "a", "c")
    await hang(db, table, "d", None)
    parents = f"SELECT code, parent FROM {table} WHERE code = ANY('{{a,b,c,d}}') ORDER BY code"
    assert [tuple(row) for row in await db.fetch(parents)] == [("a", "c"), ("b", "d"), ("c", "b"), ("d", None)]


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", None), ("b", "a"), ("c", "b")],
        [("c", "b"), ("b", "a"), ("a", None)],  # children before their parents
    ],
)
async def test_one_statement_may_bring_a_whole_tree(
    db: asyncpg.Connection, table: str, pairs: list[tuple[str, str | None]]
) -> None:
    await put_at_once(db, table, *pairs)
    assert await db.fetchval(f"SELECT count(*) FROM {table} WHERE code = ANY('{{a,b,c}}')") == 3


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "b"), ("b", "a")],
        [("a", "c"), ("b", "a"), ("c", "b")],
        # Whoever climbs from below a circle does not come back to where the climb began.
        [("below", "a"), ("a", "b"), ("b", "a")],
        [("a", "b"), ("b", "a"), ("below", "a")],
    ],
)
async def test_one_statement_may_not_bring_a_circle(
    db: asyncpg.Connection, table: str, pairs: list[tuple[str, str | None]]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await put_at_once(db, table, *pairs)
    assert raised.value.constraint_name == no_circle(table)


async def test_one_statement_may_turn_a_branch_over(db: asyncpg.Connection, table: str) -> None:
    """Only what is so after the whole statement counts."""
    await put(db, table, a=None, b="a", c="b")
    await db.execute(
        f"UPDATE {table} SET parent = CASE code WHEN 'a' THEN 'b' WHEN 'b' THEN 'c' END WHERE code = ANY('{{a,b,c}}')"
    )
    assert await db.fetchval(f"SELECT parent FROM {table} WHERE code = 'a'") == "b"


async def test_a_code_in_the_middle_may_change(db: asyncpg.Connection, table: str) -> None:
    await put(db, table, a=None, b="a", c="b")
    await db.execute(f"UPDATE {table} SET code = 'z' WHERE code = 'b'")
    assert await db.fetchval(f"SELECT parent FROM {table} WHERE code = 'c'") == "z"


@pytest_asyncio.fixture
async def two(database_url: str) -> AsyncIterator[list[asyncpg.Connection]]:
    """Two connections to a database with two bodies and two stages beside each other."""
    connections = [await asyncpg.connect(database_url, command_timeout=20) for _ in range(2)]
    await insert(connections[0], "elections", code="e-1")
    for table in TREES:
        await put(connections[0], table, a=None, b=None)
    yield connections
    for connection in connections:
        await connection.close()


@pytest.mark.parametrize("tree", TREES)
async def test_two_transactions_do_not_each_close_half_of_a_circle(two: list[asyncpg.Connection], tree: str) -> None:
    first, second = two
    transaction = first.transaction()
    await transaction.start()
    await hang(first, tree, "a", "b")
    other = asyncio.create_task(hang(second, tree, "b", "a"))
    await waits(first, second)
    await transaction.commit()
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await other
    assert raised.value.constraint_name == no_circle(tree)


@pytest.mark.parametrize("tree", TREES)
async def test_what_another_transaction_gave_up_is_no_half_of_a_circle(
    two: list[asyncpg.Connection], tree: str
) -> None:
    first, second = two
    transaction = first.transaction()
    await transaction.start()
    await hang(first, tree, "a", "b")
    other = asyncio.create_task(hang(second, tree, "b", "a"))
    await waits(first, second)
    await transaction.rollback()
    await other
    assert await first.fetchval(f"SELECT parent FROM {tree} WHERE code = 'b'") == "a"


async def waits(watching: asyncpg.Connection, waiting: asyncpg.Connection) -> None:
    """Return once a connection stands in front of somebody else's lock."""
    for _ in range(500):
        if await watching.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", waiting.get_server_pid()):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")
