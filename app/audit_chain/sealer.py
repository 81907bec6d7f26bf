"""Extend the hash chain by the new lines of the audit trail, in batches, with one sealer at a time.

A line may be sealed only when no other line can come before it. That is so if its transaction id is below the xmin
horizon: that transaction and all older ones have ended. Lines are sealed in the order (xid, id), so the next ones are
those after the line of the newest seal.

A trail can be dumped and restored into another cluster, which numbers its transactions anew, while line ids continue.
Restored lines that were not sealed yet have a transaction id that the new cluster has not reached; they are final and
sealed first. Then follow the lines written there: their transaction ids are below that of the newest seal, but their
ids are above those of all sealed lines.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import asyncpg

from app.audit_chain import chain

MAX_LINES_PER_TRANSACTION = 1000
HOUR = timedelta(hours=1)

SELECT_CHAIN_STATE = """
SELECT coalesce(newest.position, 0) AS position, newest.hash,
    CASE WHEN newest.position IS NULL THEN '0' ELSE l.xid::text END AS xid,
    CASE WHEN newest.position IS NULL THEN 0 ELSE l.id END AS id,
    coalesce((SELECT max(line) FROM audit_seals), 0) AS highest_line,
    pg_snapshot_xmin(pg_current_snapshot())::text AS snapshot_xmin,
    pg_snapshot_xmax(pg_current_snapshot())::text AS snapshot_xmax,
    newest.position IS NOT NULL AND coalesce(l.xid < pg_snapshot_xmin(pg_current_snapshot()), TRUE) AS is_same_cluster,
    date_trunc('hour', clock_timestamp(), 'UTC') AS this_hour,
    least(date_trunc('hour', l.at, 'UTC'), date_trunc('hour', clock_timestamp(), 'UTC')) AS hour,
    root.hour AS root_hour, coalesce(root.position, 0) AS root_position
