"""Response bodies and queries of check-ins and of the gate pack."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.badges.schemas import BadgeKey
from app.core.datetimes import WrittenInstant
from app.core.http.parameters import Code, EmptyQuery, FieldSelection, SortableQuery
from app.core.languages import Text
from app.core.patterns import UUID_PATTERN, register_pattern
from app.models.vocabulary import Capacity, ScanDirection, ScanOutcome
from app.references import CodeReference, ParticipantReference

CurrentOutcome = Literal[
    "first_entry",
    "re_entry",
    "another_day",
    "already_entered",
    "exit",
    "badge_revoked",
    "badge_unknown",
    "not_invited",
    "outside_meeting",
    "session_unknown",
    "clock_implausible",
    "late_upload",
    "meeting_closed",
    "annulled",
]


class CheckInResult(BaseModel):
    """The result of storing one scan. The outcome may change when other devices send their scans."""

    scan_id: UUID
    status: Annotated[Literal[200, 201], Field(description="201: stored now; 200: stored before.")]
    outcome: Annotated[
        ScanOutcome,
        Field(
            description="Provisional: the outcome when the scan was stored. Sending the scan again returns the same."
        ),
    ]
    effective_at: Annotated[
        WrittenInstant,
        Field(description="Instant of the scan by the service's clock: `scanned_at` minus the skew of the device."),
    ]


class ClockSkew(BaseModel):
    """The skew of a device's clock."""

    clock_skew_ms: Annotated[
        float,
        Field(description="Milliseconds by which the device's clock is ahead, estimated from its requests so far."),
    ]


class SingleCheckInResult(CheckInResult, ClockSkew):
    """The result of one check-in."""


class CheckInBatchResult(ClockSkew):
    """The results of a batch of scans."""

    results: Annotated[list[CheckInResult], Field(description="In the order of the batch.")]


class GatePackSession(BaseModel):
    """A session, with the members that a device needs."""

    code: str
    name: str
    parallel_group: str | None
    starts_at: WrittenInstant | None
    ends_at: WrittenInstant | None
    room: str | None


class GatePackParticipant(BaseModel):
    """The participant whom a badge belongs to."""

    badge: UUID
    name: str | None
    organization: str | None
    capacity: Capacity
    sessions: list[str]


class GatePack(BaseModel):
    """The data that a device needs to check badges without a network."""

    meeting: CodeReference
    time_zone: str
    start_on: date
    end_on: date
    roll_closed_at: WrittenInstant | None
    version: Annotated[str, Field(description="Value for `since` in the next request.")]
    is_delta: Annotated[bool, Field(description="True if `revoked` and `people` hold only what is new since `since`.")]
    keys: Annotated[list[BadgeKey], Field(description="A token is valid if one of these keys verifies its signature.")]
    revoked: Annotated[list[UUID], Field(description="Ids of badges that are no longer valid.")]
    sessions: list[GatePackSession]
    people: Annotated[
        list[GatePackParticipant] | None, Field(description="With `names=true` and `attendance:read`; else null.")
    ]


VERSION_PATTERN = register_pattern(
    "^[0-9]{1,13}$",
    Text(
        "angka saja, paling banyak 13, misalnya 1795499100000",
        "digits only, at most 13, for example 1795499100000",
    ),
)


class GatePackQuery(EmptyQuery):
    """Query parameters of a gate pack."""

    since: (
        Annotated[
            str,
            Field(
                pattern=VERSION_PATTERN,
                description="The `version` of the gate pack that the device has; the response holds only what is new.",
                examples=["1795499100000"],
            ),
        ]
        | None
    ) = None
    names: Annotated[
        Literal["true", "false"] | None,
        Field(description="`true`: include the names of participants; the token also needs `attendance:read`."),
    ] = None


class ScanMembers(BaseModel):
    """The members of a scan."""

    scan_id: UUID
    participant: Annotated[ParticipantReference | None, Field(description="Null if the badge is unknown.")]
    outcome: Annotated[
        CurrentOutcome, Field(description="The outcome by everything known now. An annulled scan has no effect.")
    ]
    reported_outcome: Annotated[ScanOutcome, Field(description="The outcome that was reported to the device.")]
    direction: ScanDirection
    session: str | None
    scanned_at: Annotated[WrittenInstant, Field(description="Instant of the scan, by the device's clock.")]
    effective_at: Annotated[WrittenInstant, Field(description="Instant of the scan, by the service's clock.")]
    on: Annotated[date | None, Field(description="The day of the meeting to which it belongs; null: outside its days.")]
    sent_at: WrittenInstant
    received_at: WrittenInstant
    device_id: str
    clock_epoch: int
    clock_period: Annotated[
        int,
        Field(
            description="Period of the device's clock within `clock_epoch`. The service begins the next one when the "
            "clock has jumped by 15 minutes or more."
        ),
    ]
    sequence: int | None
    badge_text: Annotated[str | None, Field(description="The scanned text, if it is not a badge of this meeting.")]
    annulled_at: WrittenInstant | None
    annulment_reason: str | None
    legal_basis: Annotated[str | None, Field(description="Legal basis of the annulment.")]


class Scan(ScanMembers):
    """A scan of a device and its outcome."""


Fields = Annotated[
    str, FieldSelection(Scan), Field(description="Members to include.", examples=["participant,outcome"])
]


class ScanQuery(SortableQuery):
    """Query parameters of the scans of a meeting."""

    participant: (
        Annotated[
            str,
            Field(
                pattern=UUID_PATTERN,
                description="Id of a participant.",
                examples=["01a20cae-6a10-7c11-9a53-5c7d0c2f8c01"],
            ),
        ]
        | None
    ) = None
    device: (
        Annotated[str, Field(min_length=1, max_length=100, description="Id of a device.", examples=["gate-3"])] | None
    ) = None
    outcome: Annotated[CurrentOutcome, Field(description="The current outcome.")] | None = None
    session: Annotated[Code, Field(description="Code of a session.", examples=["pleno"])] | None = None
    sort: (
        Annotated[
            Literal["received_at", "-received_at"],
            Field(description="Default: `received_at`. A leading `-` sorts in descending order."),
        ]
        | None
    ) = None
    fields: Fields | None = None
