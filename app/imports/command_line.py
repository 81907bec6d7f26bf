"""Import of a file from the command line, without a client and without a limit of size."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.auth import Caller
from app.core.db.transaction import Rollback, open_transaction
from app.imports import importer, parser, repository, transactions, workbook
from app.imports.report import ImportOptions, ImportReport
from app.settings import Settings
from app.writes import audit_trail
from app.writes.payloads import ChangeReason

TIMEOUT_SECONDS = 3600
FORMAT_BY_SUFFIX: dict[str, parser.Format] = {".csv": "csv", ".txt": "csv", ".ndjson": "ndjson", ".xlsx": "xlsx"}
OPERATOR_CALLER = Caller(client_id="", name="import", scopes=frozenset(), organization=None, meeting=None)

ReportProgress = Callable[[int, int], None]
"""Receives the number of rows and of bytes read so far."""


@dataclass(frozen=True)
class ImportFile:
    """A file to import."""

    path: Path
    sheet: str | None = None
    """Name of the sheet of a workbook; None: the first visible one."""

    def read_rows(self, file: BinaryIO, options: ImportOptions) -> parser.ParsedRows:
        """Return the rows of the file, which is open."""
        format_ = FORMAT_BY_SUFFIX[self.path.suffix.lower()]
        if format_ != "xlsx":
            return parser.read_rows(file, format_, options.importable, day_first=options.day_first)
        content = file.read()
        read = workbook.read_workbook(content, self.sheet, workbook.COMMAND_LIMITS)
        return parser.read_table(workbook.open_records(read, content), options.importable, day_first=options.day_first)


async def import_file(
    settings: Settings,
    source: ImportFile,
    options: ImportOptions,
    reason: ChangeReason,
    report_progress: ReportProgress,
) -> ImportReport:
    """Import a file with an audit line in a transaction, rolled back if dry or refused; return a report.

    Raises:
        OSError: The file cannot be read.
        Problem: The file is malformed, as in a response to a request with this file.
    """
    report: ImportReport
    database = transactions.build_database(settings, TIMEOUT_SECONDS)
    try:
        with source.path.open("rb") as file:
            rows = source.read_rows(file, options)
            async with open_transaction(database) as transaction:
                await transactions.prepare_transaction(transaction, TIMEOUT_SECONDS)
                await audit_trail.attribute_revisions(transaction, OPERATOR_CALLER, "", reason)
                report = await importer.import_rows(
                    transaction, OPERATOR_CALLER, options, rows, lambda count: report_progress(count, file.tell())
                )
                if not report.is_final:
                    raise Rollback
                await repository.insert_audit_line(
                    transaction, report.audit_keys, report.changed_count, client=None, scope=None, request_id=None
                )
    finally:
        await database.close()
    return report
