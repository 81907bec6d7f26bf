"""Request bodies of participants."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypeAliasType

from app.core.http.body_types import Day, Line, Name, PayloadModel, Slug, Uuid
from app.models.vocabulary import Capacity, Office
from app.writes.payloads import ChangeReason, Reference, SourcedPayload, merge_patch_model

# Types with a name in the contract: otherwise generators name them after the members, as the objects themselves.
OrganizationCode = TypeAliasType("OrganizationCode", Reference)
SessionCode = TypeAliasType("SessionCode", Slug)


class AssignmentLetterPayload(PayloadModel):
    """The letter of assignment (surat tugas)."""

    number: Annotated[Name | None, Field(examples=["12/ST/KPU-31/2026"])] = None
    dated_on: Day | None = None


class ParticipantPayload(SourcedPayload):
    """A person invited to a meeting: an official (by id), another person (by name), or the holder of an office."""

    official: Annotated[Uuid | None, Field(description="Id of an official.")] = None
    name: Name | None = None
    organization: Annotated[
        Reference | None,
        Field(description="Code of the organization for which the participant comes.", examples=["kpu-31"]),
    ] = None
    office: Annotated[Office | None, Field(description="The office in which the participant comes.")] = None
    capacity: Annotated[
        Capacity, Field(description="Delegates count against the meeting's `places` per organization.")
    ] = "delegate"
    represents: Annotated[Uuid | None, Field(description="Id of the participant whom this one represents.")] = None
    assignment_letter: AssignmentLetterPayload | None = None
    sessions: Annotated[
        list[SessionCode], Field(max_length=50, description="Codes of sessions, no two of them parallel.")
    ] = []
    name_as_printed: Name | None = None
    note: Line | None = None


@merge_patch_model
class ParticipantPatch(ParticipantPayload):
    """A merge patch of a participant."""


class ParticipantBatchPayload(ChangeReason):
    """Up to 500 participants, created all or none."""

    participants: Annotated[list[ParticipantPayload], Field(min_length=1, max_length=500)]


class ParticipantRow(SourcedPayload):
    """A row of a list of participants, as people write it: with names instead of codes and ids."""

    official: Annotated[Uuid | None, Field(description="Id of an official.")] = None
    name: Name | None = None
    organization: Annotated[Name | None, Field(description="Code or name of the organization.")] = None
    office: Office | None = None
    capacity: Capacity = "delegate"
    represents: Uuid | None = None
    letter_number: Annotated[Name | None, Field(description="Number of the letter of assignment.")] = None
    letter_dated_on: Annotated[Day | None, Field(description="Date of the letter of assignment.")] = None
    sessions: Annotated[
        list[Name],
        Field(max_length=50, description="Codes or names of sessions.", json_schema_extra={"comma_separated": True}),
    ] = []
    name_as_printed: Name | None = None
    note: Line | None = None


class InOfficePayload(SourcedPayload):
    """Organizations and offices; the holders of the offices on the meeting's first day become participants."""

    organizations: Annotated[
        list[OrganizationCode], Field(min_length=1, max_length=600, examples=[["kpu-31", "kpu-32"]])
    ]
    offices: Annotated[
        list[Office] | None,
        Field(min_length=1, max_length=4, description="Offices whose holders become participants. Default: all."),
    ] = None
    include_offices_without_holder: Annotated[
        bool,
        Field(
            description="Also add each office of `offices_without_holder` as a participant without a name. Members are "
            "added only if the number of seats of their commission is known."
        ),
    ] = False
    capacity: Capacity = "delegate"
