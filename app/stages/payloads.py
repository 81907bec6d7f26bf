"""Request bodies of stages."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Day, Line, Name, Slug
from app.models.vocabulary import StageKind
from app.writes.payloads import SourcedPayload, merge_patch_model


class StageMembers(SourcedPayload):
    """The members of a stage that a client can write. A part may lie outside the days of its parent."""

    election: Annotated[Slug, Field(description="Code of the election.", examples=["pemilu-2024"])]
    parent: Annotated[Slug | None, Field(description="Code of the stage of which it is a part.")] = None
    position: Annotated[int, Field(ge=1, le=999, description="Its position among the parts of its parent.")]
    kind: StageKind
    name: Name
    name_en: Name | None = None
    start_on: Day | None = None
    end_on: Annotated[Day | None, Field(description="Last day.")] = None
    rule: Annotated[Line | None, Field(description="The words of the regulation, if it sets no date.")] = None
    round: Annotated[int, Field(ge=1, le=9)] = 1
    note: Line | None = None


class StagePayload(StageMembers):
    """The body that creates a stage."""

    code: Annotated[Slug, Field(examples=["pu-99"])]


@merge_patch_model
class StagePatch(StageMembers):
    """A merge patch of a stage."""
