"""Read the definitions of the functions, views and triggers of a database."""

from typing import NamedTuple

import asyncpg

# Functions without those of extensions; views of both schemas; triggers without those of constraints.
QUERIES = {
    "function": """
        SELECT p.oid::regprocedure::text AS name, pg_get_functiondef(p.oid) AS definition, p.xmin::text AS changed_by
        FROM pg_proc AS p WHERE pronamespace IN ('public'::regnamespace, 'history'::regnamespace) AND NOT EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')""",
    "view": """
        SELECT c.oid::regclass::text AS name, pg_get_viewdef(c.oid) AS definition, r.xmin::text AS changed_by
        FROM pg_class AS c JOIN pg_rewrite AS r ON r.ev_class = c.oid
        WHERE relnamespace IN ('public'::regnamespace, 'history'::regnamespace) AND relkind = 'v'""",
    "trigger": """
        SELECT format('%s on %s', tgname, tgrelid::regclass) AS name, pg_get_triggerdef(oid) AS definition,
            xmin::text AS changed_by
        FROM pg_trigger WHERE NOT tgisinternal""",
}


class Definition(NamedTuple):
    text: str
    changed_by: str
    """The id of the transaction that wrote it."""


async def fetch_definitions(connection: asyncpg.Connection) -> dict[str, Definition]:
    """Return all definitions by kind and name."""
    return {
        f"{kind} {row['name']}": Definition(row["definition"], row["changed_by"])
        for kind, query in QUERIES.items()
        for row in await connection.fetch(query)
    }


async def assert_script_changes_nothing(url: str, script: str) -> None:
    """Run a script in a transaction and roll back. Assert that it redefines everything without a change."""
    connection = await asyncpg.connect(url)
    try:
        before = await fetch_definitions(connection)
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(script)
        after = await fetch_definitions(connection)
        transaction_id = await connection.fetchval("SELECT pg_current_xact_id()::xid::text")
        await transaction.rollback()
    finally:
        await connection.close()
    assert len(before) > 150
    assert {name: definition.text for name, definition in after.items()} == {
        name: definition.text for name, definition in before.items()
    }
    assert [name for name, definition in after.items() if definition.changed_by != transaction_id] == []
