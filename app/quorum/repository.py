"""SQL of a quorum: plenary meetings, the members of their commissions, and the times at which they were present."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Integer, Text, bindparam, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import array

from app import models
from app.core.db.database import Queryable
from app.core.db.statements import Statement
from app.models.officials import contains_day
from app.models.vocabulary import OFFICES
from app.quorum.presence import PresenceInterval

_meeting, _host = models.Meeting, models.Organization
_appointment, _official = models.Appointment, models.Official

_SELECT_PLENARY = Statement(
    select(
        *(_meeting.code, _meeting.name, _meeting.time_zone, _meeting.start_on, _meeting.end_on),
        *(_host.code, _host.name, _host.level, _host.seats, _meeting.anonymised_at),
    )
    .join(_host, _host.code == _meeting.host)
    .where(_meeting.code == bindparam("meeting", type_=Text), _meeting.kind == "plenary", _host.kind == "commission")
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
    .order_by(
        func.array_position(array([*OFFICES]), _appointment.office, type_=Integer), _official.name, _appointment.id
    )
)
# A stay lasts from an entry to an exit or to the end of the day. A participant without scans has the stated times.
_SELECT_INTERVALS = Statement(
    text("""
    SELECT participant.id, participant.official, stay.entered_at, stay.left_at
    FROM participants AS participant
    JOIN derived_presence AS presence ON presence.participant = participant.id
    LEFT JOIN LATERAL jsonb_to_recordset(presence.stays) AS stay (entered_at timestamptz, left_at timestamptz) ON true
    WHERE participant.meeting = CAST(:meeting AS text) AND participant.official = ANY (CAST(:officials AS uuid[]))
    """)
)


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


async def list_members(reader: Queryable, organization: str, day: date) -> list[CommissionMember]:
    """List the officials who were certainly or possibly chair or member of this commission on a day, each once.

    A person with several such appointments is listed once, with a certain one if there is one.
    """
    members: dict[UUID, CommissionMember] = {}
    for row in await reader.fetch_all(_SELECT_MEMBERS, {"organization": organization, "day": day}):
        member = CommissionMember(*row)
        if member.official not in members or member.certain > members[member.official].certain:
            members[member.official] = member
    return list(members.values())


async def list_presence_intervals(
    reader: Queryable, plenary: Plenary, officials: Sequence[UUID]
) -> list[PresenceInterval]:
    """List when those officials who are participants were present; an interval without times for one who never was."""
    parameters = {"meeting": plenary.code, "officials": officials}
    return [PresenceInterval(*row) for row in await reader.fetch_all(_SELECT_INTERVALS, parameters)]
