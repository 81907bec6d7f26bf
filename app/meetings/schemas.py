"""What the documents of meetings and sessions hold, and what can be asked of them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.db.provenance import Record, RevisionFields, SourcedRecord
from app.core.http.parameters import (
    AsOfOrToday,
    Code,
    CollectionQuery,
    FieldSelection,
    ItemQuery,
    KnownAt,
    ListQuery,
    PeriodQuery,
    SearchWords,
)
from app.models.vocabulary import DivisionKind, MeetingKind, MeetingStatus, RollAccess, SessionKind, StatementForm
from app.references import CodeReference, OfficialReference


class Speaker(BaseModel):
    """Who spoke: a person, a division, or a body as such."""

    official: OfficialReference | None
    name: Annotated[str | None, Field(description="Of somebody who is no official of the record.")]
    organization: CodeReference | None
    division: CodeReference | None
    division_kind: Annotated[
        DivisionKind | None, Field(description="Where every division of the organization spoke: of which kind.")
    ]
    role: str | None


class MeetingSession(BaseModel):
    """A part of a meeting."""

    code: Annotated[str, Field(description="Unique within the meeting.", examples=["class-1"])]
    position: Annotated[int, Field(description="Its place in the programme, from 1.")]
    kind: SessionKind
    name: Annotated[str, Field(examples=["Perencanaan dan Keuangan"])]
    name_en: str | None
    track: Annotated[int | None, Field(description="Which of the sessions side by side it is, from 1.")]
    parallel_group: Annotated[str | None, Field(description="Sessions of one group run side by side.")]
    starts_at: Annotated[datetime | None, Field(description="RFC 3339; null: no source tells the hour.")]
    ends_at: datetime | None
    room: str | None
    topics: list[str]
    speakers: list[Speaker]


class Zone(BaseModel):
    time_zone: Annotated[str, Field(description="IANA time zone of the meeting's place.", examples=["Asia/Jakarta"])]


class Session(SourcedRecord, Zone, MeetingSession):
    """A part of a meeting, with its topics and speakers."""


class Statement(BaseModel):
    """What somebody said or wrote about the meeting."""

    id: UUID
    official: OfficialReference | None
    name: Annotated[str | None, Field(description="Of somebody who is no official of the record.")]
    organization: CodeReference | None
    made_on: date | None
    form: StatementForm
    summary: str
    source: str | None
    verified: bool
    primary: bool


class StatementRecord(RevisionFields, Statement):
    """What somebody said or wrote about a meeting, with its revision."""


class Correction(BaseModel):
    """What the source printed, and what this record holds instead."""

    field: Annotated[str, Field(examples=["start_on..end_on"])]
    printed: Annotated[str, Field(examples=["13-15 Juni 2024"])]
    recorded: Annotated[str, Field(examples=["2022-06-13..2022-06-15"])]
    reason: str


class MeetingSource(BaseModel):
    """Where the meeting is told of, and where this record departs from what is printed there."""

    publisher: str | None
    title: str | None
    corrections: list[Correction]


class MeetingMembers(BaseModel):
    code: Annotated[str, Field(examples=["rakornas-2022-06"])]
    name: str
    name_en: str | None
    kind: MeetingKind
    host: CodeReference
    place: Annotated[str | None, Field(examples=["Jakarta"])]
    time_zone: Annotated[str, Field(description="IANA time zone of the place.", examples=["Asia/Jakarta"])]
    start_on: date
    end_on: Annotated[date, Field(description="Last day.")]
    cancelled_on: Annotated[date | None, Field(description="The day on which it was cancelled.")]
    election: CodeReference | None
    audience: str | None
    purpose: str | None
    status: Annotated[MeetingStatus, Field(description="On `as_of`, by its days and its cancellation.")]
    roll: Annotated[RollAccess, Field(description="Open: anyone may read who attended; restricted: only the numbers.")]
    roll_closed_at: Annotated[
        datetime | None, Field(description="Since then the roll changes only by corrections that two clients make.")
    ]
    places: Annotated[int | None, Field(description="How many delegates one organization may send; null: any number.")]
    retention_days: Annotated[
        int | None, Field(description="The days after its last one, until persons become counts; null: never.")
    ]
    anonymised_at: Annotated[datetime | None, Field(description="When that happened.")]
    sessions: Annotated[list[MeetingSession], Field(description="By position.")]
    statements: Annotated[list[Statement], Field(description="By day.")]
    source: MeetingSource


class Meeting(Record, MeetingMembers):
    """A meeting with its sessions and what was said about it."""


Fields = Annotated[str, FieldSelection(Meeting), Field(description="Members to keep.", examples=["code,name,status"])]


class MeetingItemQuery(ItemQuery):
    as_of: AsOfOrToday | None = None
    fields: Fields | None = None


Sort = Annotated[
    Literal["start_on", "-start_on", "code", "-code", "name", "-name", "updated_at", "-updated_at"],
    Field(description="By `start_on` where it is not given; `-` in front turns the order round."),
]

Status = Annotated[
    MeetingStatus,
    Field(
        description="On `as_of`: with `as_of=2022-06-14`, `running` finds the Rakornas; without it, what runs today.",
        examples=["running"],
    ),
]


class MeetingQuery(PeriodQuery):
    q: Annotated[SearchWords, Field(examples=["rakornas"])] | None = None
    host: Annotated[Code, Field(description="Code of the organization that calls it.", examples=["kpu"])] | None = None
    kind: (
        Annotated[
            MeetingKind,
            Field(description="What was called: `national_coordination` is a rakornas, `coordination` a rakor."),
        ]
        | None
    ) = None
    election: Annotated[Code, Field(description="Code of an election.", examples=["pemilu-2024"])] | None = None
    status: Status | None = None
    attended_by: (
        Annotated[
            Code, Field(description="Code of an organization of which somebody was present.", examples=["kpu-31"])
        ]
        | None
    ) = None
    as_of: AsOfOrToday | None = None
    sort: Sort | None = None
    fields: Fields | None = None


SessionFields = Annotated[
    str, FieldSelection(Session), Field(description="Members to keep.", examples=["code,name,topics"])
]


class SessionItemQuery(ItemQuery):
    fields: SessionFields | None = None


SessionSort = Annotated[
    Literal["position", "-position", "code", "-code", "name", "-name", "updated_at", "-updated_at"],
    Field(description="By `position` where it is not given; `-` in front turns the order round."),
]


class SessionQuery(CollectionQuery):
    q: Annotated[SearchWords, Field(examples=["pemutakhiran"])] | None = None
    kind: (
        Annotated[
            SessionKind,
            Field(description="What it was: `direction` (arahan) is a speech to all, a `class` runs beside others."),
        ]
        | None
    ) = None
    topic: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=200,
                description="A topic, whole; case, accents and apostrophes do not count.",
                examples=["Kampanye"],
            ),
        ]
        | None
    ) = None
    sort: SessionSort | None = None
    fields: SessionFields | None = None


StatementFields = Annotated[
    str,
    FieldSelection(StatementRecord),
    Field(description="Members to keep.", examples=["made_on,organization,summary"]),
]


class StatementItemQuery(ItemQuery):
    fields: StatementFields | None = None


StatementSort = Annotated[
    Literal["made_on", "-made_on", "updated_at", "-updated_at"],
    Field(description="By `made_on` where it is not given; `-` in front turns the order round."),
]


class StatementQuery(ListQuery):
    sort: StatementSort | None = None
    fields: StatementFields | None = None
    known_at: KnownAt | None = None

    @property
    def sort_order(self) -> str | None:
        return self.sort

    @property
    def known_at_instant(self) -> datetime | None:
        return self.known_at
