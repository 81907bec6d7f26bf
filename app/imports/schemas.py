"""What can be asked of an import, and what it comes to."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.http.body_types import SINGLE_LINE_PATTERN, TextFormat, require_single_line
from app.core.http.parameters import EmptyQuery
from app.writes.request import WriteQuery

ResourceName = Literal[
    "regions",
    "organizations",
    "divisions",
    "officials",
    "appointments",
    "elections",
    "stages",
    "meetings",
    "sessions",
    "statements",
]
RowStatus = Literal["created", "updated", "unchanged", "refused", "not_attempted"]
MAX_REPORTED_ROWS = 1_000
MAX_REASON_LENGTH = 500
ReasonText = Annotated[
    str, Field(min_length=1, max_length=MAX_REASON_LENGTH), TextFormat(SINGLE_LINE_PATTERN, require_single_line)
]


class ImportQuery(WriteQuery, EmptyQuery):
    resource: Annotated[ResourceName, Field(description="What the rows are.", examples=["officials"])]
    partial: Annotated[
        Literal["true", "false"] | None,
        Field(description="`true`: keep the rows that are good, even where others are refused.", examples=["true"]),
    ] = None
    reason: Annotated[
        ReasonText | None, Field(description="Why this is written, for every revision.", examples=["Pelantikan 2028"])
    ] = None
    legal_basis: Annotated[
        ReasonText | None,
        Field(description="The decree or regulation behind it, for every revision.", examples=["Keppres 33/P/2022"]),
    ] = None


class RowError(BaseModel):
    """One reason why a row is refused, as a single write would have it."""

    pointer: Annotated[str, Field(description="The member, as a JSON pointer; empty: the row.", examples=["/name"])]
    code: Annotated[str, Field(examples=["missing_member"])]
    detail: str
    address: Annotated[str | None, Field(description="Of the object that stands in the way, where there is one.")] = (
        None
    )


class RowResult(BaseModel):
    """What became of one row, or would become of it."""

    line: Annotated[int, Field(description="The line of the file on which the row begins; a header is line 1.")]
    status: RowStatus
    key: Annotated[str | None, Field(description="As in the object's address; null: it could not be told.")]
    errors: list[RowError]


class ImportResult(BaseModel):
    """What became of a file of rows."""

    resource: ResourceName
    dry_run: bool
    partial: bool
    applied: Annotated[bool, Field(description="Whether anything was kept.")]
    created: int
    updated: int
    unchanged: Annotated[int, Field(description="The record said the same already.")]
    refused: int
    not_attempted: Annotated[
        int,
        Field(description=f"After {MAX_REPORTED_ROWS:,} refused rows an import that is all or nothing tries no more."),
    ]
    rows: Annotated[
        list[RowResult],
        Field(
            description=f"All rows if the file has up to {MAX_REPORTED_ROWS:,}, otherwise the first "
            f"{MAX_REPORTED_ROWS:,} refused ones.",
        ),
    ]
