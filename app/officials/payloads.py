"""Request bodies of officials. Their offices are appointments, which have routes of their own."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Name
from app.writes.payloads import SourcedPayload, merge_patch_model


class OfficialPayload(SourcedPayload):
    """The body that creates an official."""

    name: Name
    other_names: Annotated[
        list[Name], Field(max_length=50, description="Other spellings found in the sources.", examples=[[]])
    ] = []


@merge_patch_model
class OfficialPatch(OfficialPayload):
    """A merge patch of an official."""
