"""Request bodies of organizations."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Day, Line, Name
from app.core.languages import Text
from app.core.patterns import register_pattern
from app.models.vocabulary import Level, OrganizationKind, Sector
from app.writes.payloads import Reference, SourcedPayload, TimeZone, merge_patch_model

ORGANIZATION_CODE_PATTERN = register_pattern(
    r"^[a-z][a-z0-9]{0,29}(-[0-9]{2}(\.[0-9]{2})?)?$",
    Text(
        "huruf kecil dan angka, diawali huruf, di daerah ditambah tanda hubung dan kode daerah, misalnya kpu-31",
        "lowercase letters and digits, first a letter, with a hyphen and a region code if any, for example kpu-31",
    ),
)


class OrganizationMembers(SourcedPayload):
    """The members of an organization that can be changed."""

    name: Name
    name_en: Name | None = None
    short_name: Name | None = None
    kind: OrganizationKind
    level: Level | None = None
    sector: Sector | None = None
    parent: Annotated[Reference | None, Field(description="Code of the organization above.", examples=["kpu"])] = None
    region: Annotated[Reference | None, Field(description="Code of the region.", examples=["31"])] = None
    time_zone: TimeZone | None = None
    role: Line | None = None
    seats: Annotated[int | None, Field(ge=1, le=99, description="Size of a commission; null: unknown.")] = None
    established_on: Day | None = None
    dissolved_on: Annotated[Day | None, Field(description="First day on which it no longer exists.")] = None


class OrganizationPayload(OrganizationMembers):
    """The body that creates an organization."""

    code: Annotated[str, Field(pattern=ORGANIZATION_CODE_PATTERN, examples=["kpu-31", "kemendagri"])]


@merge_patch_model
class OrganizationPatch(OrganizationMembers):
    """A merge patch of an organization."""
