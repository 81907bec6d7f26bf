"""Every advisory lock has its key from migrations/sql/locks.sql, which says in which order they are taken."""

import re
from pathlib import Path
from uuid import UUID

import asyncpg

PROJECT = Path(__file__).parents[2]
LOCKS = (PROJECT / "migrations/sql/locks.sql").read_text()
DEFINED = set(re.findall(r"FUNCTION (\w+_lock_key)\(", LOCKS))
TAKEN = re.compile(r"pg_(?:try_)?advisory_(?:xact_)?(?:un)?lock(?:_shared)?\(([^)]*)")


def test_each_lock_is_taken_by_its_name() -> None:
    files = [*PROJECT.glob("app/**/*.py"), *PROJECT.glob("migrations/sql/*.sql"), *PROJECT.glob("migrations/*.py")]
    taken = [(file.name, key) for file in files for key in TAKEN.findall(file.read_text()) if key]
    assert len(taken) > 12
    others = [(name, key) for name, key in taken if re.split(r"\W", key)[0] not in DEFINED]
    assert others == [("env.py", ":lock")]  # taken before the functions exist


def test_the_order_names_all_of_them() -> None:
    comment = LOCKS[: LOCKS.index("CREATE")]
    assert set(re.findall(r"(\w+_lock_key)\(", comment)) == DEFINED


async def test_no_two_locks_have_one_key(db: asyncpg.Connection) -> None:
    calls = re.findall(r"FUNCTION (\w+_lock_key\([^)]*\))", LOCKS)
    values = {r"\w+ text": "'a'", r"\w+ uuid": f"'{UUID(int=0)}'"}
    for declaration, value in values.items():
        calls = [re.sub(declaration, value, call) for call in calls]
    keys = [await db.fetchval(f"SELECT {call}") for call in calls]
    assert len(set(keys)) == len(keys) == len(DEFINED)
