"""What can be written of a meeting, its sessions and its statements."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Day, Instant, Line, Name, PayloadModel, Slug, Uuid
from app.models.vocabulary import DivisionKind, MeetingKind, RollAccess, SessionKind, StatementForm
from app.writes.payloads import ChangeReason, Reference, SourcedPayload, TimeZone, merge_patch_model


class CorrectionPayload(PayloadModel):
    """What the source printed, and what the record holds instead."""

    field: Annotated[Name, Field(examples=["start_on..end_on"])]
    printed: Line
    recorded: Line
    reason: Line


class SourcePayload(PayloadModel):
    """Where the meeting is told of."""

    publisher: Line | None = None
    title: Line | None = None
    corrections: Annotated[list[CorrectionPayload], Field(max_length=50)] = []


class MeetingMembers(ChangeReason):
    """A meeting. Its sessions and statements have addresses of their own."""

    name: Name
    name_en: Name | None = None
    kind: MeetingKind
    host: Annotated[Reference, Field(description="Code of the organization that calls it.", examples=["kpu"])]
    place: Name | None = None
    time_zone: TimeZone
    start_on: Day
    end_on: Annotated[Day, Field(description="Last day.")]
    cancelled_on: Day | None = None
    election: Annotated[Slug | None, Field(description="Code of an election.", examples=["pemilu-2024"])] = None
    audience: Line | None = None
    purpose: Line | None = None
    roll: Annotated[RollAccess, Field(description="Restricted: who attended is told only with a token.")] = "restricted"
    places: Annotated[
        int | None, Field(ge=1, le=100_000, description="How many delegates one organization may send.")
    ] = None
    retention_days: Annotated[
        int | None,
        Field(ge=8, le=36_500, description="The days after its last one, until persons on its roll become counts."),
    ] = None
    source: SourcePayload = SourcePayload()
    verified: Annotated[bool, Field(description="Whether the cited source states it.")] = False
    primary: Annotated[bool, Field(description="Whether the source is the regulation or the body itself.")] = False


class MeetingPayload(MeetingMembers):
    code: Annotated[Slug, Field(examples=["rakornas-2026-12"])]


@merge_patch_model
class MeetingPatch(MeetingMembers):
    """What is to change of a meeting."""


class SpeakerPayload(PayloadModel):
    """Who speaks: a person by id or name, an organization, a division, or every division of a kind."""

    official: Uuid | None = None
    name: Name | None = None
    organization: Annotated[Reference | None, Field(examples=["kemendagri"])] = None
    division: Annotated[Reference | None, Field(examples=["p7-4"])] = None
    division_kind: DivisionKind | None = None
    role: Line | None = None


class SessionMembers(SourcedPayload):
    """A part of a meeting."""

    position: Annotated[int, Field(ge=1, le=999, description="Its place in the programme.")]
    kind: SessionKind
    name: Name
    name_en: Name | None = None
    track: Annotated[int | None, Field(ge=1, le=99, description="Which of the sessions side by side it is.")] = None
    parallel_group: Annotated[Name | None, Field(description="Sessions of one group run side by side.")] = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    room: Name | None = None
    topics: Annotated[list[Name], Field(max_length=100)] = []
    speakers: Annotated[list[SpeakerPayload], Field(max_length=50, description="In order.")] = []


class SessionPayload(SessionMembers):
    code: Annotated[Slug, Field(examples=["class-6"])]


@merge_patch_model
class SessionPatch(SessionMembers):
    """What is to change of a session."""


class StatementPayload(SourcedPayload):
    """What somebody said or wrote about a meeting."""

    official: Uuid | None = None
    name: Name | None = None
    organization: Annotated[Reference | None, Field(examples=["kpu-31"])] = None
    made_on: Day | None = None
    form: StatementForm
    summary: Line


@merge_patch_model
class StatementPatch(StatementPayload):
    """What is to change of a statement."""
