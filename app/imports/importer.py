"""Import of rows in chunks of hundreds; a chunk with a refused row is split until the row is found."""

import time
from collections.abc import Callable, Mapping, Sequence

from app.auth import Caller
from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Transaction
from app.core.languages import Text
from app.core.problems import ErrorDetail, OutsideOrganization
from app.imports import transactions
from app.imports.parser import ParsedRows
from app.imports.refusals import Refusal, explain_refusal, find_blocking_address
from app.imports.report import ImportOptions, ImportReport, RowReport
from app.imports.repository import RowsRefused, RowWriter
from app.imports.resolution import resolve_chunk
from app.imports.rows import InvalidRow, Row, StoredObjects
from app.imports.schemas import RowStatus
from app.writes.resource import Resource

ROWS_PER_STATEMENT = 500
SPLIT_FACTOR = 10  # number of pieces into which a chunk with a refused row is split
MAX_BLOCKING_SECONDS = 0.01  # time of parsing after which the event loop runs other tasks
REPEATED_KEY = Text("Baris sebelumnya sudah mempunyai kunci yang sama.", "An earlier row has the same key.")

RefusedRow = tuple[Row, RowReport]
"""A refused row that may be tried again, and its result so far."""

ReportProgress = Callable[[int], None]
"""Receives the number of rows processed so far."""


async def import_rows(
    transaction: Transaction,
    caller: Caller,
    options: ImportOptions,
    rows: ParsedRows,
    report_progress: ReportProgress = lambda _: None,
) -> ImportReport:
    """Write the rows that can be written, in the caller's transaction, and return the report; the caller commits.

    Raises:
        OutsideOrganization: The caller may not write any object of the resource.
        InvalidContent: The header of the file is wrong.
        Malformed: The file is not of its format.
        NotFound: The meeting of all rows does not exist, or the caller may not know of it.
        RollClosed: The roll of that meeting has been closed.
    """
    if options.meeting is not None:
        await options.importable.resource.ensure_writable(transaction, caller, {"meeting": options.meeting})
    require_importer(caller, options.importable.resource)
    return await _Importer(transaction, caller, options).run(rows, report_progress)


def require_importer(caller: Caller, resource: Resource) -> None:
    """Raise OutsideOrganization if the caller may not write any object of the resource."""
    if caller.meeting is not None or (caller.organization is not None and resource.owner_query is None):
        raise OutsideOrganization


async def require_visible(transaction: Transaction, caller: Caller, options: ImportOptions) -> None:
    """Raise a problem unless the caller may see the response of an earlier import with these options.

    Raises:
        OutsideOrganization: The caller may not write any object of the resource.
        NotFound: The meeting of all rows does not exist, or the caller may not know of it.
    """
    resource = options.importable.resource
    if options.meeting is not None:
        await resource.ensure_visible(transaction, caller, {"meeting": options.meeting})
    require_importer(caller, resource)


