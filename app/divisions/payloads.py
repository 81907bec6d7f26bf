"""Request bodies of divisions."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Line, Name
from app.core.languages import Text
from app.core.patterns import register_pattern
from app.models.vocabulary import DivisionKind, Level, Office
from app.writes.payloads import SourcedPayload, merge_patch_model

DIVISION_CODE_PATTERN = register_pattern(
    "^[a-z][a-z0-9]{0,9}-[0-9]{1,4}$",
    Text(
        "huruf kecil dan angka (paling banyak 10, diawali huruf), tanda hubung, lalu 1 sampai 4 angka, misalnya p7-6",
        "up to 10 lowercase letters and digits that begin with a letter, a hyphen, and 1 to 4 digits, for example p7-6",
    ),
)


class DivisionMembers(SourcedPayload):
    """A portfolio of a commission's members, or a unit of its secretariat."""

    kind: DivisionKind
    level: Level
    members: Annotated[
        int | None, Field(ge=1, le=99, description="Size of the commissions that have it; null: any.")
    ] = None
    name: Name
    name_en: Name | None = None
    led_by: Office | None = None
    duties: Line | None = None


class DivisionPayload(DivisionMembers):
    """The body that creates a division."""

    code: Annotated[str, Field(pattern=DIVISION_CODE_PATTERN, examples=["p7-6"])]


@merge_patch_model
class DivisionPatch(DivisionMembers):
    """A merge patch of a division."""
