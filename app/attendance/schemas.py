"""What a roll and its summary hold, and what can be asked of them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import (
    Code,
    CollectionQuery,
    EmptyQuery,
    FieldSelection,
    ItemQuery,
    SearchWords,
    SortableQuery,
)
from app.models.vocabulary import AttendanceStatus, Capacity, Office
from app.references import CodeReference, OfficialReference, ParticipantReference

GroupBy = Literal["organization", "level", "region", "office", "session"]


class ParticipantMembers(BaseModel):
    id: UUID
    official: Annotated[
        OfficialReference | None,
        Field(description="Null: not on record, or an office whose holder is not named."),
    ]
    name: Annotated[str | None, Field(description="Of somebody who is no official of the record.")]
    organization: CodeReference | None
    office: Annotated[Office | None, Field(description="The office in which the participant came.")]
    capacity: Capacity
    represents: ParticipantReference | None
    status: Annotated[
        AttendanceStatus,
        Field(description="`expected` until it is known. That somebody is sick is shown as `excused`."),
    ]
    late: bool
    arrived_at: Annotated[datetime | None, Field(description="RFC 3339; null: not known.")]
    left_at: datetime | None
    name_as_printed: Annotated[str | None, Field(description="The name as the source spells it, where it differs.")]
    note: str | None


class RollLine(SourcedRecord, ParticipantMembers):
    """Somebody on the list of a meeting, and whether they came."""


class Interval(BaseModel):
    """From an entry to the exit after it."""

    session: Annotated[str | None, Field(description="Code of the session at whose door it was; null: the house.")]
    entered_at: datetime
    left_at: Annotated[datetime | None, Field(description="Null: no exit was seen.")]


class ManualStatus(BaseModel):
    """What a source or a hand has stated, whatever the scans show."""

    status: AttendanceStatus
    reason: Annotated[str | None, Field(description="Why it was set; null: it is the source's.")]


class AttendanceMembers(ParticipantMembers):
    by_hand: Annotated[ManualStatus | None, Field(description="Null: nobody has set a status.")]
    first_entry: Annotated[UUID | None, Field(description="Id of the scan that was it.")]
    intervals: Annotated[list[Interval], Field(description="By entry.")]
    sessions: Annotated[list[str], Field(description="Codes of the sessions they are assigned to.")]


class Attendance(SourcedRecord, AttendanceMembers):
    """Whether somebody came: what the scans show, and what was set by hand beside them."""


AttendanceFields = Annotated[
    str, FieldSelection(Attendance), Field(description="Members to keep.", examples=["status,by_hand,intervals"])
]


class AttendanceItemQuery(ItemQuery):
    fields: AttendanceFields | None = None


class RollCorrection(BaseModel):
    """What one client wants changed of a roll that is closed."""

    id: UUID
    participant: Annotated[ParticipantReference | None, Field(description="Whose status; null: it is about a scan.")]
    status: AttendanceStatus | None
    scan: Annotated[UUID | None, Field(description="Id of the scan to annul; null: it is about a status.")]
    reason: str
    legal_basis: str | None
    asked_by: Annotated[str, Field(description="Id of the client.")]
    asked_at: datetime
    confirmed_by: Annotated[str | None, Field(description="Id of the second client; null: it waits for one.")]
    confirmed_at: datetime | None
    confirmed_for: Annotated[str | None, Field(description="Why, in the words of the second client.")]
    confirmed_basis: Annotated[str | None, Field(description="The legal basis that the second client gave.")]
    revision: int


CorrectionFields = Annotated[
    str, FieldSelection(RollCorrection), Field(description="Members to keep.", examples=["id,status,reason"])
]


class CorrectionQuery(SortableQuery):
    pending: Annotated[
        Literal["true", "false"] | None,
        Field(description="`true`: those that wait for a second client; `false`: those that are confirmed."),
    ] = None
    sort: (
        Annotated[
            Literal["id", "-id"],
            Field(description="In the order in which they were asked for where it is not given; `-` turns it round."),
        ]
        | None
    ) = None
    fields: CorrectionFields | None = None


class Annulment(BaseModel):
    """A scan that has no effect any more; or, of a closed roll, the correction that asks for it."""

    scan_id: UUID
    annulled_at: datetime | None
    annulled_for: str | None
    legal_basis: str | None
    correction: RollCorrection | None


class ClosedRoll(BaseModel):
    """A roll that is closed."""

    meeting: CodeReference
    roll_closed_at: datetime


class RollDigest(BaseModel):
    """A roll that this service has given out."""

    digest: Annotated[str, Field(description="SHA-256 of the roll as `text/csv`, in hexadecimal.")]
    meeting: CodeReference
    lines: Annotated[int, Field(description="How many people it lists.")]
    made_at: Annotated[datetime, Field(description="When it was first given out.")]
    roll_closed_at: datetime | None


LineFields = Annotated[
    str, FieldSelection(RollLine), Field(description="Members to keep.", examples=["official,office,status"])
]
SessionFilter = Annotated[
    Code,
    Field(
        description="Code of a session: those who are assigned to it. No source tells who sat in which class of the "
        "Rakornas of 2022, so `class-1` finds nobody in the reference data.",
        examples=["class-1"],
    ),
]
StatusFilter = Annotated[
    AttendanceStatus,
    Field(
        description="`present` (hadir), `represented` (diwakili), `excused` (izin), `on_duty_elsewhere` (dinas luar), "
        "`on_leave` (cuti), `absent` (alpa), or `expected` until it is known. `sick` (sakit) is shown as `excused` and "
        "finds nobody without a token.",
        examples=["present"],
    ),
]

LineSort = Annotated[
    Literal["id", "-id", "updated_at", "-updated_at"],
    Field(description="By `id` where it is not given; `-` in front turns the order round."),
]


class AttendanceQuery(CollectionQuery):
    q: Annotated[SearchWords, Field(examples=["tarmidzi"])] | None = None
    organization: Annotated[Code, Field(description="Code of an organization.", examples=["kpu-31"])] | None = None
    session: SessionFilter | None = None
    status: StatusFilter | None = None
    office: Annotated[Office, Field(description="The office in which they came.")] | None = None
    sort: LineSort | None = None
    fields: LineFields | None = None


class AbsenceCounts(BaseModel):
    """Those who did not come, by reason."""

    excused: Annotated[int, Field(description="With permission (izin), the sick among them.")]
    on_duty_elsewhere: Annotated[int, Field(description="Dinas luar.")]
    on_leave: Annotated[int, Field(description="Cuti.")]
    absent: Annotated[int, Field(description="Without notice (alpa).")]


class Counts(BaseModel):
    invited: Annotated[
        int, Field(description="All on the list: who is represented and who came instead, each of them.")
    ]
    expected: Annotated[int, Field(description="Of whom it is not yet known whether they come.")]
    present: Annotated[int, Field(description="Who came (hadir), the late among them.")]
    represented: Annotated[int, Field(description="In whose place somebody else came (diwakili).")]
    absent: AbsenceCounts
    late: int


class GroupKey(BaseModel):
    key: Annotated[
        str | None,
        Field(description="Code of the organization, region or session, the level or the office; null: of none."),
    ]
    name: Annotated[str | None, Field(description="Of the organization, region or session.")]


class SummaryGroup(Counts, GroupKey):
    """The same numbers of one group."""


class SummarySubject(BaseModel):
    meeting: CodeReference
    by: Annotated[GroupBy | None, Field(description="What the groups are of.")]


class Summary(Counts, SummarySubject):
    """A meeting's attendance in numbers."""

    groups: Annotated[list[SummaryGroup], Field(description="With `by`, in the order of their keys; else empty.")]


class SummaryQuery(EmptyQuery):
    session: SessionFilter | None = None
    by: (
        Annotated[
            GroupBy,
            Field(
                description="What to group by. By session, who is assigned to two is counted in both, who is assigned "
                "to none in a group without a key."
            ),
        ]
        | None
    ) = None
