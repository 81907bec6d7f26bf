"""What a gate sends."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Content, Instant, Slug, Uuid
from app.models.vocabulary import ScanDirection

DeviceId = Annotated[str, Field(min_length=1, max_length=100, pattern="^[A-Za-z0-9._:-]+$", examples=["gate-3"])]
DeviceSentAt = Annotated[
    Instant,
    Field(description="When it is sent, by the clock of the device.", examples=["2026-12-07T08:59:58.120+07:00"]),
]
ClockEpoch = Annotated[
    int,
    Field(ge=0, le=2**31 - 1, description="How often the device's clock has jumped: one more with each jump."),
]


class ScanPayload(Content):
    """A badge that a gate has seen."""

    scan_id: Annotated[
        Uuid, Field(description="A UUIDv7 that the device makes: the same for the same scan, however often it is sent.")
    ]
    badge: Annotated[
        str, Field(min_length=1, max_length=500, description="What the QR code says, also where it is no badge.")
    ]
    direction: ScanDirection = "in"
    session: Annotated[Slug | None, Field(description="Code of the session at whose door it is; null: the house.")] = (
        None
    )
    scanned_at: Annotated[
        Instant, Field(description="By the clock of the device.", examples=["2026-12-07T08:59:57+07:00"])
    ]
    sequence: Annotated[int | None, Field(ge=0, le=2**53 - 1, description="The device's own count of its scans.")] = (
        None
    )


class CheckInPayload(ScanPayload):
    """One scan, sent at once or later."""

    device_id: DeviceId
    device_sent_at: DeviceSentAt
    clock_epoch: ClockEpoch = 0


class CheckInBatchPayload(Content):
    """Scans that a device has kept, in any order, and some of them perhaps again."""

    device_id: DeviceId
    device_sent_at: DeviceSentAt
    clock_epoch: ClockEpoch = 0
    scans: Annotated[list[ScanPayload], Field(min_length=1, max_length=5000)]
