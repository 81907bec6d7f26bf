"""Request bodies of regions."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Day, Line, Name, PayloadModel
from app.models.vocabulary import RegionType
from app.writes.payloads import SourcedPayload, TimeZone, merge_patch_model

Code = Annotated[str, Field(pattern=r"^[0-9]{2}(\.[0-9]{2})?$", examples=["31", "31.71"])]
FormerCode = Annotated[str, Field(pattern=r"^[0-9]{2}\.[0-9]{2}$", examples=["91.01"])]


class PreviousCode(PayloadModel):
    """A former code of the region, with the province to which it belonged then."""

    code: FormerCode
    parent: Annotated[str, Field(pattern="^[0-9]{2}$", examples=["91"])]
    until: Annotated[Day | None, Field(description="First day without the code; null: unknown.")] = None


class RegionMembers(SourcedPayload):
    """A province, regency or city."""

    name: Name
    name_en: Name | None = None
    type: RegionType
    parent: Annotated[Code | None, Field(description="The province of a regency or city.", examples=["31"])] = None
    iso_3166_2: Annotated[str | None, Field(pattern="^[A-Z]{2}-[A-Z0-9]{1,3}$", examples=["ID-JK"])] = None
    capital: Name | None = None
    time_zone: TimeZone
    valid_from: Annotated[Day | None, Field(description="First day; null: earlier than the sources state.")] = None
    formed_by: Annotated[Line | None, Field(description="The law that formed it.")] = None
    split_from: Annotated[Code | None, Field(description="The region from which it was separated.")] = None
    previous_codes: Annotated[list[PreviousCode], Field(max_length=20)] = []
    autonomous: Annotated[bool, Field(description="True: it elects its own head.")] = True


class RegionPayload(RegionMembers):
    """The body that creates a region."""

    code: Code


@merge_patch_model
class RegionPatch(RegionMembers):
    """A merge patch of a region."""
