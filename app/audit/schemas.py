"""Response bodies and queries of the audit trail."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.core.datetimes import INSTANT_PATTERN, WrittenInstant, parse_instant
from app.core.http.parameters import FieldSelection, ListQuery

Hash = Annotated[str, Field(description="SHA-256, as 64 hexadecimal digits.")]


class AuditLine(BaseModel):
    """A line of the audit trail: a write, or a read of personal data."""

    id: int
    xid: Annotated[str, Field(description="The id of the database transaction.", examples=["1207"])]
    at: Annotated[WrittenInstant, Field(description="The instant of the operation (RFC 3339).")]
    client: Annotated[
        str | None,
        Field(description="The client's id, for an external issuer its issuer and subject; null: the command line."),
    ]
    scope: Annotated[str | None, Field(description="The scope that allowed the operation.")]
    operation: Annotated[
        str,
        Field(
            description="The `operationId` of this document, or a command. It ends in ` (dry run)` or ` (repeated)` "
            "if nothing was written, but the response had personal data."
        ),
    ]
    keys: Annotated[list[str], Field(description="The objects that were written or read.")]
    request_id: Annotated[str | None, Field(description="The `X-Request-Id` of the request.")]
    purpose: Annotated[
        str | None,
        Field(description="The purpose that the client stated; null also if it was deleted with the personal data."),
    ]
    purpose_digest: Annotated[
        str | None,
        Field(description="SHA-256 of a secret salt followed by the purpose, in hexadecimal, which stays."),
    ]
    position: Annotated[
        int | None,
        Field(description="The position in the hash chain; null: not sealed yet, which takes about a second."),
    ]
    hash: Annotated[Hash | None, Field(description="SHA-256 of the previous hash and this line.")]


class AuditRoot(BaseModel):
    """The newest hash of an hour in which lines were sealed; the last one may be of an hour that is not over."""

    hour: Annotated[
        WrittenInstant, Field(description="The beginning of the hour. The tail's is later than that of all roots.")
    ]
    position: Annotated[int, Field(description="The number of lines that the hash covers.")]
    hash: Hash
    sealed_at: WrittenInstant
    finished: Annotated[
        bool, Field(description="True: a root, which is stored and stays. False: the tail, which grows with each line.")
    ]


LineFields = Annotated[
    str, FieldSelection(AuditLine), Field(description="Members to include.", examples=["id,at,operation"])
]
RootFields = Annotated[
    str, FieldSelection(AuditRoot), Field(description="Members to include.", examples=["position,hash"])
]
Instant = Annotated[datetime, Field(json_schema_extra={"pattern": INSTANT_PATTERN}), BeforeValidator(parse_instant)]
FilterText = Annotated[str, Field(min_length=1, max_length=500)]


class AuditQuery(ListQuery):
    """Query parameters of the audit trail."""

    client: (
        Annotated[
            FilterText, Field(description="Lines of this client.", examples=["01a20d9e-2b63-75c0-886c-8d577ad72c83"])
        ]
        | None
    ) = None
    operation: Annotated[FilterText, Field(description="Lines of this operation.")] | None = None
    key: Annotated[FilterText, Field(description="Lines about this object.", examples=["regions"])] | None = None
    from_: Annotated[
        Instant | None,
        Field(
            alias="from",
            description="Lines from this instant on (RFC 3339; encode `+` as `%2B`).",
            examples=["2022-06-14T00:00:00+07:00"],
        ),
    ] = None
    to: Annotated[
        Instant | None,
        Field(description="Lines before this instant (RFC 3339).", examples=["2027-01-01T00:00:00+07:00"]),
    ] = None
    sort: (
        Annotated[
            Literal["id", "-id"],
            Field(description="Default: `id`, oldest first. `-id`: newest first."),
        ]
        | None
    ) = None
    fields: LineFields | None = None

    @property
    def sort_order(self) -> str | None:
        """The query parameter `sort`, with a leading `-` for descending order; None if it was not given."""
        return self.sort

    @field_validator("to")
    @classmethod
    def _require_to_after_from(cls, to: datetime | None, info: ValidationInfo) -> datetime | None:
        """Return `to` if it is not before `from`, else raise a validation error."""
        from_ = info.data.get("from_")
        if to and from_ and to < from_:
            raise PydanticCustomError("to_before_from", "must not be before from")
        return to


class RootQuery(ListQuery):
    """Query parameters of the list of audit roots."""

    sort: (
        Annotated[
            Literal["hour", "-hour"],
            Field(description="Default: `hour`, oldest first. `-hour`: newest first."),
        ]
        | None
    ) = None
    fields: RootFields | None = None

    @property
    def sort_order(self) -> str | None:
        """The query parameter `sort`, with a leading `-` for descending order; None if it was not given."""
        return self.sort