class _Importer:
    """One import within its transaction."""

    def __init__(self, transaction: Transaction, caller: Caller, options: ImportOptions) -> None:
        self.transaction = transaction
        self.caller = caller
        self.resource = options.importable.resource
        self.writer = RowWriter(options.importable, update=options.update)
        self.report = ImportReport(options)
        self.refused_rows: list[RefusedRow] = []

    async def run(self, parsed: ParsedRows, report_progress: ReportProgress) -> ImportReport:
        """Parse and write the rows in chunks, try refused rows again, and return the report; do not commit."""
        self.report.headings = parsed.headings
        chunk: list[Row | InvalidRow] = []
        started_at = time.monotonic()
        for row in parsed.rows:
            if row is not None:
                if self.report.is_full and not self.report.options.partial:
                    self.report.add(RowReport(row.line, "not_attempted", None))
                else:
                    chunk.append(row.parse())
            if len(chunk) == ROWS_PER_STATEMENT:
                await self._import_chunk(chunk)
                chunk = []
                report_progress(self.report.row_count)
            if time.monotonic() - started_at > MAX_BLOCKING_SECONDS:
                await self._yield_to_other_tasks()
                started_at = time.monotonic()
        await self._import_chunk(chunk)
        report_progress(self.report.row_count)
        await self._retry_refused_rows()
        return self.report

    async def _yield_to_other_tasks(self) -> None:
        """Ping the database, so that other tasks run and the transaction's deadline is enforced."""
        await self.transaction.ping()

    async def _import_chunk(self, chunk: Sequence[Row | InvalidRow]) -> None:
        """Write and report a chunk's rows; refuse invalid and repeated ones, write singly those lacking references."""
        chunk = await resolve_chunk(self.transaction, self.report.options, chunk)
        valid_rows = [row for row in chunk if isinstance(row, Row)]
        new_keys = await transactions.insert_new_keys(self.transaction, valid_rows)
        for row in chunk:
            if isinstance(row, InvalidRow):
                self.report.add(RowReport(row.line, "refused", row.key, row.errors))
        rows: list[Row] = []
        for row in valid_rows:
            if row.has_generated_key or row.key in new_keys:
                new_keys.discard(row.key)
                rows.append(row)
            else:
                error = ErrorDetail("repeated_key", REPEATED_KEY, pointer=f"/{self.resource.key_columns[-1]}")
                self.report.add(RowReport(row.line, "refused", row.key, (error,)))
        dangling = await self.writer.find_dangling_rows(self.transaction, rows)
        stored = await self.writer.lock_stored_objects(self.transaction, rows)
        await self._write_or_split([row for row in rows if row.line not in dangling], stored)
        for row in rows:
            if row.line in dangling:
                await self._write_or_split([row], stored)

    async def _write_or_split(self, rows: Sequence[Row], stored: StoredObjects) -> None:
        """Write these rows and report them; on a refusal, split them until each refused row is alone."""
        if not rows:
            return
        try:
            statuses = await self._write(rows, stored)
        except RowsRefused as refusal:
            for row in rows:
                if row.line in refusal.lines:
                    await self._report_refusal(row, refusal)
            await self._write_or_split([row for row in rows if row.line not in refusal.lines], stored)
        except ConstraintViolation as violation:
            if len(rows) == 1:
                await self._report_refusal(rows[0], violation)
                return
            size = -(-len(rows) // SPLIT_FACTOR)
            for start in range(0, len(rows), size):
                await self._write_or_split(rows[start : start + size], stored)
        else:
            for row in rows:
                self.report.add(self._report_written(row, statuses, stored), self._format_audit_key(row))

    async def _write(self, rows: Sequence[Row], stored: StoredObjects) -> dict[int, RowStatus]:
        """Write these rows within a savepoint, all or none, and return the status of each by line."""
        return await self.writer.write_or_roll_back(self.transaction, self.caller, rows, stored)

    async def _report_refusal(self, row: Row, refusal: Refusal) -> None:
        """Report a refused row and, while the report has space, add its errors and store it for another attempt."""
        result = RowReport(row.line, "refused", None if row.has_generated_key else row.key)
        if not self.report.is_full:
            result.errors = await explain_refusal(self.transaction, self.writer, row, refusal)
            self.refused_rows.append((row, result))
        self.report.add(result)

    async def _retry_refused_rows(self) -> None:
        """Try to write the refused rows again, as other rows may now be stored; do nothing if the report is full."""
        if self.report.is_full or not self.refused_rows:
            return
        dangling = await self.writer.find_dangling_rows(self.transaction, [row for row, _ in self.refused_rows])
        retried = [(row, result) for row, result in self.refused_rows if row.line not in dangling]
        if len(retried) > 1 and await self._retry_together(retried):
            return
        await self._retry_individually(retried)

    async def _retry_together(self, refused: Sequence[RefusedRow]) -> bool:
        """Try to write all refused rows in one savepoint; report them if that succeeds, and return whether it did."""
        rows = [row for row, _ in refused]
        stored = await self.writer.lock_stored_objects(self.transaction, rows)
        try:
            statuses = await self._write(rows, stored)
        except (ConstraintViolation, RowsRefused):
            return False
        for row, result in refused:
            self._mark_written(row, result, statuses, stored)
        return True

    async def _retry_individually(self, refused: Sequence[RefusedRow]) -> None:
        """Try each refused row again, and once more when the object that it conflicts with was written.

        Rows without a known object in conflict are tried again after all others, in rounds, until a round writes no
        row. Each round reverses the order: otherwise a chain of rows that wait for each other would take as many rounds
        as it has rows.
        """
        addresses = {self.resource.format_address(row.keys) for row, _ in refused}
        waiting: dict[str, list[RefusedRow]] = {}  # by the address of the object that the rows wait for
        queue: list[RefusedRow] = []
        for row, result in reversed(refused):
            address = find_blocking_address(result)
            (waiting.setdefault(address, []) if address in addresses else queue).append((row, result))
        while queue:
            next_round: list[RefusedRow] = []
            any_written = False
            while queue:
                row, result = queue.pop()
                address = await self._retry_row(row, result)
                if result.status != "refused":
                    any_written = True
                    queue += waiting.pop(self.resource.format_address(row.keys), [])
                elif address:
                    waiting.setdefault(address, []).append((row, result))
                else:
                    next_round.append((row, result))
            queue = next_round if any_written else []

    async def _retry_row(self, row: Row, result: RowReport) -> str | None:
        """Try a row again; return the address of the object that it conflicts with, None if written or not known."""
        stored = await self.writer.lock_stored_objects(self.transaction, [row])
        try:
            statuses = await self._write([row], stored)
        except (ConstraintViolation, RowsRefused) as refusal:
            result.errors = await explain_refusal(self.transaction, self.writer, row, refusal)
            missing = await self.writer.find_missing_reference(self.transaction, row, refusal)
            return missing or find_blocking_address(result)
        self._mark_written(row, result, statuses, stored)
        return None

    def _report_written(self, row: Row, statuses: Mapping[int, RowStatus], stored: StoredObjects) -> RowReport:
        """Build the result of a row that was written, with the members that it changed."""
        status = statuses[row.line]
        columns = self.writer.list_changes(row, stored[row.line]) if status == "updated" else ()
        member_of_column = self.report.options.importable.member_of_column
        changed = list(dict.fromkeys(member_of_column.get(column, column) for column in columns))
        return RowReport(row.line, status, row.key, changed=changed)

    def _mark_written(
        self, row: Row, result: RowReport, statuses: Mapping[int, RowStatus], stored: StoredObjects
    ) -> None:
        """Change a row's result from refused to its new status, after a later attempt wrote it."""
        self.report.mark_written(result, self._report_written(row, statuses, stored), self._format_audit_key(row))

    def _format_audit_key(self, row: Row) -> str:
        """Return the key of a row's object for the audit trail, such as `officials/{id}`."""
        return f"{self.resource.name}/{row.key}"
