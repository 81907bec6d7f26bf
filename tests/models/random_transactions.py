"""Random transactions, each of savepoints of which some are given up, over a few bodies."""

from random import Random

import asyncpg

OPERATIONS = (
    'INSERT INTO organizations (code, name, kind, verified, "primary")'
    " VALUES ('{a}', '{name}', 'agency', false, false) ON CONFLICT DO NOTHING",
    "UPDATE organizations SET name = '{name}' WHERE code = '{a}'",
    "UPDATE organizations SET name = '{name}' WHERE code LIKE 'walk%'",
    "DELETE FROM organizations WHERE code = '{a}'",
    "UPDATE organizations SET code = '{b}' WHERE code = '{a}'"
    " AND NOT EXISTS (SELECT FROM organizations WHERE code = '{b}')",
)
BODIES = "SELECT * FROM organizations WHERE code LIKE 'walk%' ORDER BY code"


async def step(connection: asyncpg.Connection, dice: Random) -> None:
    """One transaction, which may come to nothing."""
    async with connection.transaction():
        for _ in range(dice.randint(1, 3)):
            savepoint = connection.transaction()
            await savepoint.start()
            for _ in range(dice.randint(1, 3)):
                a, b = (f"walk{dice.choice('abc')}" for _ in range(2))
                await connection.execute(dice.choice(OPERATIONS).format(a=a, b=b, name=dice.choice("NM")))
            await (savepoint.rollback if dice.random() < 0.2 else savepoint.commit)()
