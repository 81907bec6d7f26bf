"""Bringing rows in: hundreds at once, and where one of them is refused, in ever smaller parts until it is found."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from app.auth import Caller
from app.core.db.database import Database
from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Transaction
from app.core.languages import Text
from app.core.problems import CircularParent, ErrorDetail, OutsideOrganization, Problem
from app.imports import repository
from app.imports.parser import InvalidRow, UnparsedRow
from app.imports.report import ImportOptions, ImportReport, RowReport
from app.imports.repository import Row, RowsOutsideOrganization, RowWriter, StoredObjects
from app.imports.schemas import RowStatus
from app.settings import Settings
from app.writes.conflicts import AttemptedWrite, to_problem

ROWS_PER_STATEMENT = 500  # rows that one statement brings in
SPLIT_FACTOR = 10  # that a chunk is cut into where a row of it is refused
MAX_BLOCKING_SECONDS = 0.01  # seconds of reading after which other requests of this worker have their turn
REPEATED_KEY = Text("Baris sebelumnya mempunyai kunci yang sama.", "A row before this one has the same key.")

RefusedRow = tuple[Row, RowReport]
"""A row that was refused, and its verdict for now."""

ReportProgress = Callable[[int], None]
"""Called with the number of rows that were looked at so far."""


Refusal = ConstraintViolation | RowsOutsideOrganization


def build_database(settings: Settings, seconds: int) -> Database:
    """A database whose one writing connection waits as long as an import may take."""
    longer = {"command_timeout": float(seconds), "deadline": float(seconds), "write_pool_size": 1}
    return Database(settings.model_copy(update=longer))


async def import_rows(
    transaction: Transaction,
    caller: Caller,
    order: ImportOptions,
    rows: Iterable[UnparsedRow | None],
    progress: ReportProgress = lambda _: None,
) -> ImportReport:
    """Bring all rows in that the record admits; what is to be kept of them is for the caller to say.

    Raises OutsideOrganization for a caller who may write none of these, and what is raised in reading the rows.
    """
    resource = order.importable.resource
    if caller.meeting is not None or (caller.organization is not None and resource.owner_query is None):
        raise OutsideOrganization
    return await _Importer(transaction, caller, order).run(rows, progress)


class _Importer:
    """One import within its transaction."""

    def __init__(self, transaction: Transaction, caller: Caller, order: ImportOptions) -> None:
        self.transaction = transaction
        self.caller = caller
        self.resource = order.importable.resource
        self.writer = RowWriter(self.resource)
        self.report = ImportReport(order)
        self.refused_rows: list[RefusedRow] = []

    async def run(self, rows: Iterable[UnparsedRow | None], progress: ReportProgress) -> ImportReport:
        chunk: list[Row | InvalidRow] = []
        since = time.monotonic()
        for row in rows:
            if row is not None:
                if self.report.is_full and not self.report.options.partial:
                    self.report.counts["not_attempted"] += 1
                else:
                    chunk.append(row())
            if len(chunk) == ROWS_PER_STATEMENT:
                await self._import_chunk(chunk)
                chunk = []
                progress(self.report.row_count)
            if time.monotonic() - since > MAX_BLOCKING_SECONDS:
                await self._yield_to_other_tasks()
                since = time.monotonic()
        await self._import_chunk(chunk)
        progress(self.report.row_count)
        await self._retry_refused_rows()
        return self.report

    async def _yield_to_other_tasks(self) -> None:
        """Let others have their turn. A statement does, and it alone knows of the transaction's deadline."""
        await self.transaction.ping()

    async def _import_chunk(self, chunk: Sequence[Row | InvalidRow]) -> None:
        whole = [row for row in chunk if isinstance(row, Row)]
        first = await repository.insert_new_keys(self.transaction, whole)
        for row in chunk:
            if isinstance(row, InvalidRow):
                self.report.add(RowReport(row.line, "refused", None, row.errors))
        tried: list[Row] = []
        for row in whole:
            if row.has_generated_key or row.key in first:
                first.discard(row.key)
                tried.append(row)
            else:
                error = ErrorDetail("repeated_key", REPEATED_KEY, pointer=f"/{self.resource.key_columns[-1]}")
                self.report.add(RowReport(row.line, "refused", row.key, (error,)))
        suspects = await self.writer.find_dangling_rows(self.transaction, tried)
        held = await self.writer.lock_stored_objects(self.transaction, tried)
        await self._write_or_split([row for row in tried if row.line not in suspects], held)
        for row in tried:
            if row.line in suspects:
                await self._write_or_split([row], held)

    async def _write_or_split(self, rows: Sequence[Row], held: StoredObjects) -> None:
        """Bring these in; where one is refused, cut them up until it is found."""
        if not rows:
            return
        try:
            statuses = await self._write(rows, held)
        except RowsOutsideOrganization as outside:
            for row in rows:
                if row.line in outside.lines:
                    await self._report_refusal(row, outside)
            await self._write_or_split([row for row in rows if row.line not in outside.lines], held)
        except ConstraintViolation as broken:
            if len(rows) == 1:
                await self._report_refusal(rows[0], broken)
                return
            size = -(-len(rows) // SPLIT_FACTOR)
            for begin in range(0, len(rows), size):
                await self._write_or_split(rows[begin : begin + size], held)
        else:
            for row in rows:
                self.report.add(RowReport(row.line, statuses[row.line], row.key), self._format_audit_key(row))

    async def _write(self, rows: Sequence[Row], held: StoredObjects) -> dict[int, RowStatus]:
        return await self.writer.write_or_roll_back(self.transaction, self.caller, rows, held)

    async def _report_refusal(self, row: Row, refusal: Refusal) -> None:
        """A row may have been in the way of another only until its own change came, so this one may be tried again."""
        verdict = RowReport(row.line, "refused", None if row.has_generated_key else row.key)
        if not self.report.is_full:
            verdict.errors = await self._list_errors(row, refusal)
            self.refused_rows.append((row, verdict))
        self.report.add(verdict)

    async def _list_errors(self, row: Row, refusal: Refusal) -> tuple[ErrorDetail, ...]:
        problem = (
            OutsideOrganization()
            if isinstance(refusal, RowsOutsideOrganization)
            else await self._to_problem(row, refusal)
        )
        return problem.errors or (ErrorDetail(problem.code, problem.detail, pointer=""),)

    async def _to_problem(self, row: Row, broken: ConstraintViolation) -> Problem:
        # The transaction reads: it alone sees the rows of this file.
        whole = await self.writer.get_resulting_columns(self.transaction, row)
        attempt = AttemptedWrite(
            whole,
            conflict_queries=self.resource.conflict_queries,
            part_members=self.resource.part_members,
            part_items=row.parts,
            own_addresses=[self.resource.format_address(row.keys)],
        )
        return await to_problem(self.transaction, broken, attempt)

    async def _retry_refused_rows(self) -> None:
        """Try again what was refused, unless there is more than can be told: what was in its way may be gone."""
        if self.report.is_full or not self.refused_rows:
            return
        hopeless = await self.writer.find_dangling_rows(self.transaction, [row for row, _ in self.refused_rows])
        waiting = [one for one in self.refused_rows if one[0].line not in hopeless]
        if len(waiting) > 1 and await self._retry_together(waiting):
            return
        await self._retry_individually(waiting)

    async def _retry_together(self, waiting: Sequence[RefusedRow]) -> bool:
        """Some stand in each other's way only until all of them are done."""
        rows = [row for row, _ in waiting]
        try:
            statuses = await self._write(rows, await self.writer.lock_stored_objects(self.transaction, rows))
        except (ConstraintViolation, RowsOutsideOrganization):
            return False
        for row, verdict in waiting:
            self._report_written(row, verdict, statuses)
        return True

    async def _retry_individually(self, waiting: Sequence[RefusedRow]) -> None:
        """Each once, and once more when that which is in its way was brought in.

        Where nobody knows what is in the way, again after all others: then in the opposite order, lest a chain of rows
        that wait for each other takes as many rounds as there are rows.
        """
        addresses = {self.resource.format_address(row.keys) for row, _ in waiting}
        behind: dict[str, list[RefusedRow]] = {}
        turn: list[RefusedRow] = []
        for row, verdict in reversed(waiting):
            address = _blocking_address(verdict)
            (behind.setdefault(address, []) if address in addresses else turn).append((row, verdict))
        while turn:
            stuck: list[RefusedRow] = []
            is_better = False
            while turn:
                row, verdict = turn.pop()
                address = await self._retry_row(row, verdict)
                if verdict.status != "refused":
                    is_better = True
                    turn += behind.pop(self.resource.format_address(row.keys), [])
                elif address:
                    behind.setdefault(address, []).append((row, verdict))
                else:
                    stuck.append((row, verdict))
            turn = stuck if is_better else []

    async def _retry_row(self, row: Row, verdict: RowReport) -> str | None:
        """Try a row again; where it is refused once more, the address of what is in its way, if that can be told."""
        try:
            statuses = await self._write([row], await self.writer.lock_stored_objects(self.transaction, [row]))
        except (ConstraintViolation, RowsOutsideOrganization) as refusal:
            verdict.errors = await self._list_errors(row, refusal)
            missing = await self.writer.find_missing_reference(self.transaction, row, refusal)
            return missing or _blocking_address(verdict)
        self._report_written(row, verdict, statuses)
        return None

    def _report_written(self, row: Row, verdict: RowReport, statuses: Mapping[int, RowStatus]) -> None:
        self.report.mark_written(verdict, statuses[row.line], self._format_audit_key(row), row.key)

    def _format_audit_key(self, row: Row) -> str:
        return f"{self.resource.name}/{row.key}"


def _blocking_address(verdict: RowReport) -> str | None:
    """The address of what must change before the row can be brought in. A circle may be broken anywhere."""
    first = verdict.errors[0]
    return None if first.code == CircularParent.code else first.address
