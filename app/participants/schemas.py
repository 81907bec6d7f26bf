"""Response bodies and queries of participants."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import Code, CollectionQuery, FieldSelection, ItemQuery, SearchWords
from app.models.vocabulary import Capacity, Office
from app.references import CodeReference, OfficialReference, ParticipantReference
from app.writes.request import WriteQuery


class AssignmentLetter(BaseModel):
    """The letter of assignment (surat tugas)."""

    number: Annotated[str | None, Field(examples=["12/ST/KPU-31/2026"])]
    dated_on: date | None


class ParticipantMembers(BaseModel):
    """The members of a participant without its source."""

    id: UUID
    official: Annotated[
        OfficialReference | None, Field(description="Null if the participant is no recorded official, or is not named.")
    ]
    name: Annotated[str | None, Field(description="Name of a participant who is no recorded official.")]
    organization: CodeReference | None
    office: Annotated[Office | None, Field(description="The office in which the participant comes.")]
    capacity: Capacity
    represents: Annotated[ParticipantReference | None, Field(description="The participant whom this one represents.")]
    representation_chain: Annotated[
        list[ParticipantReference],
        Field(
            description="The participant whom this one represents, then the one whom that one represents, and so on."
        ),
    ]
    assignment_letter: AssignmentLetter | None
    sessions: Annotated[list[str], Field(description="Codes of the sessions to which the participant is assigned.")]
    name_as_printed: Annotated[str | None, Field(description="The name as the source spells it, if it differs.")]
    note: str | None


class Participant(SourcedRecord, ParticipantMembers):
    """A participant of a meeting."""


Fields = Annotated[
    str,
    FieldSelection(Participant),
    Field(description="Members to include.", examples=["official,organization,capacity"]),
]
Sort = Annotated[
    Literal["id", "-id", "updated_at", "-updated_at"],
    Field(description="Default: `id`. A leading `-` sorts in descending order."),
]


class ParticipantQuery(CollectionQuery):
    """Query parameters of the participants of a meeting."""

    q: Annotated[SearchWords, Field(examples=["tarmidzi"])] | None = None
    organization: Annotated[Code, Field(description="Code of an organization.", examples=["kpu-31"])] | None = None
    session: (
        Annotated[Code, Field(description="Code of a session: only participants assigned to it.", examples=["class-1"])]
        | None
    ) = None
    capacity: Annotated[Capacity, Field(description="Capacity in which the participant comes.")] | None = None
    office: Annotated[Office, Field(description="The office in which they come.")] | None = None
    sort: Sort | None = None
    fields: Fields | None = None


class ParticipantItemQuery(ItemQuery):
    """Query parameters of one participant."""

    fields: Fields | None = None


class RegisteredParticipant(BaseModel):
    """A participant who was created in a batch."""

    id: UUID
    official: OfficialReference | None
    name: str | None
    organization: CodeReference | None
    office: Office | None


class RegisteredParticipants(BaseModel):
    """The participants created in a batch."""

    registered: Annotated[list[RegisteredParticipant], Field(description="In the order given.")]


class RegisteredOfficeHolder(RegisteredParticipant):
    """A participant who was created as the holder of an office."""

    certain: Annotated[
        bool | None,
        Field(
            description="True if the person is certainly in office on that day, false if possibly, null if the holder "
            "of the office is not known."
        ),
    ]


class OfficesWithoutHolder(BaseModel):
    """The offices of an organization that nobody is known to hold on that day."""

    organization: CodeReference
    offices: list[Office]


class RegisteredOfficeHolders(BaseModel):
    """The participants created as holders of offices, and the offices whose holders are not known."""

    registered: list[RegisteredOfficeHolder]
    named: Annotated[
        list[RegisteredOfficeHolder],
        Field(description="Participants who stood for an office without a name, and now have that of its holder."),
    ]
    already_registered: Annotated[
        int, Field(description="Number of office holders, and of offices without a holder, on the list already.")
    ]
    organizations_without_holder: Annotated[
        list[CodeReference],
        Field(description="Organizations of the request for which nobody is known to hold one of the offices."),
    ]
    offices_without_holder: Annotated[
        list[OfficesWithoutHolder],
        Field(
            description="For each organization, the offices that nobody is known to hold. A commission has a chair, "
            "members and a secretary (KPU: secretary general); of other organizations the offices in the request."
        ),
    ]


class DeletionQuery(WriteQuery):
    """Query parameters of the deletion of a participant."""

    with_scans: Annotated[
        Literal["true", "false"] | None,
        Field(description="`true`: delete the participant even if their badge has been scanned.", examples=["true"]),
    ] = None
