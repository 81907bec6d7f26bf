"""What an organization's document holds, and what can be asked of organizations."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import AsOf, AsOfOrToday, Code, CollectionQuery, FieldSelection, ItemQuery, SearchWords
from app.models.vocabulary import Level, Office, OrganizationKind, Sector, Standing
from app.references import CodeReference, OfficialReference


class OrganizationMembers(BaseModel):
    code: Annotated[str, Field(description="Its code: `kpu`, `kpu-31`, `kemendagri`.", examples=["kpu-31"])]
    name: Annotated[str, Field(examples=["KPU Provinsi DKI Jakarta"])]
    name_en: str | None
    short_name: str | None
    kind: OrganizationKind
    level: Level | None
    sector: Sector | None
    parent: Annotated[CodeReference | None, Field(description="The body above it, with `as_of` the one of that day.")]
    region: CodeReference | None
    time_zone: Annotated[str | None, Field(description="IANA time zone.", examples=["Asia/Jakarta"])]
    role: Annotated[str | None, Field(description="What it does in elections.")]
    seats: Annotated[int | None, Field(description="Size of the commission; null: in no source seen so far.")]
    established_on: date | None
    dissolved_on: Annotated[date | None, Field(description="First day on which it no longer existed.")]


class Organization(SourcedRecord, OrganizationMembers):
    """A commission or an agency."""


Fields = Annotated[str, FieldSelection(Organization), Field(description="Members to keep.", examples=["code,name"])]


class OrganizationItemQuery(ItemQuery):
    fields: Fields | None = None
    as_of: AsOf | None = None


Sort = Annotated[
    Literal["code", "-code", "name", "-name", "updated_at", "-updated_at"],
    Field(description="By `code` where it is not given; `-` in front turns the order round."),
]


class OrganizationQuery(CollectionQuery):
    q: Annotated[SearchWords, Field(examples=["kpu jakarta"])] | None = None
    kind: (
        Annotated[
            OrganizationKind, Field(description="A commission (KPU and those below it), or an agency beside them.")
        ]
        | None
    ) = None
    level: Annotated[Level, Field(description="National, of a province, or of a regency or city.")] | None = None
    sector: Annotated[Sector, Field(description="The part of the state that it belongs to.")] | None = None
    parent: Annotated[Code, Field(description="Code of the body above.", examples=["kpu-31"])] | None = None
    region: Annotated[Code, Field(description="Code of its region.", examples=["31"])] | None = None
    as_of: AsOf | None = None
    sort: Sort | None = None
    fields: Fields | None = None


class RosterEntry(BaseModel):
    """One office of the body, and who holds it on the day."""

    official: OfficialReference
    office: Office
    standing: Standing
    division: CodeReference | None
    start_on: Annotated[str | None, Field(description="May be partial: `2018`, `2018-05`.", examples=["2018"])]
    end_on: Annotated[str | None, Field(description="First day no longer in office; may be partial.")]
    seen_on: Annotated[date | None, Field(description="A day on which a source saw the person in this office.")]
    certain: Annotated[bool, Field(description="Certainly in office on that day; false: possibly.")]
    source: str | None
    verified: bool
    primary: bool


RosterFields = Annotated[
    str, FieldSelection(RosterEntry), Field(description="Members to keep.", examples=["official,office"])
]

RosterSort = Annotated[
    Literal["office", "-office", "name", "-name"],
    Field(description="By `office` where it is not given; `-` in front turns the order round."),
]


class RosterQuery(CollectionQuery):
    q: Annotated[SearchWords, Field(examples=["betty"])] | None = None
    as_of: AsOfOrToday | None = None
    office: Annotated[Office, Field(description="Ketua, anggota, sekretaris or sekretaris jenderal.")] | None = None
    sort: RosterSort | None = None
    fields: RosterFields | None = None
