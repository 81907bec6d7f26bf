"""Documents and query parameters of regions."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import AsOf, Code, CollectionQuery, FieldSelection, ItemQuery, SearchWords
from app.models.vocabulary import RegionType
from app.references import CodeReference


class PreviousCode(BaseModel):
    """A former code of a region."""

    code: str
    parent: Annotated[CodeReference, Field(description="The province to which it belonged under that code.")]
    until: Annotated[date | None, Field(description="First day without the code; null: unknown.")]


class RegionMembers(BaseModel):
    """The members of a region, without its provenance and revision."""

    code: Annotated[str, Field(description="The present Kemendagri code: `31`, `31.71`.", examples=["93.01"])]
    name: Annotated[str, Field(examples=["Kabupaten Merauke"])]
    name_en: str | None
    type: RegionType
    parent: Annotated[CodeReference | None, Field(description="The province; with `as_of`, that of the day.")]
    iso_3166_2: Annotated[str | None, Field(description="ISO 3166-2 code, provinces only.", examples=["ID-JK"])]
    capital: str | None
    time_zone: Annotated[str, Field(description="IANA time zone.", examples=["Asia/Jayapura"])]
    valid_from: Annotated[date | None, Field(description="First day; null: earlier than the sources state.")]
    formed_by: Annotated[str | None, Field(description="The law that formed it.", examples=["UU 14/2022"])]
    split_from: Annotated[CodeReference | None, Field(description="The region from which it was separated.")]
    previous_codes: list[PreviousCode]
    autonomous: Annotated[bool, Field(description="True: it has its own government and council.")]


class Region(SourcedRecord, RegionMembers):
    """A region: a province, or a regency or city within one."""


Fields = Annotated[str, FieldSelection(Region), Field(description="Members to include.", examples=["code,name"])]


class RegionItemQuery(ItemQuery):
    """Query parameters of one region."""

    fields: Fields | None = None
    as_of: AsOf | None = None


Sort = Annotated[
    Literal["code", "-code", "name", "-name", "updated_at", "-updated_at"],
    Field(description="Default: `code`. A leading `-` sorts in descending order."),
]


class RegionQuery(CollectionQuery):
    """Query parameters of the list of regions."""

    q: Annotated[SearchWords, Field(examples=["jayapura"])] | None = None
    type: (
        Annotated[RegionType, Field(description="`province` (provinsi), `regency` (kabupaten) or `city` (kota).")]
        | None
    ) = None
    parent: Annotated[Code, Field(description="Code of a province.", examples=["91"])] | None = None
    as_of: AsOf | None = None
    sort: Sort | None = None
    fields: Fields | None = None
