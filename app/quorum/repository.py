"""Which members of a commission were in the room, and when, and what that comes to."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
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

_meeting, _host = models.Meeting, models.Organization
_held, _person = models.Appointment, models.Official

_PLENARY = Statement(
    select(
        *(_meeting.code, _meeting.name, _meeting.time_zone, _meeting.start_on, _meeting.end_on),
        *(_host.code, _host.name, _host.level, _host.seats, _meeting.anonymised_at),
    )
    .join(_host, _host.code == _meeting.host)
    .where(_meeting.code == bindparam("meeting", type_=Text), _meeting.kind == "plenary", _host.kind == "commission")
)
_MEMBERS = Statement(
    select(
        _person.id,
        _person.name,
        _held.office,
        func.coalesce(contains_day(_held.certain, bindparam("day", type_=Date)), False),
    )
    .join(_person, _person.id == _held.official)
    .where(
        _held.organization == bindparam("organization", type_=Text),
        _held.office.in_([literal_column("'chair'"), literal_column("'member'")]),
        contains_day(_held.possible, bindparam("day", type_=Date)),
    )
    .order_by(func.array_position(array([*OFFICES]), _held.office, type_=Integer), _person.name, _held.id)
)
# From each entry until the scan after it; of whom no gate has seen, what was stated by hand.
_STAYS = Statement(
    text("""
    SELECT listed.id, listed.official, stay.begins, stay.ends
    FROM participants AS listed
    LEFT JOIN LATERAL (
        SELECT classification, effective_at AS begins,
            lead(effective_at) OVER (ORDER BY effective_at, id, digest) AS ends
        FROM entries_and_exits WHERE participant = listed.id
        UNION ALL
        SELECT 'stated', coalesce(listed.arrived_at, CAST(:opens AS timestamptz)), listed.left_at
        WHERE listed.status = 'present'
            AND NOT EXISTS (SELECT FROM entries_and_exits WHERE participant = listed.id)
    ) AS stay ON stay.classification <> 'exit'
    WHERE listed.meeting = CAST(:meeting AS text) AND listed.official = ANY (CAST(:officials AS uuid[]))
    """)
)


class Plenary(NamedTuple):
    """A plenary and the commission that holds it."""

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

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.start_on, time(), self.zone)

    @property
    def last_instant(self) -> datetime:
        """Of its last day: midnight would be of the next one, on which others may be in office."""
        midnight = datetime.combine(self.end_on + timedelta(days=1), time(), self.zone)
        return midnight.astimezone(UTC) - timedelta(microseconds=1)


class Member(NamedTuple):
    official: UUID
    name: str
    office: str
    certain: bool


class PresenceInterval(NamedTuple):
    """A time in the room, up to the instant `ends`; `begins` is None for who is on the list and was never there."""

    participant: UUID
    official: UUID
    entered_at: datetime | None
    left_at: datetime | None

    def contains(self, at: datetime) -> bool:
        return self.entered_at is not None and self.entered_at <= at and (self.left_at is None or at < self.left_at)


async def find_plenary(read: Queryable, meeting: str) -> Plenary | None:
    """None where there is no such meeting, or it is no plenary of a commission."""
    row = await read.fetch_first(_PLENARY, {"meeting": meeting})
    return Plenary(*row) if row else None


async def list_members(read: Queryable, organization: str, day: date) -> list[Member]:
    """Who was possibly chair or member on a day: each once, in the office that is certain if one of them is."""
    found: dict[UUID, Member] = {}
    for row in await read.fetch_all(_MEMBERS, {"organization": organization, "day": day}):
        member = Member(*row)
        if member.official not in found or member.certain > found[member.official].certain:
            found[member.official] = member
    return list(found.values())


async def list_presence_intervals(
    read: Queryable, plenary: Plenary, officials: Sequence[UUID]
) -> list[PresenceInterval]:
    """When these were in the room, and who of them is on the list at all."""
    parameters = {"meeting": plenary.code, "opens": plenary.starts_at, "officials": officials}
    return [PresenceInterval(*row) for row in await read.fetch_all(_STAYS, parameters)]


class QuorumPeriod(NamedTuple):
    """Since when enough were there without a break, and when they were first; None: they are not, or never were."""

    since: datetime | None
    first_at: datetime | None


def compute_quorum_period(stays: Sequence[PresenceInterval], needed: int, at: datetime) -> QuorumPeriod:
    """What is at one instant is one step: who leaves by one gate as they enter by another was never away."""
    steps: Counter[datetime] = Counter()
    for stay in stays:
        if stay.entered_at is not None:
            steps[stay.entered_at] += 1
            if stay.left_at is not None:
                steps[stay.left_at] -= 1
    instants = sorted(instant for instant in steps if instant <= at)
    since: datetime | None = None
    first_at: datetime | None = None
    for instant, present in zip(instants, accumulate(steps[instant] for instant in instants), strict=True):
        if present < needed:
            since = None
        elif since is None:
            since = instant
            first_at = first_at or instant
    return QuorumPeriod(since, first_at)
