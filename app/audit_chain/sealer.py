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

BATCH = 1000
HOUR = timedelta(hours=1)

STATE = """
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

_LINES = f"""
SELECT least(date_trunc('hour', l.at, 'UTC'), $1), {chain.COLUMNS} FROM {{}} ORDER BY l.xid, l.id LIMIT {BATCH}
"""  # noqa: S608  (our own words)
_UNSEALED = """audit_lines AS l WHERE (l.xid, l.id) > ($2::text::xid8, $3::bigint) AND l.xid {} $4::text::xid8
    AND NOT EXISTS (SELECT FROM audit_seals AS s WHERE s.line = l.id)"""
NEXT = _LINES.format(_UNSEALED.format("<"))
LEFT_OVER = _LINES.format(_UNSEALED.format(">="))
# OFFSET keeps the planner from walking all lines in their order to find the few above the highest.
MADE_ANEW = _LINES.format(
    """(SELECT * FROM audit_lines WHERE id > $5 OFFSET 0) AS l
    WHERE ((l.xid, l.id) > ($2::text::xid8, $3::bigint)) IS NOT TRUE AND l.xid < $4::text::xid8"""
)

ADD_SEALS = """
INSERT INTO audit_seals (position, line, hash)
SELECT $1 + nth, line, hash FROM unnest($2::bigint[], $3::bytea[]) WITH ORDINALITY AS sealed (line, hash, nth)
"""
ADD_ROOT = "INSERT INTO audit_roots (hour, position, hash) VALUES ($1, $2, $3)"


class Root(NamedTuple):
    hour: datetime
    position: int
    hash: bytes


async def seal(connection: asyncpg.Connection) -> int | None:
    """Seal all lines below the horizon, and say how many; None where another sealer is at it.

    Each batch is a transaction with its roots: a crash leaves a whole chain, which the next sealer takes up. After an
    error the connection still has the lock: close it.
    """
    if not await connection.fetchval("SELECT pg_try_advisory_lock(sealing_lock_key())"):
        return None
    total, sealed = 0, BATCH
    while sealed == BATCH:
        # One snapshot for where the chain stands and for what comes next, taken when the lock was had.
        async with connection.transaction(isolation="repeatable_read"):
            sealed = await _seal_batch(connection, is_first=total == 0)
        total += sealed
    await connection.execute("SELECT pg_advisory_unlock(sealing_lock_key())")
    return total


async def _seal_batch(connection: asyncpg.Connection, *, is_first: bool) -> int:
    (state,) = await connection.fetch(STATE)
    lines = await _next_lines(connection, state, is_first=is_first)
    hashes: list[bytes] = []
    previous = state["hash"] or chain.GENESIS
    for _, *line in lines:
        previous = chain.link(previous, line)
        hashes.append(previous)
    if lines:
        await connection.execute(ADD_SEALS, state["position"], [line[1] for line in lines], hashes)
    hours = [line[0] for line in lines]
    for root in roots(state, hours, hashes, all_sealed=len(lines) < BATCH):
        await connection.execute(ADD_ROOT, *root)
    return len(lines)


async def _next_lines(
    connection: asyncpg.Connection, state: asyncpg.Record, *, is_first: bool
) -> Sequence[asyncpg.Record]:
    hour, after = state["this_hour"], (state["xid"], state["id"])
    lines: list[asyncpg.Record] = []
    if not state["is_at_home"]:
        lines = await connection.fetch(LEFT_OVER, hour, *after, state["future"])
    if not lines and is_first:
        lines = await connection.fetch(MADE_ANEW, hour, *after, state["horizon"], state["highest"])
    return lines or await connection.fetch(NEXT, hour, *after, state["horizon"])


def roots(state: Any, hours: Sequence[datetime], hashes: Sequence[bytes], *, all_sealed: bool) -> list[Root]:
    """The roots that are due: of each hour before one that a line of the batch begins, and of one that is over.

    A line counts to the hour in which it was made or, where that hour has its root already, to the next: so hours go up
    with positions. An hour in which nothing was sealed has no root.
    """
    due: list[Root] = []
    earliest = (
        state["root_hour"] + HOUR if state["root_hour"] else datetime.min.replace(tzinfo=state["this_hour"].tzinfo)
    )
    current = None
    if state["position"] > state["root_position"]:
        current = Root(max(state["hour"] or state["this_hour"], earliest), state["position"], state["hash"])
    for n, (hour, link) in enumerate(zip(hours, hashes, strict=True), state["position"] + 1):
        if current and hour > current.hour:
            due.append(current)
        current = Root(max(hour, current.hour if current else earliest), n, link)
    if current and all_sealed and current.hour < state["this_hour"]:
        due.append(current)
    return due
