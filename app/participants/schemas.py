"""What the list of a meeting holds, and what can be asked of it."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import Code, CollectionQuery, FieldSelection, ItemQuery, SearchWords
from app.models.vocabulary import Capacity, Office
from app.references import CodeReference, OfficialReference, ParticipantReference


class AssignmentLetter(BaseModel):
    """The letter of assignment (surat tugas)."""

    number: Annotated[str | None, Field(examples=["12/ST/KPU-31/2026"])]
    dated_on: date | None


class ParticipantMembers(BaseModel):
    id: UUID
    official: Annotated[OfficialReference | None, Field(description="Null: not on record, or not named.")]
    name: Annotated[str | None, Field(description="Of somebody who is no official of the record.")]
    organization: CodeReference | None
    office: Annotated[Office | None, Field(description="The office in which the participant comes.")]
    capacity: Capacity
    represents: Annotated[ParticipantReference | None, Field(description="In whose place this one comes.")]
    representation_chain: Annotated[
        list[ParticipantReference],
        Field(description="In whose place this one comes, in whose place that one should have come, and so on."),
    ]
    assignment_letter: AssignmentLetter | None
    sessions: Annotated[list[str], Field(description="Codes of the sessions it is assigned to; none: to no one.")]
    name_as_printed: Annotated[str | None, Field(description="The name as the source spells it, where it differs.")]
    note: str | None


class Participant(SourcedRecord, ParticipantMembers):
    """Somebody on the list of a meeting."""


Fields = Annotated[
    str, FieldSelection(Participant), Field(description="Members to keep.", examples=["official,organization,capacity"])
]
Sort = Annotated[
    Literal["id", "-id", "updated_at", "-updated_at"],
    Field(description="By `id` where it is not given; `-` in front turns the order round."),
]


class ParticipantQuery(CollectionQuery):
    q: Annotated[SearchWords, Field(examples=["tarmidzi"])] | None = None
    organization: Annotated[Code, Field(description="Code of an organization.", examples=["kpu-31"])] | None = None
    session: (
        Annotated[Code, Field(description="Code of a session: who is assigned to it.", examples=["class-1"])] | None
    ) = None
    capacity: Annotated[Capacity, Field(description="As what they come.")] | None = None
    office: Annotated[Office, Field(description="The office in which they come.")] | None = None
    sort: Sort | None = None
    fields: Fields | None = None


class ParticipantItemQuery(ItemQuery):
    fields: Fields | None = None


class RegisteredParticipant(BaseModel):
    """Somebody who was put on the list by a batch."""

    id: UUID
    official: OfficialReference | None
    name: str | None
    organization: CodeReference | None
    office: Office | None


class RegisteredParticipants(BaseModel):
    """What a batch has put on the list."""

    registered: Annotated[list[RegisteredParticipant], Field(description="In the order given.")]


class RegisteredOfficeHolder(RegisteredParticipant):
    """Somebody who was put on the list by the office."""

    certain: Annotated[
        bool, Field(description="Whether that they are in office on that day is certain, or merely possible.")
    ]


class RegisteredOfficeHolders(BaseModel):
    """Who was put on the list by their offices."""

    registered: list[RegisteredOfficeHolder]
    already_listed: Annotated[int, Field(description="How many in office were on the list already.")]
