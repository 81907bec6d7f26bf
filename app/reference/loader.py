"""Load of a data set in one transaction: all of it, or nothing.

The files are authoritative for their rows: they replace the values in the database, even if somebody has edited these
since. A row that the files do not contain is left unchanged; nothing is ever deleted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app.core.db.sessions import Connector
from app.reference import constraint_messages, statements
from app.reference.dataset import SHIPPED, Dataset, RowSet, read_dataset
from app.reference.errors import MAX_REPORTED_ERRORS, DatasetError, RowError
from app.reference.fault_isolation import find_faulty_lines
from app.reference.files import FILES
from app.reference.files.meetings import MEETINGS

__all__ = [
    "SHIPPED",
    "Dataset",
    "DatasetError",
    "LoadSummary",
    "ReportProgress",
    "RowError",
    "TableCounts",
    "load",
    "read_dataset",
]

LINES_PER_STATEMENT = 5_000
MAX_RETRIED_ROWS = 5_000  # with more rejected rows the load of a table is given up
TABLES = tuple(dict.fromkeys(file.table.name for file in FILES))

ReportProgress = Callable[[str, int, int], None]
"""Called with the name of a table, the number of its rows that were loaded so far, and the number of all of them."""


@dataclass
class TableCounts:
    """Counts of the loaded rows of one table."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        """The number of rows of a table that were inserted, updated or unchanged."""
        return self.inserted + self.updated + self.unchanged

    def add(self, inserted: int, updated: int, staged: int) -> None:
        """Add the counts of one upsert; `staged` counts all its rows, from which the unchanged ones are derived."""
        self.inserted += inserted
        self.updated += updated
        self.unchanged += staged - inserted - updated


@dataclass
class LoadSummary:
    """Counts of the loaded rows, by table in the order of loading."""

    tables: dict[str, TableCounts] = field(default_factory=lambda: {table: TableCounts() for table in TABLES})

    @property
    def inserted(self) -> int:
        """The number of rows inserted in all tables."""
        return sum(counts.inserted for counts in self.tables.values())

    @property
    def updated(self) -> int:
        """The number of rows updated in all tables."""
        return sum(counts.updated for counts in self.tables.values())

    @property
    def unchanged(self) -> int:
        """The number of rows that were equal before, in all tables."""
        return sum(counts.unchanged for counts in self.tables.values())


async def load(url: str, dataset: Dataset, report_progress: ReportProgress | None = None) -> LoadSummary:
    """Upsert a data set with an audit line in one transaction, under a lock against other loads; return the counts.

    Raises:
        DatasetError: The database rejects rows; nothing was loaded.
        Exception: Other errors (no connection, a lock not acquired within 5 s) are raised as asyncpg raises them.
    """
    connection = await Connector(url, "rakornas load", {"lock_timeout": "5s"}).connect()
    try:
        async with connection.transaction():
            await connection.execute(statements.LOCK_LOADING)
            await connection.execute(statements.SET_AUTHOR)
            summary = await _DatasetLoader(connection, dataset, report_progress or _ignore_progress).run()
            if written := [name for name, counts in summary.tables.items() if counts.inserted or counts.updated]:
                await connection.execute(statements.INSERT_AUDIT_LINE, written)
            return summary
    finally:
        await connection.close(timeout=5)


def _ignore_progress(table: str, done: int, total: int) -> None:
    """Ignore the progress; the default of `report_progress`."""


class _DatasetLoader:
    """One load within its transaction."""

    def __init__(
        self, connection: "asyncpg.Connection[Any]", dataset: Dataset, report_progress: ReportProgress
    ) -> None:
        self.connection = connection
        self.row_sets = dataset.row_sets
        self.report_progress = report_progress
        self.summary = LoadSummary()
        self.last_line: dict[str, int] = {}
        self.rejected: dict[int, asyncpg.PostgresError] = {}

    async def run(self) -> LoadSummary:
        """Copy all rows to temporary tables, check their references, and upsert them; return counts, do not commit."""
        for row_set in self.row_sets:
            await self._copy_to_staging(row_set)
        await self._check_references()
        # A postponed meeting is updated before its sessions, which until then lie on its former days.
        await self.connection.execute(statements.DEFER_SESSION_CHECK)
        for row_set in self.row_sets:
            await self._upsert_row_set(row_set)
        await self._check_deferred_constraints()
        return self.summary

    async def _check_deferred_constraints(self) -> None:
        """Check deferred constraints now; DatasetError if a session lies outside its meeting."""
        try:
            await self.connection.execute(statements.CHECK_SESSIONS)
        except constraint_messages.ROW_EXCEPTIONS as error:
            raise DatasetError([RowError(MEETINGS.name, None, None, str(getattr(error, "message", error)))]) from error

    async def _copy_to_staging(self, row_set: RowSet) -> None:
        """Copy the rows of a file to a new temporary table, and index it by line."""
        await self.connection.execute(statements.create_staging_table_sql(row_set))
        await self.connection.copy_records_to_table(
            statements.staging_table_name(row_set),
            records=self._track_last_line(row_set),
            columns=["line", *row_set.columns],
        )
        await self.connection.execute(statements.index_staging_table_sql(row_set))

    def _track_last_line(self, row_set: RowSet) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a file, and store the line of the last one in `last_line`."""
        self.last_line[row_set.name] = 0
        for row in row_set.read_rows():
            self.last_line[row_set.name] = row[0]
            yield row

    async def _check_references(self) -> None:
        """Raise DatasetError if a row refers to one that is neither in the database nor in the data set."""
        errors: dict[tuple[str, int | None, str | None], RowError] = {}
        for row_set in self.row_sets:
            for column, target in statements.list_references(row_set):
                query = statements.select_missing_references_sql(row_set, column, target, self.row_sets)
                for line, value in await self.connection.fetch(query, MAX_REPORTED_ERRORS):
                    error = constraint_messages.build_missing_reference_error(
                        row_set, column, target.table.name, line, value
                    )
                    # A commission repeats the error of its region.
                    errors.setdefault((error.file, error.line, error.column), error)
        if errors:
            raise DatasetError(list(errors.values()))

    async def _upsert_row_set(self, row_set: RowSet) -> None:
        """Upsert the rows of a file in chunks, with progress, retrying rejected rows; DatasetError if some remain."""
        counts = self.summary.tables[row_set.table.name]
        count_before = counts.total
        for first_line in range(0, self.last_line[row_set.name] + 1, LINES_PER_STATEMENT):
            await self._upsert_lines(row_set, first_line, first_line + LINES_PER_STATEMENT - 1)
            self.report_progress(row_set.table.name, counts.total - count_before, row_set.row_count)
        await self._retry_rejected_lines(row_set)
        if self.rejected:
            raise DatasetError(await self._build_row_errors(row_set))

    async def _upsert_lines(self, row_set: RowSet, first_line: int, last_line: int) -> None:
        """Upsert and count the rows of these lines; on a rejection, halve the range until the row is recorded alone."""
        if len(self.rejected) >= MAX_RETRIED_ROWS:
            return
        try:
            async with self.connection.transaction():
                [counts] = await self.connection.fetch(statements.upsert_lines_sql(row_set), first_line, last_line)
        except constraint_messages.ROW_EXCEPTIONS as error:
            if first_line == last_line:
                self.rejected[first_line] = error
                return
            middle = (first_line + last_line) // 2
            await self._upsert_lines(row_set, first_line, middle)
            await self._upsert_lines(row_set, middle + 1, last_line)
        else:
            self.summary.tables[row_set.table.name].add(*counts)

    async def _retry_rejected_lines(self, row_set: RowSet) -> None:
        """Upsert the rejected rows again, one by one, in rounds, until none is left or a round writes none.

        A row may conflict with another only until that one is updated too, as when a handover moves by a day.
        """
        while 0 < len(self.rejected) < MAX_RETRIED_ROWS:
            retried, self.rejected = self.rejected, {}
            for line in retried:
                await self._upsert_lines(row_set, line, line)
            if len(self.rejected) == len(retried):
                return

    async def _build_row_errors(self, row_set: RowSet) -> list[RowError]:
        """Return the errors, up to MAX_REPORTED_ERRORS, of those rejected rows that cause the rejections."""
        staged = await self.connection.fetch(statements.select_staged_rows_sql(row_set), [*self.rejected])
        rows = {row["line"]: row for row in staged}
        lines, is_circular = find_faulty_lines(row_set, self.rejected, rows)
        build_error = (
            constraint_messages.build_circular_reference_error
            if is_circular
            else constraint_messages.build_constraint_error
        )
        return [build_error(self.rejected[line], row_set, rows[line]) for line in lines[:MAX_REPORTED_ERRORS]]
