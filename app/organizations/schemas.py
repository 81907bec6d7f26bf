"""Documents and query parameters of organizations."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import AsOf, AsOfOrToday, Code, CollectionQuery, FieldSelection, ItemQuery, SearchWords
from app.models.vocabulary import Level, Office, OrganizationKind, Sector, Standing
from app.references import CodeReference, OfficialReference


class OrganizationMembers(BaseModel):
    """The members of an organization, without its provenance and revision."""

    code: Annotated[str, Field(description="Code, such as `kpu`, `kpu-31` or `kemendagri`.", examples=["kpu-31"])]
    name: Annotated[str, Field(examples=["KPU Provinsi DKI Jakarta"])]
    name_en: str | None
    short_name: str | None
    kind: OrganizationKind
    level: Level | None
    sector: Sector | None
    parent: Annotated[
        CodeReference | None, Field(description="The organization above; with `as_of` the one on that day.")
    ]
    region: CodeReference | None
    time_zone: Annotated[str | None, Field(description="IANA time zone.", examples=["Asia/Jakarta"])]
    role: Annotated[str | None, Field(description="Its role in elections.")]
    seats: Annotated[int | None, Field(description="Size of the commission; null: no source seen so far states it.")]
    established_on: date | None
    dissolved_on: Annotated[date | None, Field(description="First day on which it no longer existed.")]


class Organization(SourcedRecord, OrganizationMembers):
    """An election commission, or an agency."""


Fields = Annotated[str, FieldSelection(Organization), Field(description="Members to include.", examples=["code,name"])]


class OrganizationItemQuery(ItemQuery):
    """Query parameters of one organization."""

    fields: Fields | None = None
    as_of: AsOf | None = None


Sort = Annotated[
    Literal["code", "-code", "name", "-name", "updated_at", "-updated_at"],
    Field(description="Default: `code`. A leading `-` sorts in descending order."),
]


class OrganizationQuery(CollectionQuery):
    """Query parameters of the list of organizations."""

    q: Annotated[SearchWords, Field(examples=["kpu jakarta"])] | None = None
    kind: (
        Annotated[OrganizationKind, Field(description="A commission (KPU and those below it), or another agency.")]
        | None
    ) = None
    level: Annotated[Level, Field(description="National, province, or regency and city.")] | None = None
    sector: Annotated[Sector, Field(description="Sector of the state that it belongs to.")] | None = None
    parent: Annotated[Code, Field(description="Code of the organization above.", examples=["kpu-31"])] | None = None
    region: Annotated[Code, Field(description="Code of its region.", examples=["31"])] | None = None
    as_of: AsOf | None = None
    sort: Sort | None = None
    fields: Fields | None = None


class RosterEntry(BaseModel):
    """An office of the organization, with the official who holds it on the day."""

    official: OfficialReference
    office: Office
    standing: Standing
    division: CodeReference | None
    start_on: Annotated[str | None, Field(description="May be partial: `2018`, `2018-05`.", examples=["2018"])]
    end_on: Annotated[str | None, Field(description="First day no longer in office; may be partial.")]
    seen_on: Annotated[date | None, Field(description="A day on which a source saw the person in this office.")]
    certain: Annotated[bool, Field(description="True: certainly in office on that day; false: possibly.")]
    source: str | None
    verified: bool
    primary: bool


RosterFields = Annotated[
    str, FieldSelection(RosterEntry), Field(description="Members to include.", examples=["official,office"])
]

RosterSort = Annotated[
    Literal["office", "-office", "name", "-name"],
    Field(description="Default: `office`, the chair first. A leading `-` sorts in descending order."),
]


class RosterQuery(CollectionQuery):
    """Query parameters of the roster of an organization."""

    q: Annotated[SearchWords, Field(examples=["betty"])] | None = None
    as_of: AsOfOrToday | None = None
    office: Annotated[Office, Field(description="Ketua, anggota, sekretaris or sekretaris jenderal.")] | None = None
    sort: RosterSort | None = None
    fields: RosterFields | None = None