FROM (SELECT) AS one_row
LEFT JOIN LATERAL (SELECT position, line, hash FROM audit_seals ORDER BY position DESC LIMIT 1) AS newest ON TRUE
LEFT JOIN audit_lines AS l ON l.id = newest.line
LEFT JOIN LATERAL (SELECT hour, position FROM audit_roots ORDER BY hour DESC LIMIT 1) AS root ON TRUE
"""

_SELECT_LINES = f"""
SELECT least(date_trunc('hour', l.at, 'UTC'), $1), {chain.SEALED_COLUMNS}
FROM {{}} ORDER BY l.xid, l.id LIMIT {MAX_LINES_PER_TRANSACTION}
"""  # noqa: S608  (constants of this package)
_UNSEALED_LINES = """audit_lines AS l WHERE (l.xid, l.id) > ($2::text::xid8, $3::bigint) AND l.xid {} $4::text::xid8
    AND NOT EXISTS (SELECT FROM audit_seals AS s WHERE s.line = l.id)"""
SELECT_NEXT_LINES = _SELECT_LINES.format(_UNSEALED_LINES.format("<"))
SELECT_RESTORED_LINES = _SELECT_LINES.format(_UNSEALED_LINES.format(">="))
# OFFSET prevents a plan that scans all lines in their order to find the few above the highest sealed id.
SELECT_LINES_AFTER_RESTORE = _SELECT_LINES.format(
    """(SELECT * FROM audit_lines WHERE id > $5 OFFSET 0) AS l
    WHERE ((l.xid, l.id) > ($2::text::xid8, $3::bigint)) IS NOT TRUE AND l.xid < $4::text::xid8"""
)

INSERT_SEALS = """
INSERT INTO audit_seals (position, line, hash)
SELECT $1 + nth, line, hash FROM unnest($2::bigint[], $3::bytea[]) WITH ORDINALITY AS sealed (line, hash, nth)
"""
INSERT_ROOT = "INSERT INTO audit_roots (hour, position, hash) VALUES ($1, $2, $3)"


class Root(NamedTuple):
    """The hash at the last position of an hour."""

    hour: datetime
    position: int
    hash: bytes


async def seal_lines(connection: asyncpg.Connection) -> int | None:
    """Store chain hashes of all final audit lines, committing in batches; return their number, None if a sealer runs.

    Each batch is one transaction with its roots, so a crash leaves a valid chain that the next sealer continues. After
    an error the connection still has the lock: close it.
    """
    if not await connection.fetchval("SELECT pg_try_advisory_lock(sealing_lock_key())"):
        return None
    total, sealed = 0, MAX_LINES_PER_TRANSACTION
    while sealed == MAX_LINES_PER_TRANSACTION:
        # The end of the chain and the next lines are read in one snapshot, taken after the lock.
        async with connection.transaction(isolation="repeatable_read"):
            sealed = await _seal_batch(connection, is_first=total == 0)
        total += sealed
    await connection.execute("SELECT pg_advisory_unlock(sealing_lock_key())")
    return total


async def _seal_batch(connection: asyncpg.Connection, *, is_first: bool) -> int:
    """Store the chain hashes of up to 1000 next audit lines, and the roots that are due; return the number of lines."""
    (state,) = await connection.fetch(SELECT_CHAIN_STATE)
    lines = await _fetch_next_lines(connection, state, is_first=is_first)
    hashes: list[bytes] = []
    previous = state["hash"] or chain.GENESIS_HASH
    for _, *line in lines:
        previous = chain.hash_line(previous, line)
        hashes.append(previous)
    if lines:
        await connection.execute(INSERT_SEALS, state["position"], [line[1] for line in lines], hashes)
    hours = [line[0] for line in lines]
    for root in list_due_roots(state, hours, hashes, all_sealed=len(lines) < MAX_LINES_PER_TRANSACTION):
        await connection.execute(INSERT_ROOT, *root)
    return len(lines)


async def _fetch_next_lines(
    connection: asyncpg.Connection, state: asyncpg.Record, *, is_first: bool
) -> Sequence[asyncpg.Record]:
    """Query up to 1000 next audit lines to seal, each after its hour; after a restore, the restored ones first."""
    hour, after = state["this_hour"], (state["xid"], state["id"])
    lines: list[asyncpg.Record] = []
    if not state["is_same_cluster"]:
        lines = await connection.fetch(SELECT_RESTORED_LINES, hour, *after, state["snapshot_xmax"])
    if not lines and is_first:
        lines = await connection.fetch(
            SELECT_LINES_AFTER_RESTORE, hour, *after, state["snapshot_xmin"], state["highest_line"]
        )
    return lines or await connection.fetch(SELECT_NEXT_LINES, hour, *after, state["snapshot_xmin"])


def list_due_roots(
    chain_state: Any, hours: Sequence[datetime], hashes: Sequence[bytes], *, all_sealed: bool
) -> list[Root]:
    """Return the new roots (chain hash at the end of an hour) of the hours that ended by this batch; store nothing.

    A line belongs to the hour in which it was written or, if that hour already has a root, to the next one, so that
    hours increase with positions. An hour in which no line was sealed has no root.

    Args:
        chain_state: A row of SELECT_CHAIN_STATE, read before the batch.
        hours: The hour of each line of the batch.
        hashes: The hash of each line of the batch.
        all_sealed: No further line can be sealed now.
    """
    due: list[Root] = []
    this_hour, root_hour = chain_state["this_hour"], chain_state["root_hour"]
    earliest_hour = root_hour + HOUR if root_hour else datetime.min.replace(tzinfo=this_hour.tzinfo)
    current = None
    if chain_state["position"] > chain_state["root_position"]:
        hour = max(chain_state["hour"] or this_hour, earliest_hour)
        current = Root(hour, chain_state["position"], chain_state["hash"])
    for position, (hour, hash_) in enumerate(zip(hours, hashes, strict=True), chain_state["position"] + 1):
        if current and hour > current.hour:
            due.append(current)
        current = Root(max(hour, current.hour if current else earliest_hour), position, hash_)
    if current and all_sealed and current.hour < this_hour:
        due.append(current)
    return due
