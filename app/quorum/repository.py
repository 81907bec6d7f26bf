"""SQL of a quorum: plenary meetings, the members of their commissions, and the times at which they were present."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Date, Integer, Text, bindparam, func, literal_column, select, text

from app import models
from app.core.db.database import Queryable
from app.core.db.ordering import by_code_point
from app.core.db.statements import Statement
from app.models.officials import contains_day
from app.quorum.presence import PresenceInterval

_appointment, _official = models.Appointment, models.Official

# The view shows the plenary of a closed roll as it was closed.
_SELECT_PLENARY = Statement(
    text("""
    SELECT meeting, name, time_zone, start_on, end_on, host, host_name, level, seats, anonymised_at, members::text
    FROM roll_plenaries WHERE meeting = :meeting
    """)
)
_SELECT_MEMBERS = Statement(
    select(
        _official.id,
        _official.name,
        _appointment.office,
        func.coalesce(contains_day(_appointment.certain, bindparam("day", type_=Date)), False),
    )
    .join(_official, _official.id == _appointment.official)
    .where(
        _appointment.organization == bindparam("organization", type_=Text),
        _appointment.office.in_([literal_column("'chair'"), literal_column("'member'")]),
        contains_day(_appointment.possible, bindparam("day", type_=Date)),
    )
    .order_by(func.office_rank(_appointment.office, type_=Integer), by_code_point(_official.name), _appointment.id)
)
# A stay lasts from an entry to an exit or to the end of the day. A participant without scans has the stated times.
_SELECT_INTERVALS = Statement(
    text("""
    SELECT line.participant, line.official, stay.entered_at, stay.left_at
    FROM roll_lines AS line
    LEFT JOIN LATERAL jsonb_to_recordset(line.stays) AS stay (entered_at timestamptz, left_at timestamptz) ON true
    WHERE line.meeting = CAST(:meeting AS text) AND line.official = ANY (CAST(:officials AS uuid[]))
    """)
)


_SELECT_PERIOD = Statement(
    text("SELECT min(begins_at), max(ends_at) FROM meeting_days WHERE meeting = CAST(:meeting AS text)")
)
_SELECT_CLOSED_PERIOD = Statement(
    text("SELECT min(begins_at), max(ends_at) FROM closed.meeting_days WHERE meeting = CAST(:meeting AS text)")
)
MARGIN_OF_CANCELLED_MEETING = timedelta(hours=3)


class Plenary(NamedTuple):
    """A plenary meeting and the commission that hosts it."""

    code: str
    name: str
    time_zone: str
    start_on: date
    end_on: date
    host: str
    host_name: str
    level: str | None
    seats: int | None
    anonymised_at: datetime | None
    """The instant at which its participants were anonymised."""
    closed_members: str | None
    """If the roll is closed: by day, the members in office, as a JSON object; else None."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the meeting."""
        return ZoneInfo(self.time_zone)

    @property
    def starts_at(self) -> datetime:
        """Midnight at the beginning of the meeting's first day, in the meeting's time zone."""
        return datetime.combine(self.start_on, time(), self.zone)

    @property
    def last_instant(self) -> datetime:
        """The last microsecond of the meeting's last day in its time zone, given in UTC."""
        midnight = datetime.combine(self.end_on + timedelta(days=1), time(), self.zone)
        return midnight.astimezone(UTC) - timedelta(microseconds=1)


class CommissionMember(NamedTuple):
    """A chair or member of a commission; `certain`: certainly in office on the day, not only possibly."""

    official: UUID
    name: str
    office: str
    certain: bool


async def find_plenary(reader: Queryable, meeting: str) -> Plenary | None:
    """Return the plenary meeting with this code that a commission hosts; None: no such meeting, or another kind."""
    row = await reader.fetch_first(_SELECT_PLENARY, {"meeting": meeting})
    return Plenary(*row) if row else None


async def get_period(reader: Queryable, plenary: Plenary) -> tuple[datetime, datetime]:
    """Return the instants at which the first day of a plenary begins and its last one ends, with their margins.

    A plenary that was cancelled before its first day has no days any more; then the planned ones count. The days of a
    closed roll are those of the closing.
    """
    select_period = _SELECT_PERIOD if plenary.closed_members is None else _SELECT_CLOSED_PERIOD
    begins_at, ends_at = await reader.fetch_one(select_period, {"meeting": plenary.code})
    if begins_at is None:
        begins_at = plenary.starts_at - MARGIN_OF_CANCELLED_MEETING
        ends_at = plenary.last_instant + MARGIN_OF_CANCELLED_MEETING
    return begins_at, ends_at


async def list_members(reader: Queryable, plenary: Plenary, day: date) -> list[CommissionMember]:
    """List the officials who were certainly or possibly chair or member of the commission on a day, each once.

    A person with several such appointments is listed once, with a certain one if there is one. If the roll is closed,
    the list is the one of the closing.
    """
    members: dict[UUID, CommissionMember] = {}
    if plenary.closed_members is not None:
        rows: Sequence[Any] = _parse_closed_members(plenary, day)
    else:
        rows = await reader.fetch_all(_SELECT_MEMBERS, {"organization": plenary.host, "day": day})
    for row in rows:
        member = CommissionMember(*row)
        if member.official not in members or member.certain > members[member.official].certain:
            members[member.official] = member
    return list(members.values())


def _parse_closed_members(plenary: Plenary, day: date) -> list[tuple[UUID, str, str, bool]]:
    """Return the members of a closed roll on a day of the meeting, or on the nearest one."""
    by_day = orjson.loads(plenary.closed_members or "{}")
    nearest_day = min(max(day, plenary.start_on), plenary.end_on)
    return [
        (UUID(member["official"]), member["name"], member["office"], member["certain"])
        for member in by_day[nearest_day.isoformat()]
    ]


async def list_presence_intervals(
    reader: Queryable, plenary: Plenary, officials: Sequence[UUID]
) -> list[PresenceInterval]:
    """List when those officials who are participants were present; an interval without times for one who never was."""
    parameters = {"meeting": plenary.code, "officials": officials}
    return [PresenceInterval(*row) for row in await reader.fetch_all(_SELECT_INTERVALS, parameters)]
