"""What an official's document holds, and what can be asked of officials."""

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
    Field(description="On `as_of`: true, certainly in office; false, possibly. Null without `as_of`."),
]
SeenOn = Annotated[date | None, Field(description="A day on which a source saw the person in this office.")]
EndOn = Annotated[PartialDate | None, Field(description="First day no longer in office; null: still open.")]


class OfficialAppointment(BaseModel):
    """A person in an office of an organization, from `start_on` until the day before `end_on`."""

    id: UUID
    organization: CodeReference
    office: Office
    standing: Standing
    division: CodeReference | None
    term: Annotated[str | None, Field(description="The term of the body.", examples=["2022-2027"])]
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
    id: Annotated[UUID, Field(examples=["01a20c10-0ad9-7584-8953-0eb59d6a8d90"])]
    name: Annotated[str, Field(examples=["Hasyim Asy'ari"])]
    other_names: Annotated[list[str], Field(description="Other spellings found in the sources.")]
    appointments: Annotated[
        list[OfficialAppointment], Field(description="Newest first; with `as_of` those possible on that day, else all.")
    ]


class Official(SourcedRecord, OfficialMembers):
    """A person with the offices held."""


Fields = Annotated[str, FieldSelection(Official), Field(description="Members to keep.", examples=["id,name"])]


class OfficialItemQuery(ItemQuery):
    as_of: AsOf | None = None
    fields: Fields | None = None


Sort = Annotated[
    Literal["name", "-name", "updated_at", "-updated_at"],
    Field(description="By `name` where it is not given; `-` in front turns the order round."),
]


class OfficialQuery(CollectionQuery):
    """The first five hold of one and the same appointment."""

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
