"""Documents and query parameters of officials."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.datetimes import PartialDate
from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import AsOf, Code, CollectionQuery, FieldSelection, ItemQuery, SearchWords
from app.models.vocabulary import Office, Standing
from app.references import CodeReference

Certain = Annotated[
    bool | None,
    Field(description="True: certainly in office on `as_of`; false: possibly; null: no `as_of` given."),
]
SeenOn = Annotated[date | None, Field(description="A day on which a source saw the person in this office.")]
EndOn = Annotated[PartialDate | None, Field(description="First day no longer in office; null: still in office.")]


class OfficialAppointment(BaseModel):
    """An appointment of the official to an office, from `start_on` until the day before `end_on`."""

    id: UUID
    organization: CodeReference
    office: Office
    standing: Standing
    division: CodeReference | None
    term: Annotated[str | None, Field(description="Term of the commission.", examples=["2022-2027"])]
    start_on: PartialDate | None
    end_on: EndOn
    seen_on: SeenOn
    certain: Certain
    end_reason: str | None
    legal_basis: Annotated[str | None, Field(examples=["Keppres 33/P/2022"])]
    source: str | None
    verified: bool
    primary: bool


class OfficialMembers(BaseModel):
    """The members of an official, without its provenance and revision."""

    id: Annotated[UUID, Field(examples=["01a20c10-0ad9-7584-8953-0eb59d6a8d90"])]
    name: Annotated[str, Field(examples=["Hasyim Asy'ari"])]
    other_names: Annotated[list[str], Field(description="Other spellings found in the sources.")]
    appointments: Annotated[
        list[OfficialAppointment], Field(description="Newest first; with `as_of` only those possible on that day.")
    ]


class Official(SourcedRecord, OfficialMembers):
    """A person with the offices that they hold or held."""


Fields = Annotated[str, FieldSelection(Official), Field(description="Members to include.", examples=["id,name"])]


class OfficialItemQuery(ItemQuery):
    """Query parameters of one official."""

    as_of: AsOf | None = None
    fields: Fields | None = None


Sort = Annotated[
    Literal["name", "-name", "updated_at", "-updated_at"],
    Field(description="Default: `name`. A leading `-` sorts in descending order."),
]


class OfficialQuery(CollectionQuery):
    """Query parameters of the list of officials.

    `organization`, `division`, `office`, `standing` and `as_of` select by one and the same appointment.
    """

    q: Annotated[SearchWords, Field(examples=["tarmidzi"])] | None = None
    organization: Annotated[Code, Field(description="Code of an organization.", examples=["kpu-31"])] | None = None
    division: Annotated[Code, Field(description="Code of a division.", examples=["p7-4"])] | None = None
    office: Annotated[Office, Field(description="Ketua, anggota, sekretaris or sekretaris jenderal.")] | None = None
    standing: (
        Annotated[
            Standing,
            Field(
                description="`definitive`, `acting` (pelaksana tugas) or `interim_replacement` (pengganti antarwaktu)."
            ),
        ]
        | None
    ) = None
    as_of: AsOf | None = None
    sort: Sort | None = None
    fields: Fields | None = None
