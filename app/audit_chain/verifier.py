"""Recomputes the chain from its first line to its last, and says where it breaks and how."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import asyncpg

from app.audit_chain import chain
from app.audit_chain.sealer import Root

LINES_PER_QUERY = 5000

SELECT_SEALED_LINES = f"""
SELECT s.position, s.line, s.hash, {chain.SEALED_COLUMNS}
FROM audit_seals AS s LEFT JOIN audit_lines AS l ON l.id = s.line
WHERE s.position > $1 ORDER BY s.position LIMIT {LINES_PER_QUERY}
"""  # noqa: S608  (our own words)
# The sealer's order read the other way round: what it will never seal, though it stands below what is sealed.
SELECT_UNSEALED_LINES = """
WITH newest AS (
    SELECT l.xid, l.id, (SELECT max(line) FROM audit_seals) AS highest
    FROM audit_seals AS s LEFT JOIN audit_lines AS l ON l.id = s.line ORDER BY s.position DESC LIMIT 1
), unsealed AS MATERIALIZED (
    SELECT l.id, l.xid, NOT coalesce((l.xid, l.id) > (newest.xid, newest.id) OR l.id > newest.highest, TRUE) AS inserted
    FROM audit_lines AS l LEFT JOIN newest ON TRUE WHERE NOT EXISTS (SELECT FROM audit_seals AS s WHERE s.line = l.id)
), first AS (SELECT id, xid FROM unsealed WHERE inserted ORDER BY xid, id LIMIT 1)
SELECT (SELECT count(*) FROM unsealed), (SELECT id FROM first), (
    SELECT min(s.position) FROM audit_seals AS s JOIN audit_lines AS l ON l.id = s.line
    WHERE (l.xid, l.id) > (SELECT xid, id FROM first)
)
"""
SELECT_ROOTS = "SELECT hour, position, hash FROM audit_roots ORDER BY position"

DefectKind = Literal["changed", "dropped", "inserted", "swapped", "root"]
ReportProgress = Callable[[int, int], None]


class ChainDefect(NamedTuple):
    """Where the trail is not what was sealed; `line` is the line's id, if there is one."""

    kind: DefectKind
    position: int
    line: int | None
    detail: str


class VerificationResult(NamedTuple):
    """What was found: the first flaw of the chain, and an unsealed line that stands among the sealed ones.

    `roots`: of the trail itself; `kept`: elsewhere. The hashes were compared with both.
    """

    sealed: int
    unsealed: int
    roots: int
    external_roots: int
    defects: list[ChainDefect]


async def verify_chain(
    connection: asyncpg.Connection, external_roots: Sequence[Root], report_progress: ReportProgress
) -> VerificationResult:
    """Look at the whole trail as it is at this moment; `kept` are roots that were kept elsewhere.

    The hashes are made anew from the lines alone, batch by batch. Lines that are not sealed yet are counted.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        ((unsealed, *inserted),) = await connection.fetch(SELECT_UNSEALED_LINES)
        total = await connection.fetchval("SELECT coalesce(max(position), 0) FROM audit_seals")
        roots = [Root(*row) for row in await connection.fetch(SELECT_ROOTS)]
        walk = _ChainCheck(connection, total, report_progress)
        flaw = await walk.find_first_defect(_group_by_position(roots, external_roots))
        flaws = [flaw] if flaw else []
        if inserted[0] is not None:
            detail = "not sealed, and stands where only sealed lines are"
            flaws.append(ChainDefect("inserted", inserted[1], inserted[0], detail))
    return VerificationResult(walk.position, unsealed, len(roots), len(external_roots), flaws)


def _group_by_position(roots: Sequence[Root], external_roots: Sequence[Root]) -> dict[int, list[tuple[bytes, str]]]:
    told: dict[int, list[tuple[bytes, str]]] = {}
    for source, some in (("", roots), (" kept elsewhere", external_roots)):
        for root in some:
            told.setdefault(root.position, []).append((root.hash, f"the root of {root.hour:%Y-%m-%dT%H}{source}"))
    return told


class _ChainCheck:
    """The way along the chain, and how far it has come."""

    def __init__(self, connection: asyncpg.Connection, total: int, progress: ReportProgress) -> None:
        self._connection = connection
        self._total = total
        self._progress = progress
        self.position = 0
        self._hash = self._previous_hash = chain.GENESIS_HASH
        self._line: int | None = None

    async def find_first_defect(self, roots: dict[int, list[tuple[bytes, str]]]) -> ChainDefect | None:
        """Up to the first flaw, or to the end."""
        async for rows in self._fetch_batches():
            for row in rows:
                if row["position"] != self.position + 1:
                    return ChainDefect("dropped", self.position + 1, None, "no seal and no line at this position")
                if row["id"] is None:
                    return ChainDefect("dropped", row["position"], row["line"], "sealed, but not there any more")
                made = chain.hash_line(self._hash, row[3:])
                if made != row["hash"]:
                    return await self._classify_mismatch(row)
                self._previous_hash, self._hash, self._line = self._hash, made, row["line"]
                self.position += 1
                if self.position in roots and (flaw := _compare_roots(made, roots.pop(self.position), self.position)):
                    return flaw
            self._progress(self.position, self._total)
        if roots:
            position = min(roots)
            detail = f"the chain ends before {roots[position][0][1]}, which is at position {position}"
            return ChainDefect("dropped", self.position + 1, None, detail)
        return None

    async def _fetch_batches(self) -> AsyncIterator[list[asyncpg.Record]]:
        last = 0
        while rows := await self._connection.fetch(SELECT_SEALED_LINES, last):
            yield rows
            last = rows[-1]["position"]

    def _hash_all(self, lines: Iterator[tuple[Any, ...]]) -> set[bytes]:
        return {chain.hash_line(self._hash, line) for line in lines}

    async def _classify_mismatch(self, row: asyncpg.Record) -> ChainDefect:
        """What a broken link is a sign of. Only now is it worth a second look at all lines."""
        position, seal, line = row["position"], row["hash"], row[3:]
        if position > 1 and chain.hash_line(self._previous_hash, line) == seal:
            detail = "a line with a seal, put in before one that was sealed without it"
            return ChainDefect("inserted", position - 1, self._line, detail)
        before = chain.GENESIS_HASH
        async for rows in self._fetch_batches():
            for other in rows:
                if other["id"] is not None and other["position"] != position:
                    found = other[3:]
                    is_broken = chain.hash_line(before, found) != other["hash"]
                    fits = chain.hash_line(self._hash, found) in (other["hash"], seal)
                    if fits or (is_broken and seal in self._hash_all(_exchange_members(line, found))):
                        detail = f"what was sealed here now stands at position {other['position']}"
                        return ChainDefect("swapped", position, row["line"], detail)
                before = other["hash"]
        detail = "not what was sealed here: the line or its seal was changed, or a pair before them was cut out"
        return ChainDefect("changed", position, row["line"], detail)


def _exchange_members(line: tuple[Any, ...], other: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """What the line said, if the other one says it now and each has kept its id, its xid too, its time too."""
    return (line[:kept] + other[kept:] for kept in (1, 2, 3))


def _compare_roots(computed_hash: bytes, roots: list[tuple[bytes, str]], position: int) -> ChainDefect | None:
    wrong = next((name for root, name in roots if root != computed_hash), None)
    return ChainDefect("root", position, None, f"{wrong} is another hash than the chain has here") if wrong else None
