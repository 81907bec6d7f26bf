"""A file brought in from the command line, without a client and without a limit of size."""

from collections.abc import Callable
from pathlib import Path

from app.auth import Caller
from app.core.db.transaction import Rollback, open_transaction
from app.imports import importer, parser, repository
from app.imports.report import ImportOptions, ImportReport
from app.settings import Settings
from app.writes import audit_trail
from app.writes.payloads import ChangeReason

TIMEOUT_SECONDS = 3600
FORMAT_BY_SUFFIX: dict[str, parser.Format] = {".csv": "csv", ".ndjson": "ndjson"}
OPERATOR_CALLER = Caller(client_id="", name="import", scopes=frozenset(), organization=None, meeting=None)

ReportProgress = Callable[[int, int], None]
"""Called with the rows and bytes read so far."""


async def import_file(
    settings: Settings, path: Path, order: ImportOptions, note: ChangeReason, progress: ReportProgress
) -> ImportReport:
    """Bring in a file, by its suffix; what is returned of it is committed, where it says so.

    Raises OSError for a file that cannot be read, and what a request with this file would be answered with.
    """
    outcome: ImportReport
    database = importer.build_database(settings, TIMEOUT_SECONDS)
    try:
        with path.open("rb") as file:
            async with open_transaction(database) as transaction:
                await repository.prepare_transaction(transaction, TIMEOUT_SECONDS)
                await audit_trail.attribute_revisions(transaction, OPERATOR_CALLER, "", note)
                rows = parser.read_rows(file, FORMAT_BY_SUFFIX[path.suffix.lower()], order.importable)
                outcome = await importer.import_rows(
                    transaction, OPERATOR_CALLER, order, rows, lambda count: progress(count, file.tell())
                )
                if not outcome.is_final:
                    raise Rollback
                await repository.insert_audit_line(
                    transaction, outcome.audit_keys, outcome.changed_count, client=None, scope=None, request_id=None
                )
    finally:
        await database.close()
    return outcome
