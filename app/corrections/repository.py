"""The SQL of changing a roll: annulments, its closing, and the corrections after that."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Text, bindparam, case, literal_column, null, select, true

from app import models, references
from app.attendance import schemas
from app.core.collection import ActiveFilters, Collection
from app.core.db.documents import DayExpression, Document, DocumentSelect
from app.core.db.transaction import Transaction
from app.writes.payloads import ChangeReason

_correction = models.RollCorrection
TABLE: Table = _correction.__table__  # type: ignore[assignment]


def select_corrections(_day: DayExpression) -> DocumentSelect:
    of_somebody = _correction.participant.is_not(None)
    return select(
        _correction.id,
        case((of_somebody, references.participant_reference(_correction.participant)), else_=null()).label(
            "participant"
        ),
        _correction.status,
        _correction.scan,
        _correction.reason,
        _correction.legal_basis,
        _correction.asked_by,
        _correction.asked_at,
        _correction.confirmed_by,
        _correction.confirmed_at,
        _correction.confirmed_for,
        _correction.confirmed_basis,
        _correction.revision,
    )


def _conditions(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    yield _correction.meeting == bindparam("meeting", type_=Text)
    if "pending" in given:
        yield _correction.confirmed_by.is_(None) == (bindparam("pending", type_=Text) == literal_column("'true'"))


CORRECTIONS = Collection(
    Document(schemas.RollCorrection, select_corrections),
    _correction,
    conditions=_conditions,
    sorts={"id": []},
    folded=literal_column("''"),
    whole=true(),
)


class ScanAnnulment(NamedTuple):
    """When a scan was annulled, and why; neither: it was not."""

    at: datetime | None
    reason: str | None
    legal_basis: str | None


class RequestedCorrection(NamedTuple):
    """A correction that was asked for."""

    participant: UUID | None
    status: str | None
    scan: UUID | None
    reason: str
    legal_basis: str | None
    asked_by: str
    confirmed_by: str | None

    @property
    def change_reason(self) -> ChangeReason:
        return ChangeReason(reason=self.reason, legal_basis=self.legal_basis)


NOT_ANNULLED = ScanAnnulment(None, None, None)
# A scan has several rows where its id was used for different contents: they are annulled together.
_FIND = (
    "SELECT annulled_at, annulled_for, legal_basis FROM scans WHERE meeting = $1 AND id = $2"
    " ORDER BY annulled_at LIMIT 1"
)
_ANNUL = """
WITH gone AS (
    UPDATE scans SET annulled_at = clock_timestamp(), annulled_by = $3, annulled_for = $4,
        legal_basis = $5
    WHERE meeting = $1 AND id = $2 AND annulled_at IS NULL RETURNING badge, annulled_at
) SELECT gone.annulled_at, badges.participant FROM gone LEFT JOIN badges ON badges.id = gone.badge
"""
# In the order in which gates lock: whose attendance it is, then the scan.
_LOCK = """
SELECT lock_attendance($1, array_agg(DISTINCT badges.participant))
FROM scans JOIN badges ON badges.id = scans.badge WHERE scans.meeting = $1 AND scans.id = $2
"""
_DERIVE = "SELECT derive_attendance($1, $2::uuid[])"
_ALONE = "SELECT pg_advisory_xact_lock(roll_lock_key($1))"
_CLOSE = "UPDATE meetings SET roll_closed_at = clock_timestamp() WHERE code = $1 AND roll_closed_at IS NULL"
_CLOSED = (
    "SELECT json_build_object('meeting', json_build_object('code', code, 'name', name),"
    " 'roll_closed_at', roll_closed_at)::text FROM meetings WHERE code = $1"
)
_HOLD = (
    "SELECT participant, status, scan, reason, legal_basis, asked_by, confirmed_by FROM roll_corrections"
    " WHERE meeting = $1 AND id = $2 FOR UPDATE"
)
_CONFIRM = (
    "UPDATE roll_corrections SET confirmed_by = $2, confirmed_at = clock_timestamp(), confirmed_for = $3,"
    " confirmed_basis = $4 WHERE id = $1"
)


async def find_annulment(write: Transaction, meeting: str, scan: UUID | None) -> ScanAnnulment | None:
    """Whether a scan is annulled; None where there is none with this id."""
    found = await write.fetch(_FIND, meeting, scan)
    return ScanAnnulment(*found[0]) if found else None


async def annul_scan(
    write: Transaction, meeting: str, scan: UUID | None, client: str, note: ChangeReason
) -> ScanAnnulment | None:
    """Annul a scan, and derive anew what hangs on it; where another has just annulled it, that stands."""
    await write.fetch(_LOCK, meeting, scan)
    gone = await write.fetch(_ANNUL, meeting, scan, client, note.reason, note.legal_basis)
    if not gone:
        return await find_annulment(write, meeting, scan)
    if whom := [one for _, one in gone if one is not None]:
        await write.fetch(_DERIVE, meeting, whom)
    return ScanAnnulment(gone[0][0], note.reason, note.legal_basis)


async def close_roll(write: Transaction, meeting: str) -> bytes:
    """Close a roll when all that write it have ended; the document of it."""
    await write.fetch(_ALONE, meeting)
    await write.fetch(_CLOSE, meeting)
    return str((await write.fetch(_CLOSED, meeting))[0][0]).encode()


async def lock_correction(write: Transaction, meeting: str, correction: UUID) -> RequestedCorrection | None:
    """A correction, locked until the transaction ends."""
    found = await write.fetch(_HOLD, meeting, correction)
    return RequestedCorrection(*found[0]) if found else None


async def confirm_correction(write: Transaction, correction: UUID, client: str, note: ChangeReason | None) -> None:
    """Sign a correction as the second client, with its reasons; the database refuses the first."""
    note = note or ChangeReason()
    await write.fetch(_CONFIRM, correction, client, note.reason, note.legal_basis)
