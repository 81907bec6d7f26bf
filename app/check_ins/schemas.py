"""What gates are told, and what is told of them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.http.parameters import UUID_FORM, Code, FieldsOf, NoQuery, SortedQuery
from app.models.vocabulary import Capacity, ScanDirection, ScanOutcome
from app.references import CodeReference, ParticipantReference

CurrentOutcome = Literal[
    "first_entry",
    "already_entered",
    "exit",
    "badge_revoked",
    "badge_unknown",
    "not_invited",
    "meeting_closed",
    "annulled",
]


class CheckInResult(BaseModel):
    """What has become of a scan. What it comes to may still change, as other gates send what they have seen."""

    scan_id: UUID
    status: Annotated[Literal[200, 201], Field(description="201: stored now; 200: it was there already.")]
    outcome: Annotated[
        ScanOutcome,
        Field(description="As it looked when it was stored, and the same whenever it is sent again. Provisional."),
    ]
    effective_at: Annotated[
        datetime, Field(description="When it was, by the clock of the service: `scanned_at` less the device's skew.")
    ]


class ClockSkew(BaseModel):
    clock_skew_ms: Annotated[
        float, Field(description="How far the device's clock is ahead, as far as its posts have shown.")
    ]


class CheckInResponse(CheckInResult, ClockSkew):
    """What has become of one scan."""


class CheckInBatchResponse(ClockSkew):
    """What has become of each scan of a batch."""

    results: Annotated[list[CheckInResult], Field(description="In the order of the batch.")]


class BadgeKey(BaseModel):
    """The public key of a meeting's badges, as a JWK (RFC 7517, RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: Annotated[str, Field(description="Its thumbprint (RFC 7638), which stands in the header of each token.")]
    use: Literal["sig"]
    alg: Literal["Ed25519"]


class Badge(BaseModel):
    """The badge of a participant."""

    id: UUID
    participant: UUID
    token: Annotated[
        str,
        Field(
            description="What its QR code says: a JWS (RFC 7515) over `aud`, the meeting, and `jti`, the badge's id in "
            "base64url. Nothing in it names a person."
        ),
    ]
    issued_at: datetime


class Badges(BaseModel):
    """The badges of all on a list."""

    items: list[Badge]


class GatePackSession(BaseModel):
    """A session at whose door a gate may stand."""

    code: str
    name: str
    parallel_group: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    room: str | None


class GatePackParticipant(BaseModel):
    """Whom a badge belongs to."""

    badge: UUID
    name: str | None
    organization: str | None
    capacity: Capacity
    sessions: list[str]


class GatePack(BaseModel):
    """All that a gate needs without the network."""

    meeting: CodeReference
    time_zone: str
    start_on: date
    end_on: date
    roll_closed_at: datetime | None
    version: Annotated[str, Field(description="For `since`: what was asked for last.")]
    is_delta: Annotated[bool, Field(description="Whether `revoked` and `people` hold only what is new since then.")]
    keys: Annotated[list[BadgeKey], Field(description="A token is good whose signature one of them verifies.")]
    revoked: Annotated[list[UUID], Field(description="Ids of badges that are good no longer.")]
    sessions: list[GatePackSession]
    people: Annotated[
        list[GatePackParticipant] | None, Field(description="With `names=true` and `attendance:read`; else null.")
    ]


class GatePackQuery(NoQuery):
    since: (
        Annotated[
            str,
            Field(
                pattern="^[0-9]{1,13}$",
                description="The `version` of the pack that the gate has: only what was revoked since then is told.",
                examples=["1795499100000"],
            ),
        ]
        | None
    ) = None
    names: Annotated[
        Literal["true", "false"] | None,
        Field(description="`true`: with the names of whom the badges are, for tokens with `attendance:read` too."),
    ] = None


class ScanMembers(BaseModel):
    scan_id: UUID
    participant: Annotated[ParticipantReference | None, Field(description="Null: the badge is not known.")]
    outcome: Annotated[
        CurrentOutcome, Field(description="What it comes to, by all that is known now. An annulled scan has no effect.")
    ]
    told: Annotated[ScanOutcome, Field(description="What the gate was answered.")]
    direction: ScanDirection
    session: str | None
    scanned_at: Annotated[datetime, Field(description="By the clock of the device.")]
    effective_at: Annotated[datetime, Field(description="By the clock of the service.")]
    sent_at: datetime
    received_at: datetime
    device_id: str
    clock_epoch: int
    sequence: int | None
    badge_text: Annotated[str | None, Field(description="What was scanned, where it is no badge of this meeting.")]
    annulled_at: datetime | None
    annulled_for: str | None
    legal_basis: Annotated[str | None, Field(description="Of its annulment.")]


class Scan(ScanMembers):
    """What a gate has seen, and what it comes to."""


Fields = Annotated[str, FieldsOf(Scan), Field(description="Members to keep.", examples=["participant,outcome"])]


class ScanQuery(SortedQuery):
    participant: (
        Annotated[
            str,
            Field(
                pattern=UUID_FORM,
                description="Id of a participant.",
                examples=["01a20cae-6a10-7c11-9a53-5c7d0c2f8c01"],
            ),
        ]
        | None
    ) = None
    device: (
        Annotated[str, Field(min_length=1, max_length=100, description="Id of a device.", examples=["gate-3"])] | None
    ) = None
    outcome: Annotated[CurrentOutcome, Field(description="What it comes to.")] | None = None
    session: Annotated[Code, Field(description="Code of a session.", examples=["pleno"])] | None = None
    sort: (
        Annotated[
            Literal["received_at", "-received_at"],
            Field(description="By `received_at` where it is not given; `-` in front turns the order round."),
        ]
        | None
    ) = None
    fields: Fields | None = None
