"""SQL of corrections: manual statuses, annulments, the closing of a roll, and corrections of closed rolls."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Text, bindparam, case, literal_column, null, select
from uuid_utils.compat import uuid7

from app import models, references
from app.attendance.repository import ATTENDANCE_ITEMS
from app.core.collection import ActiveFilters, Collection
from app.core.datetimes import encode_json
from app.core.db.documents import DayExpression, Document, DocumentSelect
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction
from app.corrections import payloads, schemas
from app.models.vocabulary import CorrectionKind
from app.roll_access.access import require_access
from app.writes import rows
from app.writes.payloads import ChangeReason
from app.writes.resource import Resource, Values

_meeting, _participant, _correction = models.Meeting, models.Participant, models.RollCorrection
_CORRECTIONS_TABLE: Table = _correction.__table__  # type: ignore[assignment]


def select_corrections(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a correction document, one column per JSON member; it does not depend on the day."""
    participant = references.participant_reference(_correction.participant)
    return select(
        _correction.id,
        _correction.kind,
        case((_correction.participant.is_not(None), participant), else_=null()).label("participant"),
        _correction.status,
        _correction.status_on.label("on"),
        _correction.scan,
        _correction.start_on,
        _correction.end_on,
        _correction.retention_days,
        _correction.reason,
        _correction.legal_basis,
        _correction.requested_by,
        _correction.requested_at,
        _correction.confirmed_by,
        _correction.confirmed_at,
        _correction.confirmation_reason,
        _correction.confirmation_legal_basis,
        _correction.revision,
    )


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of a list of corrections: the meeting, and each filter that the request uses."""
    yield _correction.meeting == bindparam("meeting", type_=Text)
    if "kind" in filters:
        yield _correction.kind == bindparam("kind", type_=Text)
    if "pending" in filters:
        yield _correction.confirmed_by.is_(None) == (bindparam("pending", type_=Text) == literal_column("'true'"))


CORRECTIONS = Collection(
    Document(schemas.RollCorrection, select_corrections),
    _correction,
    conditions=_filter_conditions,
    sorts={"id": []},
)

MANUAL_STATUS = Resource(
    "participants",
    _participant,
    ATTENDANCE_ITEMS,
    address="/v1/meetings/{meeting}/attendance/{id}",
    payload_model=payloads.ManualStatusPayload,
    key_columns=("meeting", "id"),
    generated_columns=("folded", "open_status"),
    owner_query=Statement(select(_meeting.host).where(_meeting.code == bindparam("meeting", type_=Text))),
    ensure_writable=lambda transaction, caller, keys: require_access(transaction, caller, keys["meeting"]),
    is_personal=True,
)


class ScanAnnulment(NamedTuple):
    """The annulment of a scan; all None if the scan is not annulled."""

    annulled_at: datetime | None
    reason: str | None
    legal_basis: str | None


class RequestedCorrection(NamedTuple):
    """A correction that a client requested; see models.RollCorrection for the columns."""

    id: UUID
    kind: CorrectionKind
    participant: UUID | None
    status: str | None
    status_on: date | None
    scan: UUID | None
    reason: str
    legal_basis: str | None
    requested_by: str
    confirmed_by: str | None
    is_own: bool
    """The client that asks now counts as one with the client that requested the correction."""

    @property
    def change_reason(self) -> ChangeReason:
        """The reason and legal basis with which the correction was requested."""
        return ChangeReason(reason=self.reason, legal_basis=self.legal_basis)


# Several rows have the same scan id if a device used it for different contents. They are annulled together.
_SELECT_ANNULMENT = """
SELECT annulled_at, annulment_reason, legal_basis FROM scans WHERE meeting = $1 AND id = $2 ORDER BY annulled_at LIMIT 1
"""
_ANNUL_SCAN = """
WITH annulled AS (
    UPDATE scans SET annulled_at = clock_timestamp(), annulled_by = $3, annulment_reason = $4,
        legal_basis = $5
    WHERE meeting = $1 AND id = $2 AND annulled_at IS NULL RETURNING badge, annulled_at
) SELECT annulled.annulled_at, badges.participant FROM annulled LEFT JOIN badges ON badges.id = annulled.badge
"""
# Locks the attendance first and the scan afterwards, in the same order as check-ins do.
_LOCK_ATTENDANCE = """
SELECT lock_attendance($1, array_agg(DISTINCT badges.participant))
FROM scans JOIN badges ON badges.id = scans.badge WHERE scans.meeting = $1 AND scans.id = $2
"""
_DERIVE_ATTENDANCE = "SELECT derive_attendance($1, $2::uuid[])"
_SET_DAY_STATUS = """
UPDATE participants SET day_statuses = CASE
    WHEN $4 = 'expected' THEN day_statuses - $3::date::text
    ELSE day_statuses || jsonb_build_object($3::date::text, jsonb_build_object('status', $4::text, 'reason', $5::text))
END
WHERE meeting = $1 AND id = $2 AND EXISTS (SELECT FROM meeting_days WHERE meeting = $1 AND day = $3::date) RETURNING id
"""
_LOCK_ROLL = "SELECT pg_advisory_xact_lock(roll_lock_key($1))"
_CLOSE_ROLL = "SELECT close_roll($1, $2)"
_SELECT_CLOSED_ROLL = "SELECT code, name, roll_closed_at FROM meetings WHERE code = $1"
_LOCK_CORRECTION = """
SELECT id, kind, participant, status, status_on, scan, reason, legal_basis, requested_by, confirmed_by,
    clients_count_as_one(requested_by, $3)
