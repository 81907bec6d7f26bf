"""What can be written of a person. The offices held are appointments, with an address of their own."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Name
from app.writes.payloads import SourcedPayload, merge_patch_model


class OfficialPayload(SourcedPayload):
    """A person who holds or held an office."""

    name: Name
    other_names: Annotated[
        list[Name], Field(max_length=50, description="Other spellings found in the sources.", examples=[[]])
    ] = []


@merge_patch_model
class OfficialPatch(OfficialPayload):
    """What is to change of a person."""
