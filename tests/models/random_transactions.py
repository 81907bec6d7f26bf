"""Random transactions on a few organizations, with savepoints of which some are rolled back."""

from random import Random

import asyncpg

STATEMENTS = (
    'INSERT INTO organizations (code, name, kind, verified, "primary")'
    " VALUES ('{a}', '{name}', 'agency', false, false) ON CONFLICT DO NOTHING",
    "UPDATE organizations SET name = '{name}' WHERE code = '{a}'",
    "UPDATE organizations SET name = '{name}' WHERE code LIKE 'walk%'",
    "DELETE FROM organizations WHERE code = '{a}'",
    "UPDATE organizations SET code = '{b}' WHERE code = '{a}'"
    " AND NOT EXISTS (SELECT FROM organizations WHERE code = '{b}')",
)
SELECT_ORGANIZATIONS = "SELECT * FROM organizations WHERE code LIKE 'walk%' ORDER BY code"


async def run_random_transaction(connection: asyncpg.Connection, random: Random) -> None:
    """Run one transaction, which may change nothing."""
    async with connection.transaction():
        for _ in range(random.randint(1, 3)):
            savepoint = connection.transaction()
            await savepoint.start()
            for _ in range(random.randint(1, 3)):
                a, b = (f"walk{random.choice('abc')}" for _ in range(2))
                await connection.execute(random.choice(STATEMENTS).format(a=a, b=b, name=random.choice("NM")))
            await (savepoint.rollback if random.random() < 0.2 else savepoint.commit)()
