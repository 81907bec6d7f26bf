"""Documents and query parameters of meetings, their sessions and their statements."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.datetimes import WrittenInstant
from app.core.db.provenance import Record, RevisionFields
from app.core.http.parameters import (
    AsOfOrToday,
    Code,
    FieldSelection,
    ItemQuery,
    KnownAt,
    ListQuery,
    PeriodQuery,
    SearchWords,
)
from app.meetings.session_schemas import MeetingSession
from app.models.vocabulary import MeetingKind, MeetingStatus, RollAccess, StatementForm
from app.references import CodeReference, OfficialReference


class MeetingStatement(BaseModel):
    """A spoken or written statement about a meeting, within the document of the meeting."""

    id: UUID
    official: OfficialReference | None
    name: Annotated[str | None, Field(description="The name of a person who is not a recorded official.")]
    organization: CodeReference | None
    made_on: date | None
    form: StatementForm
    summary: str
    source: str | None
    verified: bool
    primary: bool


class Statement(RevisionFields, MeetingStatement):
    """A spoken or written statement about a meeting."""


class SourceCorrection(BaseModel):
    """An error in the source: what it printed, and the value that is served instead."""

    field: Annotated[str, Field(examples=["start_on..end_on"])]
    printed: Annotated[str, Field(examples=["13-15 Juni 2024"])]
    recorded: Annotated[str, Field(examples=["2022-06-13..2022-06-15"])]
    reason: str


class MeetingSource(BaseModel):
    """The source of a meeting, with its errors and their corrections."""

    publisher: str | None
    title: str | None
    corrections: list[SourceCorrection]


class MeetingMembers(BaseModel):
    """The members of a meeting, without its provenance and revision."""

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
    status: Annotated[MeetingStatus, Field(description="The status on `as_of`, by its days and its cancellation.")]
    roll: Annotated[RollAccess, Field(description="`open`: anyone may read names; `restricted`: only counts.")]
    roll_closed_at: Annotated[
        WrittenInstant | None,
        Field(description="Since then only a correction by two clients changes the roll."),
    ]
    places: Annotated[int | None, Field(description="Delegates that one organization may send; null: unlimited.")]
    retention_days: Annotated[
        int | None, Field(description="Days after its last day until its participants are anonymised; null: never.")
    ]
    check_in_margin_minutes: Annotated[
        int, Field(description="Minutes before the first day and after the last day in which scans count.")
    ]
    day_ends_at: Annotated[
        str | None,
        Field(description="Local time, HH:MM, at which a day ends; null: four hours after the day's last session."),
    ]
    anonymised_at: Annotated[
        WrittenInstant | None, Field(description="The time at which its participants were anonymised.")
    ]
    sessions: Annotated[list[MeetingSession], Field(description="By position.")]
    statements: Annotated[list[MeetingStatement], Field(description="By day.")]
    source: MeetingSource


class Meeting(Record, MeetingMembers):
    """A meeting with its sessions and the statements about it."""


Fields = Annotated[
    str,
    FieldSelection(Meeting),
    Field(description="Members to include.", examples=["code,name,status"]),
]


class MeetingItemQuery(ItemQuery):
    """Query parameters of one meeting."""

    as_of: AsOfOrToday | None = None
    fields: Fields | None = None


Sort = Annotated[
    Literal["start_on", "-start_on", "code", "-code", "name", "-name", "updated_at", "-updated_at"],
    Field(description="Default: `start_on`. A leading `-` sorts in descending order."),
]

Status = Annotated[
    MeetingStatus,
    Field(
        description="The status on `as_of`: with `as_of=2022-06-14`, `running` finds the Rakornas.",
        examples=["running"],
    ),
]


class MeetingQuery(PeriodQuery):
    """Query parameters of the list of meetings."""

    q: Annotated[SearchWords, Field(examples=["rakornas"])] | None = None
    host: Annotated[Code, Field(description="Code of the convening organization.", examples=["kpu"])] | None = None
    kind: (
        Annotated[
            MeetingKind,
            Field(description="Kind of meeting: `national_coordination` is a rakornas, `coordination` a rakor."),
        ]
        | None
    ) = None
    election: Annotated[Code, Field(description="Code of an election.", examples=["pemilu-2024"])] | None = None
    status: Status | None = None
    attended_by: (
        Annotated[Code, Field(description="Code of an organization with a present participant.", examples=["kpu-31"])]
        | None
    ) = None
    as_of: AsOfOrToday | None = None
    sort: Sort | None = None
    fields: Fields | None = None


StatementFields = Annotated[
    str,
    FieldSelection(Statement),
    Field(description="Members to include.", examples=["made_on,organization,summary"]),
]


class StatementItemQuery(ItemQuery):
    """Query parameters of one statement."""

    fields: StatementFields | None = None


StatementSort = Annotated[
    Literal["made_on", "-made_on", "updated_at", "-updated_at"],
    Field(description="Default: `made_on`. A leading `-` sorts in descending order."),
]


class StatementQuery(ListQuery):
    """Query parameters of the statements of a meeting."""

    sort: StatementSort | None = None
    fields: StatementFields | None = None
    known_at: KnownAt | None = None

    @property
    def sort_order(self) -> str | None:
        """The query parameter `sort` of a list of press statements; None if it was not given."""
        return self.sort

    @property
    def known_at_instant(self) -> datetime | None:
        """The query parameter `known_at`, the instant as of which to list statements; None if it was not given."""
        return self.known_at
