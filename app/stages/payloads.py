"""What can be written of a stage."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Day, Line, Name, Slug
from app.models.vocabulary import StageKind
from app.writes.payloads import SourcedPayload, merge_patch_model


class StageMembers(SourcedPayload):
    """A stage of an election, or a part of one. A part may lie outside the days of its parent."""

    election: Annotated[Slug, Field(description="Code of the election.", examples=["pemilu-2024"])]
    parent: Annotated[Slug | None, Field(description="Code of the stage that it is a part of.")] = None
    position: Annotated[int, Field(ge=1, le=999, description="Its place among its siblings.")]
    kind: StageKind
    name: Name
    name_en: Name | None = None
    start_on: Day | None = None
    end_on: Annotated[Day | None, Field(description="Last day.")] = None
    rule: Annotated[Line | None, Field(description="What the regulation says where no date stands.")] = None
    round: Annotated[int, Field(ge=1, le=9)] = 1
    note: Line | None = None


class StagePayload(StageMembers):
    code: Annotated[Slug, Field(examples=["pu-99"])]


@merge_patch_model
class StagePatch(StageMembers):
    """What is to change of a stage."""
