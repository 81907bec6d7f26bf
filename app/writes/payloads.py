"""What every body of a write may hold beside the object's own members, and what a patch of one is."""

from typing import Annotated, TypeVar

from fastapi import Body
from pydantic import Field

from app.core.http.bodies import MERGE_PATCH_TYPE
from app.core.http.body_types import Line, PayloadModel, build_patch_model

T = TypeVar("T", bound=PayloadModel)

Reference = Annotated[str, Field(min_length=1, max_length=40, pattern="^[a-z0-9.-]+$", description="The code of one.")]
TimeZone = Annotated[
    str,
    Field(
        max_length=40,
        pattern="^[A-Z][A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$",
        description="IANA time zone.",
        examples=["Asia/Jakarta"],
    ),
]


class ChangeReason(PayloadModel):
    """Why it is written. Both stand in the object's revision."""

    reason: Annotated[Line | None, Field(description="Why this is written, for the revision.")] = None
    legal_basis: Annotated[
        Line | None, Field(description="The decree or regulation behind it.", examples=["Keppres 33/P/2022"])
    ] = None


# What stands beside a body in a route's signature.
MergePatchBody = Body(media_type=MERGE_PATCH_TYPE)
DeleteReason = Annotated[ChangeReason | None, Body(description="Why it is deleted.")]


class SourcedPayload(ChangeReason):
    """Where a fact is from, and how sure it is."""

    source: Annotated[Line | None, Field(description="Where this is stated; null: in no source seen so far.")] = None
    verified: Annotated[bool, Field(description="Whether the cited source states it.")] = False
    primary: Annotated[bool, Field(description="Whether the source is the regulation or the body itself.")] = False


def merge_patch_model(model: type[T]) -> type[T]:
    """A class decorator: the schema of a merge patch (RFC 7396) of what the class inherits."""
    return build_patch_model(model, model.__name__)  # type: ignore[return-value]
