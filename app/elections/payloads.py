"""What can be written of an election."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Day, Name, Slug
from app.models.vocabulary import ElectionKind
from app.writes.payloads import SourcedPayload, merge_patch_model


class ElectionMembers(SourcedPayload):
    """An election. Its stages have addresses of their own."""

    name: Name
    name_en: Name | None = None
    kind: ElectionKind
    voting_on: Day | None = None
    decided_on: Annotated[Day | None, Field(description="The day on which its schedule was enacted.")] = None


class ElectionPayload(ElectionMembers):
    code: Annotated[Slug, Field(examples=["pemilu-2029"])]


@merge_patch_model
class ElectionPatch(ElectionMembers):
    """What is to change of an election."""
