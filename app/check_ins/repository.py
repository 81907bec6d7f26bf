"""SQL of check-ins: storing and listing scans."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Text, Uuid, and_, bindparam, case, cast, func, literal_column, null, select

from app import models, references
from app.check_ins import schemas
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.database import Database
from app.core.db.documents import DayExpression, Document, DocumentSelect
from app.core.db.transaction import execute_once
from app.roll_access.scan_views import CLASSIFIED_SCANS

_scan = CLASSIFIED_SCANS
_attendance = models.Attendance
_MEETING = bindparam("meeting", type_=Text)


def _outcome_expression() -> ColumnElement[str]:
    """Return the SQL of a scan's outcome: annulled, first_entry, already_entered (later) or its classification."""
    return case(
        (_scan.c.annulled_at.is_not(None), literal_column("'annulled'")),
        (_scan.c.classification != literal_column("'entry'"), _scan.c.classification),
        (_attendance.entry == _scan.c.id, literal_column("'first_entry'")),
        else_=literal_column("'already_entered'"),
    )


def select_scan(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a scan document, one column per JSON member; it does not depend on the day."""
    participant = case(
        (_scan.c.participant.is_not(None), references.participant_reference(_scan.c.participant)), else_=null()
    )
    return (
        select(
            _scan.c.id.label("scan_id"),
            participant.label("participant"),
            _outcome_expression().label("outcome"),
            _scan.c.reported_outcome,
            _scan.c.direction,
            _scan.c.session,
            _scan.c.scanned_at,
            _scan.c.effective_at,
            _scan.c.sent_at,
            _scan.c.received_at,
            _scan.c.device_id,
            _scan.c.clock_epoch,
            _scan.c.sequence,
            _scan.c.badge_text,
            _scan.c.annulled_at,
            _scan.c.annulment_reason,
            _scan.c.legal_basis,
        )
        .select_from(_scan)
        .outerjoin(
            _attendance, and_(_attendance.meeting == _scan.c.meeting, _attendance.participant == _scan.c.participant)
        )
    )


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of a list of scans: the meeting, and each filter that the request uses."""
    yield _scan.c.meeting == _MEETING
    if "participant" in filters:
        yield _scan.c.participant == cast(bindparam("participant", type_=Text), Uuid)
    if "device" in filters:
        yield _scan.c.device_id == bindparam("device")
    if "session" in filters:
        yield _scan.c.session == bindparam("session")
    if "outcome" in filters:
        yield _outcome_expression() == bindparam("outcome")


SCANS = Collection(
    Document(schemas.Scan, select_scan),
    _scan,
    key=func.concat(_scan.c.id, func.encode(_scan.c.digest, literal_column("'hex'"))),
    conditions=_filter_conditions,
    sorts={"received_at": [_scan.c.received_at]},
    references={
        "session": ReferenceFilter(
            models.Session.code, "/v1/meetings/{code}/sessions", condition=models.Session.meeting == _MEETING
        )
    },
)

_CHECK_IN = "SELECT p, status, outcome, effective_at, shift FROM check_in($1, $2::text::json, $3::text::json)"


class DeviceSubmission(NamedTuple):
    """The scans that a device sent in one request, with the instant of receipt and the client that sent them."""

    meeting: str
    device_id: str
    clock_epoch: int
    sent_at: datetime
    received_at: datetime
    client: str
    request_id: str | None
    scans: Sequence[dict[str, Any]]


class ScanResult(NamedTuple):
    """The result of storing one scan.

    `status` is 201 for a new scan and 200 for a stored one; `clock_offset_us` is the offset in microseconds from the
    device's clock to the service's.
    """

    status: int
    outcome: str
    effective_at: datetime
    clock_offset_us: int


async def store_submissions(database: Database, submissions: Sequence[DeviceSubmission]) -> list[list[ScanResult]]:
    """Store submissions of one meeting in one transaction; return each one's scan results, empty if no such meeting.

    No two submissions may come from the same device. The results are empty if the meeting does not exist.
    """
    submission_rows = [{"p": p, **submission._asdict(), "scans": None} for p, submission in enumerate(submissions)]
    scan_rows = [
        {"p": p, "n": n, **scan} for p, submission in enumerate(submissions) for n, scan in enumerate(submission.scans)
    ]
    arguments = orjson.dumps(submission_rows).decode(), orjson.dumps(scan_rows).decode()
    results: list[list[ScanResult]] = [[] for _ in submissions]
    for p, *result in await execute_once(database, _CHECK_IN, submissions[0].meeting, *arguments):
        results[p].append(ScanResult(*result))
    return results
