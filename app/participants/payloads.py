"""What can be written of a meeting's list."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Day, Line, Name, PayloadModel, Slug, Uuid
from app.models.vocabulary import Capacity, Office
from app.writes.payloads import ChangeReason, Reference, SourcedPayload, merge_patch_model


class AssignmentLetterPayload(PayloadModel):
    """The letter of assignment."""

    number: Annotated[Name | None, Field(examples=["12/ST/KPU-31/2026"])] = None
    dated_on: Day | None = None


class ParticipantPayload(SourcedPayload):
    """Somebody who is asked to a meeting: an official by id, anybody else by name, or the holder of an office."""

    official: Annotated[Uuid | None, Field(description="Id of an official.")] = None
    name: Name | None = None
    organization: Annotated[Reference | None, Field(description="Whom they come for.", examples=["kpu-31"])] = None
    office: Annotated[Office | None, Field(description="The office in which they come.")] = None
    capacity: Annotated[
        Capacity, Field(description="Delegates count against the meeting's `places` of their organization.")
    ] = "delegate"
    represents: Annotated[Uuid | None, Field(description="Id of the participant in whose place they come.")] = None
    assignment_letter: AssignmentLetterPayload | None = None
    sessions: Annotated[
        list[Slug], Field(max_length=50, description="Codes of sessions; no two that run side by side.")
    ] = []
    name_as_printed: Name | None = None
    note: Line | None = None


@merge_patch_model
class ParticipantPatch(ParticipantPayload):
    """What is to change of a participant."""


class ParticipantBatchPayload(ChangeReason):
    """Up to 500 at once, all of them or none."""

    participants: Annotated[list[ParticipantPayload], Field(min_length=1, max_length=500)]


class InOfficePayload(SourcedPayload):
    """Everyone in office at these organizations on the meeting's first day, as their rosters have them."""

    organizations: Annotated[list[Reference], Field(min_length=1, max_length=600, examples=[["kpu-31", "kpu-32"]])]
    offices: Annotated[list[Office], Field(min_length=1, max_length=4, description="Those who hold one of these.")] = [
        "chair",
        "member",
        "secretary",
    ]
    capacity: Capacity = "delegate"
