"""Loading a data set: all of it, or nothing.

The files are authoritative for the rows in them: what they say replaces what the database says, also where somebody
has edited it since. A row that they do not contain stays as it is; nothing is ever deleted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app.reference import constraint_messages, statements
from app.reference.dataset import SHIPPED, Dataset, Part, read_dataset
from app.reference.fault_isolation import at_fault
from app.reference.files import FILES
from app.reference.files.meetings import MEETINGS
from app.reference.flaws import MOST, DatasetError, Flaw

__all__ = ["SHIPPED", "Counts", "Dataset", "DatasetError", "Flaw", "Progress", "Summary", "load", "read_dataset"]

CHUNK = 5_000  # lines that one statement brings in
MOST_REFUSED = 5_000  # rows that are tried again before a table is given up
TABLES = tuple(dict.fromkeys(file.table.name for file in FILES))

Progress = Callable[[str, int, int], None]
"""Called with a table's name, its rows brought in so far, and how many there are."""


@dataclass
class Counts:
    """What became of the rows of one table."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        return self.inserted + self.updated + self.unchanged

    def add(self, inserted: int, updated: int, given: int) -> None:
        self.inserted += inserted
        self.updated += updated
        self.unchanged += given - inserted - updated


@dataclass
class Summary:
    """What became of all rows, by table in the order of loading."""

    tables: dict[str, Counts] = field(default_factory=lambda: {table: Counts() for table in TABLES})

    @property
    def inserted(self) -> int:
        return sum(counts.inserted for counts in self.tables.values())

    @property
    def updated(self) -> int:
        return sum(counts.updated for counts in self.tables.values())

    @property
    def unchanged(self) -> int:
        return sum(counts.unchanged for counts in self.tables.values())


async def load(url: str, dataset: Dataset, progress: Progress | None = None) -> Summary:
    """Load in one transaction, one load at a time. DatasetError: the database refuses rows, and nothing was loaded.

    Faults that are not the data set's (no connection, a lock not had within 5 s) are raised as asyncpg raises them.
    """
    connection = await asyncpg.connect(
        url,
        timeout=5,
        server_settings={
            "application_name": "rakornas load",
            "timezone": "UTC",
            "lock_timeout": "5s",
            "idle_in_transaction_session_timeout": "1min",
            "jit": "off",
        },
    )
    try:
        async with connection.transaction():
            await connection.execute(statements.LOCK)
            await connection.execute(statements.SIGN)
            summary = await _Load(connection, dataset, progress or _silent).run()
            if written := [name for name, counts in summary.tables.items() if counts.inserted or counts.updated]:
                await connection.execute(statements.AUDIT, written)
            return summary
    finally:
        await connection.close(timeout=5)


def _silent(table: str, done: int, total: int) -> None:
    pass


class _Load:
    """One load within its transaction."""

    def __init__(self, connection: "asyncpg.Connection[Any]", dataset: Dataset, progress: Progress) -> None:
        self.connection = connection
        self.parts = dataset.parts
        self.progress = progress
        self.summary = Summary()
        self.last_line: dict[str, int] = {}
        self.refused: dict[int, asyncpg.PostgresError] = {}

    async def run(self) -> Summary:
        for part in self.parts:
            await self._stage(part)
        await self._check_references()
        # A meeting that is put off comes before its sessions, which still lie on its former days.
        await self.connection.execute(statements.DEFER)
        for part in self.parts:
            await self._bring_in(part)
        await self._check_what_was_deferred()
        return self.summary

    async def _check_what_was_deferred(self) -> None:
        try:
            await self.connection.execute(statements.ASK)
        except constraint_messages.REFUSALS as error:
            raise DatasetError([Flaw(MEETINGS.name, None, None, str(getattr(error, "message", error)))]) from error

    async def _stage(self, part: Part) -> None:
        await self.connection.execute(statements.create_staging(part))
        await self.connection.copy_records_to_table(
            statements.staging(part), records=self._noting_lines(part), columns=["line", *part.columns]
        )
        await self.connection.execute(statements.index_staging(part))

    def _noting_lines(self, part: Part) -> Iterator[tuple[Any, ...]]:
        self.last_line[part.name] = 0
        for row in part.rows():
            self.last_line[part.name] = row[0]
            yield row

    async def _check_references(self) -> None:
        flaws: dict[tuple[str, int | None, str | None], Flaw] = {}
        for part in self.parts:
            for column, target in statements.references(part):
                for row in await self.connection.fetch(statements.dangling(part, column, target, self.parts), MOST):
                    flaw = constraint_messages.dangling(part, column, target.table.name, *row)
                    flaws.setdefault((flaw.file, flaw.line, flaw.column), flaw)  # a commission repeats its region's
        if flaws:
            raise DatasetError(list(flaws.values()))

    async def _bring_in(self, part: Part) -> None:
        """In chunks, which serves the progress and the search for a refused row alike."""
        counts = self.summary.tables[part.table.name]
        before = counts.total
        for low in range(0, self.last_line[part.name] + 1, CHUNK):
            await self._put(part, low, low + CHUNK - 1)
            self.progress(part.table.name, counts.total - before, part.count)
        await self._put_refused_again(part)
        if self.refused:
            raise DatasetError(await self._flaws(part))

    async def _put(self, part: Part, low: int, high: int) -> None:
        """Bring in the rows of these lines; where one is refused, halve the lines until it is found."""
        if len(self.refused) >= MOST_REFUSED:
            return
        try:
            async with self.connection.transaction():
                [counted] = await self.connection.fetch(statements.upsert(part), low, high)
        except constraint_messages.REFUSALS as error:
            if low == high:
                self.refused[low] = error
                return
            middle = (low + high) // 2
            await self._put(part, low, middle)
            await self._put(part, middle + 1, high)
        else:
            self.summary.tables[part.table.name].add(*counted)

    async def _put_refused_again(self, part: Part) -> None:
        """A row may have been in the way of another only until its own change came, as where a handover moves by a day.

        So what was refused is tried again for as long as that brings any of it in.
        """
        while 0 < len(self.refused) < MOST_REFUSED:
            again, self.refused = self.refused, {}
            for line in again:
                await self._put(part, line, line)
            if len(self.refused) == len(again):
                return

    async def _flaws(self, part: Part) -> list[Flaw]:
        rows = {row["line"]: row for row in await self.connection.fetch(statements.staged_rows(part), [*self.refused])}
        lines, circular = at_fault(part, self.refused, rows)
        tell = constraint_messages.circle if circular else constraint_messages.flaw_of
        return [tell(self.refused[line], part, rows[line]) for line in lines[:MOST]]
