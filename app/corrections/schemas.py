"""Schemas of the corrections of a roll: response documents and query parameters."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.datetimes import WrittenInstant
from app.core.http.parameters import FieldSelection, SortableQuery
from app.models.vocabulary import AttendanceStatus, CorrectionKind
from app.references import CodeReference, ParticipantReference


class RollCorrection(BaseModel):
    """A change of a closed roll, or of a meeting, that one client requests and another confirms."""

    id: UUID
    kind: CorrectionKind
    participant: Annotated[
        ParticipantReference | None,
        Field(description="The participant whose status changes; null: the correction is of another kind."),
    ]
    status: AttendanceStatus | None
    on: Annotated[date | None, Field(description="The day for which the status holds; null: the whole meeting.")]
    scan: Annotated[UUID | None, Field(description="Id of the scan; null: the correction is of another kind.")]
    start_on: Annotated[date | None, Field(description="New first day of the meeting.")]
    end_on: Annotated[date | None, Field(description="New last day of the meeting.")]
    retention_days: Annotated[int | None, Field(description="New retention period of the meeting.")]
    reason: str
    legal_basis: str | None
    requested_by: Annotated[str, Field(description="Id of the client that requested it.")]
    requested_at: WrittenInstant
    confirmed_by: Annotated[str | None, Field(description="Id of the second client; null: not yet confirmed.")]
    confirmed_at: WrittenInstant | None
    confirmation_reason: Annotated[str | None, Field(description="The reason that the second client gave.")]
    confirmation_legal_basis: Annotated[str | None, Field(description="The legal basis that the second client gave.")]
    revision: int


CorrectionFields = Annotated[
    str, FieldSelection(RollCorrection), Field(description="Members to include.", examples=["id,status,reason"])
]


class CorrectionQuery(SortableQuery):
    """Query parameters of the corrections of a roll."""

    kind: Annotated[CorrectionKind, Field(description="The kind of corrections.")] | None = None
    pending: Annotated[
        Literal["true", "false"] | None,
        Field(description="`true`: selects those not yet confirmed; `false`: selects the confirmed."),
    ] = None
    sort: (
        Annotated[
            Literal["id", "-id"],
            Field(description="Default: `id`, the order of the requests. A leading `-` sorts in descending order."),
        ]
        | None
    ) = None
    fields: CorrectionFields | None = None


class Annulment(BaseModel):
    """An annulled scan."""

    scan_id: UUID
    annulled_at: WrittenInstant | None
    annulment_reason: str | None
    legal_basis: str | None


class ClosedRoll(BaseModel):
    """A closed roll."""

    meeting: CodeReference
    roll_closed_at: WrittenInstant
