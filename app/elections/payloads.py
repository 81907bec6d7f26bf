"""Request bodies of elections."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Day, Name, Slug
from app.models.vocabulary import ElectionKind
from app.writes.payloads import SourcedPayload, merge_patch_model


class ElectionMembers(SourcedPayload):
    """The members of an election that a client can write."""

    name: Name
    name_en: Name | None = None
    kind: ElectionKind
    voting_on: Day | None = None
    decided_on: Annotated[Day | None, Field(description="The day on which its schedule was enacted.")] = None


class ElectionPayload(ElectionMembers):
    """The body that creates an election."""

    code: Annotated[Slug, Field(examples=["pemilu-2029"])]


@merge_patch_model
class ElectionPatch(ElectionMembers):
    """A merge patch of an election."""
