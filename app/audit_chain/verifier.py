"""Recompute the hash chain from its first line to its last, and report where it is broken and how."""

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
"""  # noqa: S608  (constants of this package)
# Counts the unsealed lines and finds the first one that the sealer will never seal, because a later line is sealed.
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
SELECT_CHANGED_TEXT = """
SELECT coalesce(s.position, 0), l.id FROM audit_texts AS t
JOIN audit_lines AS l ON l.id = t.line LEFT JOIN audit_seals AS s ON s.line = l.id
WHERE encode(sha256(t.salt || convert_to(t.text, 'UTF8')), 'hex') IS DISTINCT FROM l.purpose_digest
ORDER BY l.id LIMIT 1
"""
SELECT_ROOTS = "SELECT hour, position, hash FROM audit_roots ORDER BY position"

DefectKind = Literal["changed", "dropped", "inserted", "swapped", "root"]
ReportProgress = Callable[[int, int], None]
"""Called with the number of verified lines and the number of all sealed lines."""


class ChainDefect(NamedTuple):
    """A position at which the trail differs from what was sealed."""

    kind: DefectKind
    position: int
    line: int | None
    """The id of the line, if there is one."""
    detail: str


class VerificationResult(NamedTuple):
    """The result of a verification."""

    sealed: int
    """The number of lines whose hashes were recomputed."""
    unsealed: int
    roots: int
    """The number of roots of the trail itself."""
    external_roots: int
    """The number of roots that were stored elsewhere."""
    defects: list[ChainDefect]
    """The first defect of the chain, an unsealed line that was inserted between sealed ones, and a changed text."""


async def verify_chain(
    connection: asyncpg.Connection, external_roots: Sequence[Root], report_progress: ReportProgress
) -> VerificationResult:
    """Recompute the hash chain from the audit lines of one snapshot, and return counts and its first defects.

    Args:
        connection: Reads the trail.
        external_roots: Roots that were stored elsewhere, to compare with the hashes like the trail's own roots.
        report_progress: Called after each batch.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        ((unsealed, inserted_line, inserted_at),) = await connection.fetch(SELECT_UNSEALED_LINES)
        total = await connection.fetchval("SELECT coalesce(max(position), 0) FROM audit_seals")
        roots = [Root(*row) for row in await connection.fetch(SELECT_ROOTS)]
        check = _ChainCheck(connection, total, report_progress)
        defect = await check.find_first_defect(_group_roots_by_position(roots, external_roots))
        defects = [defect] if defect else []
        if inserted_line is not None:
            detail = "the line is not sealed, but a later line is"
            defects.append(ChainDefect("inserted", inserted_at, inserted_line, detail))
        for position, line in await connection.fetch(SELECT_CHANGED_TEXT):
            defects.append(ChainDefect("changed", position, line, "the purpose differs from its digest in the line"))
    return VerificationResult(check.position, unsealed, len(roots), len(external_roots), defects)


def _group_roots_by_position(
    roots: Sequence[Root], external_roots: Sequence[Root]
) -> dict[int, list[tuple[bytes, str]]]:
    """Return, by chain position, the hash and a description of each root that is at that position."""
    grouped: dict[int, list[tuple[bytes, str]]] = {}
    for kind, roots_of_kind in (("root", roots), ("external root", external_roots)):
        for root in roots_of_kind:
            of_hour = f" of {root.hour:%Y-%m-%dT%H}" if root.hour else ""
            grouped.setdefault(root.position, []).append((root.hash, f"the {kind}{of_hour}"))
    return grouped


class _ChainCheck:
    """A pass over the chain, which remembers the last position that was verified."""

    def __init__(self, connection: asyncpg.Connection, total: int, report_progress: ReportProgress) -> None:
        self._connection = connection
        self._total = total
        self._report_progress = report_progress
        self.position = 0
        self._hash = self._previous_hash = chain.GENESIS_HASH
        self._line: int | None = None

    async def find_first_defect(self, roots: dict[int, list[tuple[bytes, str]]]) -> ChainDefect | None:
        """Recompute the hash chain, compare (and remove) the roots, and return the first defect; None if intact."""
        async for rows in self._fetch_batches():
            for row in rows:
                if row["position"] != self.position + 1:
                    return ChainDefect("dropped", self.position + 1, None, "there is no seal and no line here")
                if row["id"] is None:
                    return ChainDefect("dropped", row["position"], row["line"], "the sealed line is missing")
                computed_hash = chain.hash_line(self._hash, row[3:])
                if computed_hash != row["hash"]:
                    return await self._classify_mismatch(row)
                self._previous_hash, self._hash, self._line = self._hash, computed_hash, row["line"]
                self.position += 1
                roots_here = roots.pop(self.position, [])
                if defect := _find_different_root(computed_hash, roots_here, self.position):
                    return defect
            self._report_progress(self.position, self._total)
        if roots:
            position = min(roots)
            detail = f"the chain ends before {roots[position][0][1]}, which is at position {position}"
            return ChainDefect("dropped", self.position + 1, None, detail)
        return None

    async def _fetch_batches(self) -> AsyncIterator[list[asyncpg.Record]]:
        """Yield the sealed audit lines in batches, in the order of their positions in the chain."""
        last_position = 0
        while rows := await self._connection.fetch(SELECT_SEALED_LINES, last_position):
            yield rows
            last_position = rows[-1]["position"]

    def _hash_candidates(self, lines: Iterator[tuple[Any, ...]]) -> set[bytes]:
        """Return the hash that each of these lines would have if it came after the last verified line."""
        return {chain.hash_line(self._hash, line) for line in lines}

    async def _classify_mismatch(self, row: asyncpg.Record) -> ChainDefect:
        """Read the trail again to find out why a line does not have its sealed hash, and return the defect."""
        position, seal, line = row["position"], row["hash"], row[3:]
        if position > 1 and chain.hash_line(self._previous_hash, line) == seal:
            detail = "a line with a seal was inserted before a line that was sealed without it"
            return ChainDefect("inserted", position - 1, self._line, detail)
        previous_hash = chain.GENESIS_HASH
        async for rows in self._fetch_batches():
            for other in rows:
                if other["id"] is not None and other["position"] != position:
                    other_line = other[3:]
                    is_broken = chain.hash_line(previous_hash, other_line) != other["hash"]
                    fits_here = chain.hash_line(self._hash, other_line) in (other["hash"], seal)
                    if fits_here or (is_broken and seal in self._hash_candidates(_exchange_members(line, other_line))):
                        detail = f"the line that was sealed here is now at position {other['position']}"
                        return ChainDefect("swapped", position, row["line"], detail)
                previous_hash = other["hash"]
        detail = "the line or its seal was changed, or a line before it was removed with its seal"
        return ChainDefect("changed", position, row["line"], detail)


def _exchange_members(line: tuple[Any, ...], other: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield three mixtures of the lines: the first 1, 2 and 3 values (id, xid, time) of `line`, the rest of `other`."""
    return (line[:own] + other[own:] for own in (1, 2, 3))


def _find_different_root(computed_hash: bytes, roots: list[tuple[bytes, str]], position: int) -> ChainDefect | None:
    """Return a defect if one of the roots at this position has another hash than the computed one; else None."""
    wrong = next((description for root_hash, description in roots if root_hash != computed_hash), None)
    return ChainDefect("root", position, None, f"{wrong} differs from the hash of the chain") if wrong else None
