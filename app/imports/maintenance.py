"""A file brought in from the command line, without a client and without a limit of size."""

from collections.abc import Callable
from pathlib import Path

from app.auth import Caller
from app.core.db.transaction import Rollback, open_transaction
from app.imports import parser, repository, service
from app.imports.outcome import Order, Outcome
from app.settings import Settings
from app.writes import audit_trail
from app.writes.payloads import ChangeReason

SECONDS = 3600
BY_SUFFIX: dict[str, parser.Format] = {".csv": "csv", ".ndjson": "ndjson"}
OPERATOR = Caller(client_id="", name="import", scopes=frozenset(), organization=None, meeting=None)

Progress = Callable[[int, int], None]
"""Called with the rows and bytes read so far."""


async def bring_in(settings: Settings, path: Path, order: Order, note: ChangeReason, progress: Progress) -> Outcome:
    """Bring in a file, by its suffix; what is returned of it is committed, where it says so.

    Raises OSError for a file that cannot be read, and what a request with this file would be answered with.
    """
    outcome: Outcome
    database = service.patient(settings, SECONDS)
    try:
        with path.open("rb") as file:
            async with open_transaction(database) as transaction:
                await repository.begin(transaction, SECONDS)
                await audit_trail.attribute_revisions(transaction, OPERATOR, "", note)
                rows = parser.rows(file, BY_SUFFIX[path.suffix.lower()], order.importable)
                outcome = await service.bring_in(
                    transaction, OPERATOR, order, rows, lambda count: progress(count, file.tell())
                )
                if not outcome.is_final:
                    raise Rollback
                await repository.audit(
                    transaction, outcome.keys, outcome.touched, client=None, scope=None, request_id=None
                )
    finally:
        await database.close()
    return outcome
