"""Query parameters and results of an import."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.http.body_types import SINGLE_LINE_PATTERN, Name, Slug, TextFormat, require_single_line
from app.core.http.parameters import EmptyQuery
from app.writes.payloads import Reference
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
    "participants",
]
RowStatus = Literal["created", "updated", "unchanged", "refused", "not_attempted"]
MAX_REPORTED_ROWS = 1_000
MAX_REASON_LENGTH = 500  # characters
ReasonText = Annotated[
    str, Field(min_length=1, max_length=MAX_REASON_LENGTH), TextFormat(SINGLE_LINE_PATTERN, require_single_line)
]


class ImportQuery(WriteQuery, EmptyQuery):
    """Query parameters of an import."""

    resource: Annotated[ResourceName, Field(description="Resource of the rows.", examples=["officials"])]
    meeting: Annotated[
        Slug | None,
        Field(
            description="Code of the meeting of all rows: required for participants; for sessions and statements "
            "instead of a column.",
        ),
    ] = None
    organization: Annotated[
        Reference | None,
        Field(
            description="Participants only: code of the organization of all rows, instead of a column; a row that "
            "names another one is refused.",
        ),
    ] = None
    partial: Annotated[
        Literal["true", "false"] | None,
        Field(description="`true`: store the valid rows even if others are refused.", examples=["true"]),
    ] = None
    update: Annotated[
        Literal["true", "false"] | None,
        Field(
            description="`true`: rows may change objects that name another person. Otherwise such a row is refused "
            "(`would_overwrite`).",
            examples=["true"],
        ),
    ] = None
    results: Annotated[
        Literal["all"] | None,
        Field(description="`all`: return the results of all rows, also of a long file.", examples=["all"]),
    ] = None
    sheet: Annotated[
        Name | None,
        Field(description="Name of the sheet of a workbook; by default the first visible one.", examples=["Lembar1"]),
    ] = None
    date_order: Annotated[
        Literal["dmy"] | None,
        Field(
            description="`dmy`: all dates in numbers have the day first, so that `05/06/2022` is 5 June. Otherwise a "
            "date that could have the month first is refused (`ambiguous_date`).",
            examples=["dmy"],
        ),
    ] = None
    reason: Annotated[
        ReasonText | None,
        Field(description="Reason of the changes, stored in every revision.", examples=["Pelantikan 2028"]),
    ] = None
    legal_basis: Annotated[
        ReasonText | None,
        Field(
            description="The decree or regulation behind the changes, stored in every revision.",
            examples=["Keppres 33/P/2022"],
        ),
    ] = None


class RowError(BaseModel):
    """An error of a refused row, as in the response to a write of this row alone."""

    pointer: Annotated[str, Field(description="JSON pointer to the member; empty: the whole row.", examples=["/name"])]
    code: Annotated[str, Field(examples=["missing_member"])]
    detail: str
    address: Annotated[str | None, Field(description="Path of the object in conflict, if there is one.")] = None
    column: Annotated[
        str | None, Field(description="Heading of the column in the file; null: the whole row, or NDJSON.")
    ] = None


class RowResult(BaseModel):
    """Result of a row; with `dry_run=true` the result that it would have."""

    line: Annotated[
        int, Field(description="Line of the file on which the row begins, or row of the sheet; the first is 1.")
    ]
    status: RowStatus
    key: Annotated[str | None, Field(description="Key of the object, as in its path; null: not known.")]
    changed: Annotated[list[str], Field(description="Members that the row changes, if its status is `updated`.")]
    errors: list[RowError]


class ImportResult(BaseModel):
    """Result of an import."""

    resource: ResourceName
    dry_run: bool
    partial: bool
    applied: Annotated[bool, Field(description="True: at least one row was stored.")]
    created: int
    updated: int
    unchanged: Annotated[int, Field(description="Rows equal to the stored objects.")]
    refused: int
    not_attempted: Annotated[
        int,
        Field(
            description=f"Rows after the first {MAX_REPORTED_ROWS:,} refused ones; without `partial=true` an import "
            "stops there."
        ),
    ]
    rows: Annotated[
        list[RowResult],
        Field(
            description=f"All rows if the file has up to {MAX_REPORTED_ROWS:,}, otherwise the first "
            f"{MAX_REPORTED_ROWS:,} refused ones. With `results=all` all rows.",
        ),
    ]
