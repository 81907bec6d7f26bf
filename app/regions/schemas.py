"""What a region's document holds, and what can be asked of regions."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import AsOf, Code, CollectionQuery, FieldSelection, ItemQuery, SearchWords
from app.models.vocabulary import RegionType
from app.references import CodeReference


class PreviousCode(BaseModel):
    """A code that the region had before today's."""

    code: str
    parent: Annotated[CodeReference, Field(description="The province it lay in under that code.")]
    until: Annotated[date | None, Field(description="First day on which it no longer held; null: not known.")]


class RegionMembers(BaseModel):
    code: Annotated[str, Field(description="Kemendagri code of today: `31`, `31.71`.", examples=["93.01"])]
    name: Annotated[str, Field(examples=["Kabupaten Merauke"])]
    name_en: str | None
    type: RegionType
    parent: Annotated[CodeReference | None, Field(description="The province, with `as_of` the one of that day.")]
    iso_3166_2: Annotated[str | None, Field(description="ISO 3166-2 code, provinces only.", examples=["ID-JK"])]
    capital: str | None
    time_zone: Annotated[str, Field(description="IANA time zone.", examples=["Asia/Jayapura"])]
    valid_from: Annotated[date | None, Field(description="First day of the region; null: older than the sources tell.")]
    formed_by: Annotated[str | None, Field(description="The law that formed it.", examples=["UU 14/2022"])]
    split_from: Annotated[CodeReference | None, Field(description="The region it was taken from.")]
    previous_codes: list[PreviousCode]
    autonomous: Annotated[bool, Field(description="Whether it has a government and council of its own.")]


class Region(SourcedRecord, RegionMembers):
    """A region: a province, or a regency or city within one."""


Fields = Annotated[str, FieldSelection(Region), Field(description="Members to keep.", examples=["code,name"])]


class RegionItemQuery(ItemQuery):
    fields: Fields | None = None
    as_of: AsOf | None = None


Sort = Annotated[
    Literal["code", "-code", "name", "-name", "updated_at", "-updated_at"],
    Field(description="By `code` where it is not given; `-` in front turns the order round."),
]


class RegionQuery(CollectionQuery):
    q: Annotated[SearchWords, Field(examples=["jayapura"])] | None = None
    type: (
        Annotated[RegionType, Field(description="`province` (provinsi), `regency` (kabupaten) or `city` (kota).")]
        | None
    ) = None
    parent: Annotated[Code, Field(description="Code of a province.", examples=["91"])] | None = None
    as_of: AsOf | None = None
    sort: Sort | None = None
    fields: Fields | None = None
