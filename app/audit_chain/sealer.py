"""Puts lines into the chain: one sealer at a time, in batches, and only lines that nothing can come before any more.

A line below the xmin horizon is one whose transaction, like all older ones, is over: the lines below it are all there
that will ever be. They are sealed in the order (xid, id), so the next ones are those after the newest seal's.

Dumped and restored into another cluster, a trail goes on: there transactions are numbered anew, but ids are not. Lines
that were not yet sealed are told by an xid that their new cluster has not come to, and are final; then come the lines
that were made there, whose xids are below the newest seal's but whose ids are above all sealed ones.
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
    coalesce((SELECT max(line) FROM audit_seals), 0) AS highest,
    pg_snapshot_xmin(pg_current_snapshot())::text AS horizon, pg_snapshot_xmax(pg_current_snapshot())::text AS future,
    newest.position IS NOT NULL AND coalesce(l.xid < pg_snapshot_xmin(pg_current_snapshot()), TRUE) AS is_at_home,
    date_trunc('hour', clock_timestamp(), 'UTC') AS this_hour,
    least(date_trunc('hour', l.at, 'UTC'), date_trunc('hour', clock_timestamp(), 'UTC')) AS hour,
    root.hour AS root_hour, coalesce(root.position, 0) AS root_position
FROM (SELECT) AS always
LEFT JOIN LATERAL (SELECT position, line, hash FROM audit_seals ORDER BY position DESC LIMIT 1) AS newest ON TRUE
LEFT JOIN audit_lines AS l ON l.id = newest.line
LEFT JOIN LATERAL (SELECT hour, position FROM audit_roots ORDER BY hour DESC LIMIT 1) AS root ON TRUE
"""

_SELECT_LINES = f"""
SELECT least(date_trunc('hour', l.at, 'UTC'), $1), {chain.SEALED_COLUMNS}
FROM {{}} ORDER BY l.xid, l.id LIMIT {MAX_LINES_PER_TRANSACTION}
"""  # noqa: S608  (our own words)
_UNSEALED_LINES = """audit_lines AS l WHERE (l.xid, l.id) > ($2::text::xid8, $3::bigint) AND l.xid {} $4::text::xid8
    AND NOT EXISTS (SELECT FROM audit_seals AS s WHERE s.line = l.id)"""
SELECT_NEXT_LINES = _SELECT_LINES.format(_UNSEALED_LINES.format("<"))
SELECT_LINES_OF_OLD_CLUSTER = _SELECT_LINES.format(_UNSEALED_LINES.format(">="))
# OFFSET keeps the planner from walking all lines in their order to find the few above the highest.
SELECT_LINES_ABOVE_HIGHEST = _SELECT_LINES.format(
    """(SELECT * FROM audit_lines WHERE id > $5 OFFSET 0) AS l
    WHERE ((l.xid, l.id) > ($2::text::xid8, $3::bigint)) IS NOT TRUE AND l.xid < $4::text::xid8"""
)

INSERT_SEALS = """
INSERT INTO audit_seals (position, line, hash)
SELECT $1 + nth, line, hash FROM unnest($2::bigint[], $3::bytea[]) WITH ORDINALITY AS sealed (line, hash, nth)
"""
INSERT_ROOT = "INSERT INTO audit_roots (hour, position, hash) VALUES ($1, $2, $3)"


class Root(NamedTuple):
    hour: datetime
    position: int
    hash: bytes


async def seal_lines(connection: asyncpg.Connection) -> int | None:
    """Seal all lines below the horizon, and say how many; None where another sealer is at it.

    Each batch is a transaction with its roots: a crash leaves a whole chain, which the next sealer takes up. After an
    error the connection still has the lock: close it.
    """
    if not await connection.fetchval("SELECT pg_try_advisory_lock(sealing_lock_key())"):
        return None
    total, sealed = 0, MAX_LINES_PER_TRANSACTION
    while sealed == MAX_LINES_PER_TRANSACTION:
        # One snapshot for where the chain stands and for what comes next, taken when the lock was had.
        async with connection.transaction(isolation="repeatable_read"):
            sealed = await _seal_batch(connection, is_first=total == 0)
        total += sealed
    await connection.execute("SELECT pg_advisory_unlock(sealing_lock_key())")
    return total


async def _seal_batch(connection: asyncpg.Connection, *, is_first: bool) -> int:
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
    hour, after = state["this_hour"], (state["xid"], state["id"])
    lines: list[asyncpg.Record] = []
    if not state["is_at_home"]:
        lines = await connection.fetch(SELECT_LINES_OF_OLD_CLUSTER, hour, *after, state["future"])
    if not lines and is_first:
        lines = await connection.fetch(SELECT_LINES_ABOVE_HIGHEST, hour, *after, state["horizon"], state["highest"])
    return lines or await connection.fetch(SELECT_NEXT_LINES, hour, *after, state["horizon"])


def list_due_roots(
    chain_state: Any, hours: Sequence[datetime], hashes: Sequence[bytes], *, all_sealed: bool
) -> list[Root]:
    """The roots that are due: of each hour before one that a line of the batch begins, and of one that is over.

    A line counts to the hour in which it was made or, where that hour has its root already, to the next: so hours go up
    with positions. An hour in which nothing was sealed has no root.
    """
    due: list[Root] = []
    earliest = (
        chain_state["root_hour"] + HOUR
        if chain_state["root_hour"]
        else datetime.min.replace(tzinfo=chain_state["this_hour"].tzinfo)
    )
    current = None
    if chain_state["position"] > chain_state["root_position"]:
        current = Root(
            max(chain_state["hour"] or chain_state["this_hour"], earliest), chain_state["position"], chain_state["hash"]
        )
    for n, (hour, link) in enumerate(zip(hours, hashes, strict=True), chain_state["position"] + 1):
        if current and hour > current.hour:
            due.append(current)
        current = Root(max(hour, current.hour if current else earliest), n, link)
    if current and all_sealed and current.hour < chain_state["this_hour"]:
        due.append(current)
    return due
