"""Request bodies of divisions."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Line, Name
from app.models.vocabulary import DivisionKind, Level, Office
from app.writes.payloads import SourcedPayload, merge_patch_model


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

    code: Annotated[str, Field(pattern="^[a-z][a-z0-9]{0,9}-[0-9]{1,4}$", examples=["p7-6"])]


@merge_patch_model
class DivisionPatch(DivisionMembers):
    """A merge patch of a division."""
