"""Members that every request body of a write may have, and the decorator that makes a model a merge patch."""

from typing import Annotated, TypeVar

from fastapi import Body
from pydantic import Field

from app.core.http.bodies import MERGE_PATCH_TYPE
from app.core.http.body_types import Line, PayloadModel, build_patch_model
from app.core.languages import Text
from app.core.patterns import register_pattern

T = TypeVar("T", bound=PayloadModel)
CODE_PATTERN = register_pattern(
    "^[a-z0-9.-]+$",
    Text(
        "kode dari huruf kecil, angka, titik dan tanda hubung, misalnya kpu-31",
        "a code of lowercase letters, digits, dots and hyphens, for example kpu-31",
    ),
)
TIME_ZONE_PATTERN = register_pattern(
    "^[A-Z][A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$",
    Text(
        "nama zona waktu IANA, misalnya Asia/Jakarta",
        "the name of an IANA time zone, for example Asia/Jakarta",
    ),
)

Reference = Annotated[
    str, Field(min_length=1, max_length=40, pattern=CODE_PATTERN, description="Code of the object referred to.")
]
TimeZone = Annotated[
    str,
    Field(
        max_length=40,
        pattern=TIME_ZONE_PATTERN,
        description="IANA time zone.",
        examples=["Asia/Jakarta"],
    ),
]


class ChangeReason(PayloadModel):
    """The reason and legal basis of a write, stored in the revision of the object."""

    reason: Annotated[Line | None, Field(description="Reason of the change, stored in the revision.")] = None
    legal_basis: Annotated[
        Line | None, Field(description="The decree or regulation behind the change.", examples=["Keppres 33/P/2022"])
    ] = None


# Parameter types and bodies for the signatures of routes.
MergePatchBody = Body(media_type=MERGE_PATCH_TYPE)
DeleteReason = Annotated[ChangeReason | None, Body(description="Reason of the deletion.")]


class SourcedPayload(ChangeReason):
    """The source of an object, and how reliable it is."""

    source: Annotated[
        Line | None, Field(description="The document that states this; null: no source has been seen so far.")
    ] = None
    verified: Annotated[bool, Field(description="True: the cited source states it.")] = False
    primary: Annotated[bool, Field(description="True: the source is the regulation or the body itself.")] = False


def merge_patch_model(model: type[T]) -> type[T]:
    """Return the model of a merge patch (RFC 7396) of this body, all members optional; to be used as a decorator."""
    return build_patch_model(model, model.__name__)  # type: ignore[return-value]
