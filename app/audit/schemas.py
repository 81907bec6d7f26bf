"""What a line of the audit trail and a root of its chain hold, and what can be asked of them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.core.datetimes import INSTANT_PATTERN, parse_instant
from app.core.http.parameters import FieldSelection, ListQuery

Hash = Annotated[str, Field(description="SHA-256, as 64 hexadecimal digits.")]


class AuditLine(BaseModel):
    """What a client did: a write, or a read of personal data."""

    id: int
    xid: Annotated[str, Field(description="The number of the transaction that did it.", examples=["1207"])]
    at: Annotated[datetime, Field(description="When it was done (RFC 3339).")]
    client: Annotated[
        str | None, Field(description="The client's id, an outside issuer's with its issuer; null: the command line.")
    ]
    scope: Annotated[str | None, Field(description="The scope that it used.")]
    operation: Annotated[str, Field(description="What it did: the operation's name in this contract.")]
    keys: Annotated[list[str], Field(description="The objects that it did it to.")]
    request_id: Annotated[str | None, Field(description="The `X-Request-Id` of the request.")]
    purpose: Annotated[str | None, Field(description="What for, as the client said.")]
    position: Annotated[
        int | None, Field(description="Its place in the chain of hashes; null: not sealed yet, a second or so.")
    ]
    hash: Annotated[Hash | None, Field(description="SHA-256 of the hash before and of this line.")]


class AuditRoot(BaseModel):
    """The newest hash of an hour in which lines were sealed."""

    hour: Annotated[datetime, Field(description="The beginning of the hour.")]
    position: Annotated[int, Field(description="How many lines the hash covers: all up to this one.")]
    hash: Hash
    sealed_at: datetime


LineFields = Annotated[
    str, FieldSelection(AuditLine), Field(description="Members to keep.", examples=["id,at,operation"])
]
RootFields = Annotated[
    str, FieldSelection(AuditRoot), Field(description="Members to keep.", examples=["position,hash"])
]
Instant = Annotated[datetime, Field(json_schema_extra={"pattern": INSTANT_PATTERN}), BeforeValidator(parse_instant)]
FilterText = Annotated[str, Field(min_length=1, max_length=500)]


class AuditQuery(ListQuery):
    client: (
        Annotated[
            FilterText, Field(description="What this client did.", examples=["01a20d9e-2b63-75c0-886c-8d577ad72c83"])
        ]
        | None
    ) = None
    operation: Annotated[FilterText, Field(description="Where this was done.")] | None = None
    key: Annotated[FilterText, Field(description="What was done to this object.", examples=["regions"])] | None = None
    from_: Annotated[
        Instant | None,
        Field(
            alias="from",
            description="Done at this instant or later (RFC 3339, `+` as `%2B`).",
            examples=["2022-06-14T00:00:00+07:00"],
        ),
    ] = None
    to: Annotated[
        Instant | None,
        Field(description="Done before this instant (RFC 3339).", examples=["2027-01-01T00:00:00+07:00"]),
    ] = None
    sort: (
        Annotated[
            Literal["id", "-id"],
            Field(description="In the order in which they were written, or with `-id` the newest first."),
        ]
        | None
    ) = None
    fields: LineFields | None = None

    @property
    def order(self) -> str | None:
        return self.sort

    @field_validator("to")
    @classmethod
    def _not_before_from(cls, to: datetime | None, info: ValidationInfo) -> datetime | None:
        begins = info.data.get("from_")
        if to and begins and to < begins:
            raise PydanticCustomError("to_before_from", "not before from")
        return to


class RootQuery(ListQuery):
    sort: (
        Annotated[
            Literal["hour", "-hour"], Field(description="In the order of time, or with `-hour` the newest first.")
        ]
        | None
    ) = None
    fields: RootFields | None = None

    @property
    def order(self) -> str | None:
        return self.sort