FROM roll_corrections WHERE meeting = $1 AND id = $2 FOR UPDATE
"""
# A roll that was opened and closed again has another content than the one that the correction was requested for.
_SELECT_IS_SUPERSEDED = """
SELECT EXISTS (
    SELECT FROM meetings WHERE code = $1 AND roll_closed_at > correction.requested_at
) OR EXISTS (
    SELECT FROM roll_corrections AS other
    WHERE other.meeting = $1 AND other.id <> correction.id AND other.confirmed_at > correction.requested_at
        AND ((other.participant = correction.participant AND other.status_on IS NOT DISTINCT FROM correction.status_on)
            OR other.scan = correction.scan)
) FROM roll_corrections AS correction WHERE correction.id = $2
"""
_CONFIRM_CORRECTION = """
UPDATE roll_corrections SET confirmed_by = $2, confirmed_at = clock_timestamp(), confirmation_reason = $3,
    confirmation_legal_basis = $4
WHERE id = $1
"""


async def store_status(transaction: Transaction, participant: UUID, status: str, reason: str) -> None:
    """Set a participant's manual status and its reason (none for `expected`); triggers derive the attendance anew."""
    columns = {"status": status, "status_reason": None if status == "expected" else reason}
    await rows.update_row(transaction, MANUAL_STATUS.table, {"id": participant}, columns)


async def store_day_status(
    transaction: Transaction, meeting: str, participant: UUID, day: date, status: str, reason: str
) -> bool:
    """Set a participant's manual status of one day; return False if that is no day of the meeting.

    `expected` removes the status. Triggers derive the attendance anew.
    """
    return bool(await transaction.fetch(_SET_DAY_STATUS, meeting, participant, day, status, reason))


async def insert_correction(transaction: Transaction, meeting: str, client: str, columns: Values) -> UUID:
    """Insert a correction that `client` requests, without applying it, and return its id.

    `columns` are its kind, its reason and legal basis, and the columns of its kind.
    """
    id_: UUID = uuid7()
    await rows.insert_row(
        transaction, _CORRECTIONS_TABLE, {"id": id_, "meeting": meeting, "requested_by": client, **columns}
    )
    return id_


async def lock_correction(
    transaction: Transaction, meeting: str, correction: UUID, client: str
) -> RequestedCorrection | None:
    """Lock a correction's row until the transaction ends and return it; None if there is none with this id.

    `client` is the client that asks now.
    """
    found = await transaction.fetch(_LOCK_CORRECTION, meeting, correction, client)
    return RequestedCorrection(*found[0]) if found else None


async def is_superseded(transaction: Transaction, meeting: str, correction: UUID) -> bool:
    """Return whether what a correction changes was corrected, or the roll closed again, after it was requested."""
    return bool((await transaction.fetch(_SELECT_IS_SUPERSEDED, meeting, correction))[0][0])


async def confirm_correction(
    transaction: Transaction, correction: UUID, client: str, reason: ChangeReason | None
) -> None:
    """Store that a client confirms a correction, without applying it; a trigger rejects the one who requested it."""
    reason = reason or ChangeReason()
    await transaction.fetch(_CONFIRM_CORRECTION, correction, client, reason.reason, reason.legal_basis)


async def find_annulment(transaction: Transaction, meeting: str, scan: UUID) -> ScanAnnulment | None:
    """Return the annulment of a scan, with all values None if it is not annulled; None: there is no such scan."""
    found = await transaction.fetch(_SELECT_ANNULMENT, meeting, scan)
    return ScanAnnulment(*found[0]) if found else None


async def annul_scan(
    transaction: Transaction, meeting: str, scan: UUID, client: str, reason: ChangeReason
) -> ScanAnnulment | None:
    """Annul a scan, derive the participant's attendance anew, and return the annulment; None: there is no such scan.

    Returns the earlier annulment if another transaction has annulled the scan meanwhile.
    """
    await transaction.fetch(_LOCK_ATTENDANCE, meeting, scan)
    annulled = await transaction.fetch(_ANNUL_SCAN, meeting, scan, client, reason.reason, reason.legal_basis)
    if not annulled:
        return await find_annulment(transaction, meeting, scan)
    participants = [participant for _, participant in annulled if participant is not None]
    if participants:
        await transaction.fetch(_DERIVE_ATTENDANCE, meeting, participants)
    return ScanAnnulment(annulled[0][0], reason.reason, reason.legal_basis)


async def lock_roll(transaction: Transaction, meeting: str) -> None:
    """Wait until no transaction writes the roll, and lock it until this one ends."""
    await transaction.fetch(_LOCK_ROLL, meeting)


async def close_roll(transaction: Transaction, meeting: str, client: str) -> bytes:
    """Copy and close a roll that is locked, unless done already, and return the document of the closed roll."""
    await transaction.fetch(_CLOSE_ROLL, meeting, client)
    [(code, name, closed_at)] = await transaction.fetch(_SELECT_CLOSED_ROLL, meeting)
    return encode_json({"meeting": {"code": code, "name": name}, "roll_closed_at": closed_at})
