"""Extend the hash chain by the new lines of the audit trail, in batches, with one sealer at a time.

The database does it: the function seal_audit_lines() (migrations/sql/audit.sql) chooses the lines, computes their
hashes and stores them, with the rights of its owner. The role of this program cannot write seals and roots.
"""

from datetime import datetime
from typing import NamedTuple

import asyncpg

MAX_LINES_PER_TRANSACTION = 1000

SEAL_LINES = "SELECT seal_audit_lines($1, $2)"


class Root(NamedTuple):
    """The hash at a position of the chain: the last one of an hour, or the newest one."""

    hour: datetime | None
    """The hour that the hash ends; None if that is not known."""
    position: int
    hash: bytes


async def seal_lines(connection: asyncpg.Connection) -> int | None:
    """Store chain hashes of all final audit lines, committing in batches; return their number, None if a sealer runs.

    Each batch is one transaction with its roots, so a crash leaves a valid chain that the next sealer continues.
    """
    total, sealed = 0, MAX_LINES_PER_TRANSACTION
    while sealed == MAX_LINES_PER_TRANSACTION:
        async with connection.transaction(isolation="read_committed"):
            batch = await connection.fetchval(SEAL_LINES, MAX_LINES_PER_TRANSACTION, total == 0)
        if batch is None:
            return total or None
        sealed = batch
        total += sealed
    return total
