"""The keys of all advisory locks come from migrations/sql/locks.sql, which documents their order."""

import re
from pathlib import Path
from uuid import UUID

import asyncpg

PROJECT = Path(__file__).parents[2]
LOCKS_SQL = (PROJECT / "migrations/sql/locks.sql").read_text()
DEFINED_FUNCTIONS = set(re.findall(r"FUNCTION (\w+_lock_key)\(", LOCKS_SQL))
LOCK_CALL = re.compile(r"pg_(?:try_)?advisory_(?:xact_)?(?:un)?lock(?:_shared)?\(([^)]*)")


def test_every_advisory_lock_uses_a_key_function() -> None:
    files = [*PROJECT.glob("app/**/*.py"), *PROJECT.glob("migrations/sql/*.sql"), *PROJECT.glob("migrations/*.py")]
    keys = [(file.name, key) for file in files for key in LOCK_CALL.findall(file.read_text()) if key]
    assert len(keys) > 12
    others = [(name, key) for name, key in keys if re.split(r"\W", key)[0] not in DEFINED_FUNCTIONS]
    assert others == [("env.py", ":lock")]  # taken before the functions exist


def test_comment_orders_all_key_functions() -> None:
    comment = LOCKS_SQL[: LOCKS_SQL.index("CREATE")]
    assert set(re.findall(r"(\w+_lock_key)\(", comment)) == DEFINED_FUNCTIONS


async def test_lock_keys_are_distinct(db: asyncpg.Connection) -> None:
    calls = re.findall(r"FUNCTION (\w+_lock_key\([^)]*\))", LOCKS_SQL)
    values = {r"\w+ text": "'a'", r"\w+ uuid": f"'{UUID(int=0)}'"}
    for declaration, value in values.items():
        calls = [re.sub(declaration, value, call) for call in calls]
    keys = [await db.fetchval(f"SELECT {call}") for call in calls]
    assert len(set(keys)) == len(keys) == len(DEFINED_FUNCTIONS)
