"""Request bodies of regions."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Day, Line, Name, PayloadModel
from app.core.languages import Text
from app.core.patterns import register_pattern
from app.models.vocabulary import RegionType
from app.writes.payloads import SourcedPayload, TimeZone, merge_patch_model

REGION_CODE_PATTERN = register_pattern(
    r"^[0-9]{2}(\.[0-9]{2})?$",
    Text(
        "kode Kemendagri: dua angka, untuk kabupaten atau kota ditambah titik dan dua angka, misalnya 31.71",
        "a Kemendagri code: two digits, for a regency or city also a dot and two digits, for example 31.71",
    ),
)
REGENCY_CODE_PATTERN = register_pattern(
    r"^[0-9]{2}\.[0-9]{2}$",
    Text(
        "kode kabupaten atau kota: dua angka, titik, dua angka, misalnya 91.01",
        "the code of a regency or city: two digits, a dot, two digits, for example 91.01",
    ),
)
PROVINCE_CODE_PATTERN = register_pattern(
    "^[0-9]{2}$",
    Text(
        "kode provinsi: dua angka, misalnya 91",
        "the code of a province: two digits, for example 91",
    ),
)
ISO_3166_2_PATTERN = register_pattern(
    "^[A-Z]{2}-[A-Z0-9]{1,3}$",
    Text(
        "kode ISO 3166-2: dua huruf besar, tanda hubung, lalu 1 sampai 3 huruf besar atau angka, misalnya ID-JK",
        "an ISO 3166-2 code: two capital letters, a hyphen, and 1 to 3 capital letters or digits, for example ID-JK",
    ),
)
Code = Annotated[str, Field(pattern=REGION_CODE_PATTERN, examples=["31", "31.71"])]
FormerCode = Annotated[str, Field(pattern=REGENCY_CODE_PATTERN, examples=["91.01"])]


class PreviousCodePayload(PayloadModel):
    """A former code of the region, with the province to which it belonged then."""

    code: FormerCode
    parent: Annotated[str, Field(pattern=PROVINCE_CODE_PATTERN, examples=["91"])]
    until: Annotated[Day | None, Field(description="First day without the code; null: unknown.")] = None


class RegionMembers(SourcedPayload):
    """A province, regency or city."""

    name: Name
    name_en: Name | None = None
    type: RegionType
    parent: Annotated[Code | None, Field(description="The province of a regency or city.", examples=["31"])] = None
    iso_3166_2: Annotated[str | None, Field(pattern=ISO_3166_2_PATTERN, examples=["ID-JK"])] = None
    capital: Name | None = None
    time_zone: TimeZone
    valid_from: Annotated[Day | None, Field(description="First day; null: earlier than the sources state.")] = None
    formed_by: Annotated[Line | None, Field(description="The law that formed it.")] = None
    split_from: Annotated[Code | None, Field(description="The region from which it was separated.")] = None
    previous_codes: Annotated[list[PreviousCodePayload], Field(max_length=20)] = []
    autonomous: Annotated[bool, Field(description="True: it elects its own head.")] = True


class RegionPayload(RegionMembers):
    """The body that creates a region."""

    code: Code


@merge_patch_model
class RegionPatch(RegionMembers):
    """A merge patch of a region."""
