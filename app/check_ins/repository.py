"""The SQL of badges, of gates and of what they have seen."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Text, Uuid, and_, bindparam, case, cast, func, literal_column, null, select, true

from app import models, references
from app.check_ins import schemas
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.database import Database
from app.core.db.documents import Day, Document, Rows
from app.core.db.transaction import execute_once
from app.roll_access.scan_views import JUDGED

_seen = JUDGED
_state = models.Attendance
_MEETING = bindparam("meeting", type_=Text)


def _outcome() -> ColumnElement[str]:
    """What a scan comes to, the first entry told from those after it."""
    return case(
        (_seen.c.annulled_at.is_not(None), literal_column("'annulled'")),
        (_seen.c.classification != literal_column("'entry'"), _seen.c.classification),
        (_state.entry == _seen.c.id, literal_column("'first_entry'")),
        else_=literal_column("'already_entered'"),
    )


def scan(_day: Day) -> Rows:
    known = case(
        (_seen.c.participant.is_not(None), references.participant_reference(_seen.c.participant)), else_=null()
    )
    return (
        select(
            _seen.c.id.label("scan_id"),
            known.label("participant"),
            _outcome().label("outcome"),
            _seen.c.reported_outcome.label("told"),
            _seen.c.direction,
            _seen.c.session,
            _seen.c.scanned_at,
            _seen.c.effective_at,
            _seen.c.sent_at,
            _seen.c.received_at,
            _seen.c.device_id,
            _seen.c.clock_epoch,
            _seen.c.sequence,
            _seen.c.badge_text,
            _seen.c.annulled_at,
            _seen.c.annulled_for,
            _seen.c.legal_basis,
        )
        .select_from(_seen)
        .outerjoin(_state, and_(_state.meeting == _seen.c.meeting, _state.participant == _seen.c.participant))
    )


def _asked(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    yield _seen.c.meeting == _MEETING
    if "participant" in given:
        yield _seen.c.participant == cast(bindparam("participant", type_=Text), Uuid)
    if "device" in given:
        yield _seen.c.device_id == bindparam("device")
    if "session" in given:
        yield _seen.c.session == bindparam("session")
    if "outcome" in given:
        yield _outcome() == bindparam("outcome")


SCANS = Collection(
    Document(schemas.Scan, scan),
    _seen,
    key=func.concat(_seen.c.id, func.encode(_seen.c.digest, literal_column("'hex'"))),
    conditions=_asked,
    sorts={"received_at": [_seen.c.received_at]},
    references={
        "session": ReferenceFilter(
            models.Session.code, "/v1/meetings/{code}/sessions", within=models.Session.meeting == _MEETING
        )
    },
    folded=literal_column("''"),
    whole=true(),
)

CHECK_IN = "SELECT p, status, outcome, effective_at, shift FROM check_in($1, $2::text::json, $3::text::json)"


class DeviceSubmission(NamedTuple):
    """What a device has sent, with the instant of its receipt, and by whom."""

    meeting: str
    device_id: str
    clock_epoch: int
    sent_at: datetime
    received_at: datetime
    client: str
    request_id: str | None
    scans: Sequence[dict[str, Any]]


class Result(NamedTuple):
    """What has become of one scan; `shift`: microseconds from the device's clock to the service's."""

    status: int
    outcome: str
    effective_at: datetime
    shift: int


async def check_in(database: Database, posts: Sequence[DeviceSubmission]) -> list[list[Result]]:
    """Store posts to one meeting, no two of one device, all or none, and tell what has become of their scans.

    In their order; nothing where there is no such meeting.
    """
    sent = [{"p": p, **post._asdict(), "scans": None} for p, post in enumerate(posts)]
    scans = [{"p": p, "n": n, **scan} for p, post in enumerate(posts) for n, scan in enumerate(post.scans)]
    values = orjson.dumps(sent).decode(), orjson.dumps(scans).decode()
    results: list[list[Result]] = [[] for _ in posts]
    for p, *result in await execute_once(database, CHECK_IN, posts[0].meeting, *values):
        results[p].append(Result(*result))
    return results
