"""Schemas of attendance: response documents and query parameters."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.datetimes import WrittenInstant
from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import Code, CollectionQuery, EmptyQuery, FieldSelection, ItemQuery, SearchWords
from app.models.vocabulary import AttendanceStatus, Capacity, Office
from app.references import CodeReference, OfficialReference, ParticipantReference

GroupBy = Literal["organization", "level", "region", "office", "session"]


class ParticipantMembers(BaseModel):
    """Members of each document about the attendance of a participant."""

    id: UUID
    official: Annotated[
        OfficialReference | None,
        Field(description="Null: not among the officials, or an office whose holder is not named."),
    ]
    name: Annotated[str | None, Field(description="The name of a participant who is not among the officials.")]
    organization: CodeReference | None
    office: Annotated[Office | None, Field(description="The office in which the participant attends.")]
    capacity: Capacity
    represents: ParticipantReference | None
    status: Annotated[
        AttendanceStatus,
        Field(description="`expected` until it is known. Without `attendance:read`, `sick` is shown as `excused`."),
    ]
    late: bool
    arrived_at: Annotated[WrittenInstant | None, Field(description="RFC 3339; null: not known.")]
    left_at: WrittenInstant | None
    name_as_printed: Annotated[str | None, Field(description="The name as the source spells it, if it differs.")]
    note: str | None


class RollLine(SourcedRecord, ParticipantMembers):
    """A participant of a meeting and their attendance status."""


class Interval(BaseModel):
    """The time between an entry and the next exit."""

    session: Annotated[
        str | None, Field(description="Code of the session that was entered; null: the meeting as a whole.")
    ]
    on: Annotated[date, Field(description="The day of the meeting to which it belongs.")]
    entered_at: WrittenInstant
    left_at: WrittenInstant
    ended_by: Annotated[
        Literal["exit", "day_end"],
        Field(description="`exit`: a scan of an exit; `day_end`: there is none, so it ended with the day."),
    ]


class ManualStatus(BaseModel):
    """A status set by a source or by a client, independent of the scans."""

    status: AttendanceStatus
    reason: Annotated[str | None, Field(description="Why a client set it; null: it is from the source.")]


class AttendanceDay(BaseModel):
    """The attendance of a participant on one day of the meeting."""

    on: Annotated[date, Field(description="The date on which the day begins; hours past midnight belong to it.")]
    status: AttendanceStatus
    late: bool
    entered_at: Annotated[WrittenInstant | None, Field(description="The first entry of the day.")]
    left_at: Annotated[WrittenInstant | None, Field(description="The last scan of the day, if it is an exit.")]
    manual_status: Annotated[ManualStatus | None, Field(description="Null: no status was set for this day.")]


class AttendanceMembers(ParticipantMembers):
    """Members of the attendance of one participant."""

    manual_status: Annotated[ManualStatus | None, Field(description="Null: no status was set.")]
    first_entry: Annotated[UUID | None, Field(description="Id of the scan that was the first entry.")]
    days: Annotated[list[AttendanceDay], Field(description="All days of the meeting, in order.")]
    intervals: Annotated[list[Interval], Field(description="Ordered by entry.")]
    sessions: Annotated[list[str], Field(description="Codes of the sessions to which the participant is assigned.")]


class Attendance(SourcedRecord, AttendanceMembers):
    """The attendance of a participant: the status derived from scans, and the status that was set manually."""


AttendanceFields = Annotated[
    str,
    FieldSelection(Attendance),
    Field(description="Members to include.", examples=["status,manual_status,intervals"]),
]


class AttendanceItemQuery(ItemQuery):
    """Query parameters of one participant's attendance."""

    fields: AttendanceFields | None = None


LineFields = Annotated[
    str, FieldSelection(RollLine), Field(description="Members to include.", examples=["official,office,status"])
]
SessionFilter = Annotated[
    Code,
    Field(
        description="Code of a session: selects the participants assigned to it. No source states the classes that the "
        "participants of the Rakornas of 2022 attended, so `class-1` selects nobody in the reference data.",
        examples=["class-1"],
    ),
]
StatusFilter = Annotated[
    AttendanceStatus,
    Field(
        description="`present` (hadir), `represented` (diwakili), `excused` (izin), `on_duty_elsewhere` (dinas luar), "
        "`on_leave` (cuti), `absent` (alpa), or `expected` until it is known. Without `attendance:read`, `sick` "
        "(sakit) is shown as `excused` and selects nobody.",
        examples=["present"],
    ),
]

LineSort = Annotated[
    Literal["id", "-id", "updated_at", "-updated_at"],
    Field(description="Default: `id`. A leading `-` sorts in descending order."),
]


class AttendanceQuery(CollectionQuery):
    """Query parameters of the attendance of a meeting."""

    q: Annotated[SearchWords, Field(examples=["tarmidzi"])] | None = None
    organization: Annotated[Code, Field(description="Code of an organization.", examples=["kpu-31"])] | None = None
    session: SessionFilter | None = None
    status: StatusFilter | None = None
    office: Annotated[Office, Field(description="The office in which the participants attend.")] | None = None
    sort: LineSort | None = None
    fields: LineFields | None = None


class AbsenceCounts(BaseModel):
    """The number of absent participants by reason."""

    excused: Annotated[int, Field(description="With permission (izin), including the sick.")]
    on_duty_elsewhere: Annotated[int, Field(description="Dinas luar.")]
    on_leave: Annotated[int, Field(description="Cuti.")]
    absent: Annotated[int, Field(description="Without notice (alpa).")]


class Counts(BaseModel):
    """The number of participants by status."""

    invited: Annotated[
        int, Field(description="All participants; a represented participant and their representative both count.")
    ]
    expected: Annotated[int, Field(description="Those whose attendance is not yet known.")]
    present: Annotated[int, Field(description="Those who attended (hadir), including the late.")]
    represented: Annotated[int, Field(description="Those whom another participant represented (diwakili).")]
    absent: AbsenceCounts
    late: int


class GroupKey(BaseModel):
    """The key of a group of a summary."""

    key: Annotated[
        str | None,
        Field(description="Code of the organization, region or session, the level or the office; null: none."),
    ]
    name: Annotated[str | None, Field(description="Name of the organization, region or session.")]


class SummaryGroup(Counts, GroupKey):
    """The counts of one group."""


class SummarySubject(BaseModel):
    """The meeting and the grouping of a summary."""

    meeting: CodeReference
    by: Annotated[GroupBy | None, Field(description="The criterion of the groups.")]


class AttendanceSummary(Counts, SummarySubject):
    """The attendance of a meeting in numbers."""

    groups: Annotated[list[SummaryGroup], Field(description="With `by`, ordered by key; else empty.")]


class SummaryQuery(EmptyQuery):
    """Query parameters of an attendance summary."""

    session: SessionFilter | None = None
    by: (
        Annotated[
            GroupBy,
            Field(
                description="The criterion of the groups. With `session`, a participant assigned to two sessions "
                "counts in both, and one assigned to none in a group without a key."
            ),
        ]
        | None
    ) = None
