"""SQL of check-ins: storing and listing scans."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app import models, references
from app.check_ins import schemas
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.database import Database
from app.core.db.documents import DayExpression, Document, DocumentSelect
from app.core.db.transaction import execute_once
from app.core.problems import DeviceOwned
from app.roll_access.scan_views import CLASSIFIED_SCANS, ENTRIES_AND_EXITS

_scan = CLASSIFIED_SCANS
DEVICE_OWNED = "device_owned"
_MEETING = bindparam("meeting", type_=Text)


def _outcome_expression() -> ColumnElement[str]:
    """Return the SQL of a scan's outcome: annulled, the kind of entry, or its classification."""
    return case(
        (_scan.c.annulled_at.is_not(None), literal_column("'annulled'")),
        (_scan.c.classification != literal_column("'entry'"), _scan.c.classification),
        else_=_entry_outcome_expression(),
    )


def _entry_outcome_expression() -> ColumnElement[str]:
    """Return the SQL of the kind of an entry, which follows from the earlier scans of its participant."""
    earlier = ENTRIES_AND_EXITS.alias("earlier")
    is_entry = earlier.c.classification == literal_column("'entry'")
    is_same_day = earlier.c.day == _scan.c.day
    # The first element of the array is the previous scan at the same entrance on the same day.
    newest_first = [column.desc() for column in (earlier.c.effective_at, earlier.c.id, earlier.c.digest)]
    previous = func.array_agg(aggregate_order_by(earlier.c.classification, *newest_first)).filter(
        is_same_day, earlier.c.session.is_not_distinct_from(_scan.c.session)
    )
    outcome = case(
        (func.count().filter(is_entry) == literal_column("0"), literal_column("'first_entry'")),
        (func.count().filter(is_entry, is_same_day) == literal_column("0"), literal_column("'another_day'")),
        (previous[1] == literal_column("'entry'"), literal_column("'already_entered'")),
        else_=literal_column("'re_entry'"),
    )
    return (
        select(outcome)
        .where(
            earlier.c.participant == _scan.c.participant,
            tuple_(earlier.c.effective_at, earlier.c.id, earlier.c.digest)
            < tuple_(_scan.c.effective_at, _scan.c.id, _scan.c.digest),
        )
        .correlate(_scan)
        .scalar_subquery()
    )


def select_scan(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a scan document, one column per JSON member; it does not depend on the day."""
    participant = case(
        (_scan.c.participant.is_not(None), references.participant_reference(_scan.c.participant)), else_=null()
    )
    return select(
        _scan.c.id.label("scan_id"),
        participant.label("participant"),
        _outcome_expression().label("outcome"),
        _scan.c.reported_outcome,
        _scan.c.direction,
        _scan.c.session,
        _scan.c.scanned_at,
        _scan.c.effective_at,
        _scan.c.day.label("on"),
        _scan.c.sent_at,
        _scan.c.received_at,
        _scan.c.device_id,
        _scan.c.clock_epoch,
        _scan.c.period.label("clock_period"),
        _scan.c.sequence,
        _scan.c.badge_text,
        _scan.c.annulled_at,
        _scan.c.annulment_reason,
        _scan.c.legal_basis,
    ).select_from(_scan)


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
    """The scans that a device sent in one request, with the time of receipt and the client that sent them.

    `arrived_at`: the monotonic time in seconds at which the worker got the request. `received_at`: the instant of
    receipt that a test has set; None: the database's time when it stores the scans, minus the wait since `arrived_at`.
    """

    meeting: str
    device_id: str
    clock_epoch: int
    sent_at: datetime
    arrived_at: float
    received_at: datetime | None
    client: str
    request_id: str | None
    scans: Sequence[dict[str, Any]]


class ScanResult(NamedTuple):
    """The result of storing one scan.

    `status` is 201 for a new scan, 200 for a stored one, and 409 if it was not stored because the device belongs to
    another client. `clock_offset_us` is the offset in microseconds from the device's clock to the service's.
    """

    status: int
    outcome: str
    effective_at: datetime | None
    clock_offset_us: int


async def store_submissions(database: Database, submissions: Sequence[DeviceSubmission]) -> list[list[ScanResult]]:
    """Store submissions of one meeting in one transaction; return each one's scan results, empty if no such meeting.

    No two submissions may come from the same device. The results are empty if the meeting does not exist.
    """
    now = time.monotonic()
    submission_rows = [
        {
            "p": p,
            **submission._asdict(),
            "waited_us": round((now - submission.arrived_at) * 1_000_000),
            "scans": None,
            "arrived_at": None,
        }
        for p, submission in enumerate(submissions)
    ]
    scan_rows = [
        {"p": p, "n": n, **scan} for p, submission in enumerate(submissions) for n, scan in enumerate(submission.scans)
    ]
    arguments = orjson.dumps(submission_rows).decode(), orjson.dumps(scan_rows).decode()
    results: list[list[ScanResult]] = [[] for _ in submissions]
    for p, *result in await execute_once(database, _CHECK_IN, submissions[0].meeting, *arguments):
        results[p].append(ScanResult(*result))
    return results


def require_owned(results: Sequence[ScanResult]) -> None:
    """Raise DeviceOwned if the scans were not stored, because their device belongs to another client."""
    if any(result.outcome == DEVICE_OWNED for result in results):
        raise DeviceOwned
