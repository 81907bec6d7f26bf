"""Recomputes the chain from its first line to its last, and says where it breaks and how."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import asyncpg

from app.audit_chain import chain
from app.audit_chain.sealer import Root

BATCH = 5000

SEALED = f"""
SELECT s.position, s.line, s.hash, {chain.COLUMNS}
FROM audit_seals AS s LEFT JOIN audit_lines AS l ON l.id = s.line
WHERE s.position > $1 ORDER BY s.position LIMIT {BATCH}
"""  # noqa: S608  (our own words)
# The sealer's order read the other way round: what it will never seal, though it stands below what is sealed.
UNSEALED = """
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
ROOTS = "SELECT hour, position, hash FROM audit_roots ORDER BY position"

Kind = Literal["changed", "dropped", "inserted", "swapped", "root"]
Progress = Callable[[int, int], None]


class Flaw(NamedTuple):
    """Where the trail is not what was sealed; `line` is the line's id, if there is one."""

    kind: Kind
    position: int
    line: int | None
    detail: str


class Verdict(NamedTuple):
    """What was found: the first flaw of the chain, and an unsealed line that stands among the sealed ones.

    `roots`: of the trail itself; `kept`: elsewhere. The hashes were compared with both.
    """

    sealed: int
    unsealed: int
    roots: int
    kept: int
    flaws: list[Flaw]


async def verify(connection: asyncpg.Connection, kept: Sequence[Root], progress: Progress) -> Verdict:
    """Look at the whole trail as it is at this moment; `kept` are roots that were kept elsewhere.

    The hashes are made anew from the lines alone, batch by batch. Lines that are not sealed yet are counted.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        ((unsealed, *inserted),) = await connection.fetch(UNSEALED)
        total = await connection.fetchval("SELECT coalesce(max(position), 0) FROM audit_seals")
        roots = [Root(*row) for row in await connection.fetch(ROOTS)]
        walk = _Chain(connection, total, progress)
        flaw = await walk.follow(_by_position(roots, kept))
        flaws = [flaw] if flaw else []
        if inserted[0] is not None:
            detail = "not sealed, and stands where only sealed lines are"
            flaws.append(Flaw("inserted", inserted[1], inserted[0], detail))
    return Verdict(walk.position, unsealed, len(roots), len(kept), flaws)


def _by_position(roots: Sequence[Root], kept: Sequence[Root]) -> dict[int, list[tuple[bytes, str]]]:
    told: dict[int, list[tuple[bytes, str]]] = {}
    for source, some in (("", roots), (" kept elsewhere", kept)):
        for root in some:
            told.setdefault(root.position, []).append((root.hash, f"the root of {root.hour:%Y-%m-%dT%H}{source}"))
    return told


class _Chain:
    """The way along the chain, and how far it has come."""

    def __init__(self, connection: asyncpg.Connection, total: int, progress: Progress) -> None:
        self._connection = connection
        self._total = total
        self._progress = progress
        self.position = 0
        self._hash = self._before = chain.GENESIS
        self._line: int | None = None

    async def follow(self, roots: dict[int, list[tuple[bytes, str]]]) -> Flaw | None:
        """Up to the first flaw, or to the end."""
        async for rows in self._batches():
            for row in rows:
                if row["position"] != self.position + 1:
                    return Flaw("dropped", self.position + 1, None, "no seal and no line at this position")
                if row["id"] is None:
                    return Flaw("dropped", row["position"], row["line"], "sealed, but not there any more")
                made = chain.link(self._hash, row[3:])
                if made != row["hash"]:
                    return await self._told_apart(row)
                self._before, self._hash, self._line = self._hash, made, row["line"]
                self.position += 1
                if self.position in roots and (flaw := _differs(made, roots.pop(self.position), self.position)):
                    return flaw
            self._progress(self.position, self._total)
        if roots:
            position = min(roots)
            detail = f"the chain ends before {roots[position][0][1]}, which is at position {position}"
            return Flaw("dropped", self.position + 1, None, detail)
        return None

    async def _batches(self) -> AsyncIterator[list[asyncpg.Record]]:
        last = 0
        while rows := await self._connection.fetch(SEALED, last):
            yield rows
            last = rows[-1]["position"]

    def _links(self, lines: Iterator[tuple[Any, ...]]) -> set[bytes]:
        return {chain.link(self._hash, line) for line in lines}

    async def _told_apart(self, row: asyncpg.Record) -> Flaw:
        """What a broken link is a sign of. Only now is it worth a second look at all lines."""
        position, seal, line = row["position"], row["hash"], row[3:]
        if position > 1 and chain.link(self._before, line) == seal:
            detail = "a line with a seal, put in before one that was sealed without it"
            return Flaw("inserted", position - 1, self._line, detail)
        before = chain.GENESIS
        async for rows in self._batches():
            for other in rows:
                if other["id"] is not None and other["position"] != position:
                    found = other[3:]
                    is_broken = chain.link(before, found) != other["hash"]
                    fits = chain.link(self._hash, found) in (other["hash"], seal)
                    if fits or (is_broken and seal in self._links(_exchanged(line, found))):
                        detail = f"what was sealed here now stands at position {other['position']}"
                        return Flaw("swapped", position, row["line"], detail)
                before = other["hash"]
        detail = "not what was sealed here: the line or its seal was changed, or a pair before them was cut out"
        return Flaw("changed", position, row["line"], detail)


def _exchanged(line: tuple[Any, ...], other: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """What the line said, if the other one says it now and each has kept its id, its xid too, its time too."""
    return (line[:kept] + other[kept:] for kept in (1, 2, 3))


def _differs(made: bytes, roots: list[tuple[bytes, str]], position: int) -> Flaw | None:
    wrong = next((name for root, name in roots if root != made), None)
    return Flaw("root", position, None, f"{wrong} is another hash than the chain has here") if wrong else None
