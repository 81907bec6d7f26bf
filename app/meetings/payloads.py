"""Request bodies of meetings, their sessions and their statements."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.core.http.body_types import Day, Instant, Line, Name, PayloadModel, Slug, Uuid
from app.core.languages import Text
from app.core.patterns import register_pattern
from app.models.vocabulary import DivisionKind, MeetingKind, RollAccess, SessionKind, StatementForm
from app.writes.payloads import ChangeReason, Reference, SourcedPayload, TimeZone, merge_patch_model

MAX_DAYS_MOVED = 366
LOCAL_TIME_PATTERN = register_pattern(
    "^([01][0-9]|2[0-3]):[0-5][0-9]$",
    Text("waktu setempat sebagai JJ:MM, misalnya 03:00", "a local time as HH:MM, for example 03:00"),
)


class CorrectionPayload(PayloadModel):
    """An error in the source: what it printed, and the value that is served instead."""

    field: Annotated[Name, Field(examples=["start_on..end_on"])]
    printed: Line
    recorded: Line
    reason: Line


class SourcePayload(PayloadModel):
    """The source of a meeting."""

    publisher: Line | None = None
    title: Line | None = None
    corrections: Annotated[list[CorrectionPayload], Field(max_length=50)] = []


class MeetingMembers(ChangeReason):
    """The members of a meeting that a client can write. Its sessions and statements have their own addresses."""

    name: Name
    name_en: Name | None = None
    kind: MeetingKind
    host: Annotated[Reference, Field(description="Code of the convening organization.", examples=["kpu"])]
    place: Name | None = None
    time_zone: TimeZone
    start_on: Day
    end_on: Annotated[Day, Field(description="Last day.")]
    cancelled_on: Day | None = None
    election: Annotated[Slug | None, Field(description="Code of an election.", examples=["pemilu-2024"])] = None
    audience: Line | None = None
    purpose: Line | None = None
    roll: Annotated[RollAccess, Field(description="`restricted`: reading who attended needs a token.")] = "restricted"
    places: Annotated[
        int | None, Field(ge=1, le=100_000, description="The number of delegates that one organization may send.")
    ] = None
    retention_days: Annotated[
        int | None,
        Field(ge=8, le=36_500, description="Days after its last day until its participants are anonymised."),
    ] = None
    check_in_margin_minutes: Annotated[
        int,
        Field(
            ge=0,
            le=720,
            description="Minutes before midnight of the first day and after that of the last day in which scans count.",
        ),
    ] = 180
    day_ends_at: Annotated[
        str | None,
        Field(
            pattern=LOCAL_TIME_PATTERN,
            description="Local time at which a day of the meeting ends; before noon: of the next date. Null: four "
            "hours after the end of the day's last session, or without sessions midnight plus the margin. A day never "
            "ends later than the next day's first session begins.",
            examples=["03:00"],
        ),
    ] = None
    source: SourcePayload = SourcePayload()
    verified: Annotated[bool, Field(description="True: the cited source states it.")] = False
    primary: Annotated[bool, Field(description="True: the source is the regulation or the body itself.")] = False


class MeetingPayload(MeetingMembers):
    """The body that creates a meeting."""

    code: Annotated[Slug, Field(examples=["rakornas-2026-12"])]


@merge_patch_model
class MeetingPatch(MeetingMembers):
    """A merge patch of a meeting."""


def _reject_zero(days: int) -> int:
    """Return the number of days if it is not 0, else raise a validation error."""
    if days == 0:
        raise PydanticCustomError("is_zero", "must not be 0")
    return days


class MovePayload(ChangeReason):
    """By how many days a meeting is moved with its sessions, and why."""

    days: Annotated[
        int,
        Field(
            ge=-MAX_DAYS_MOVED,
            le=MAX_DAYS_MOVED,
            description="Days to add to all dates and times; negative: earlier. Not 0.",
            json_schema_extra={"not": {"const": 0}},
            examples=[7],
        ),
        AfterValidator(_reject_zero),
    ]
    reason: Annotated[Line, Field(description="Reason of the move, stored in each revision.", examples=["banjir"])]


class SpeakerPayload(PayloadModel):
    """A speaker: a person by id or name, an organization, a division, or every division of a kind."""

    official: Uuid | None = None
    name: Name | None = None
    organization: Annotated[Reference | None, Field(examples=["kemendagri"])] = None
    division: Annotated[Reference | None, Field(examples=["p7-4"])] = None
    division_kind: DivisionKind | None = None
    role: Line | None = None


class SessionMembers(SourcedPayload):
    """The members of a session that a client can write."""

    position: Annotated[int, Field(ge=1, le=999, description="Its position in the programme.")]
    kind: SessionKind
    name: Name
    name_en: Name | None = None
    track: Annotated[int | None, Field(ge=1, le=99, description="Its number among the parallel sessions.")] = None
    parallel_group: Annotated[Name | None, Field(description="Sessions of one group are parallel.")] = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    room: Name | None = None
    topics: Annotated[list[Name], Field(max_length=100)] = []
    speakers: Annotated[list[SpeakerPayload], Field(max_length=50, description="In order.")] = []


class SessionPayload(SessionMembers):
    """The body that creates a session."""

    code: Annotated[Slug, Field(examples=["class-6"])]


@merge_patch_model
class SessionPatch(SessionMembers):
    """A merge patch of a session."""


class StatementPayload(SourcedPayload):
    """The members of a statement about a meeting that a client can write."""

    official: Uuid | None = None
    name: Name | None = None
    organization: Annotated[Reference | None, Field(examples=["kpu-31"])] = None
    made_on: Day | None = None
    form: StatementForm
    summary: Line


@merge_patch_model
class StatementPatch(StatementPayload):
    """A merge patch of a statement."""
