"""Request bodies of check-ins."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Instant, PayloadModel, Slug, Uuid
from app.core.languages import Text
from app.core.patterns import register_pattern
from app.models.vocabulary import ScanDirection

DEVICE_ID_PATTERN = register_pattern(
    "^[A-Za-z0-9._:-]+$",
    Text(
        "huruf, angka, titik, garis bawah, titik dua dan tanda hubung, tanpa spasi, misalnya gate-3",
        "letters, digits, dots, underscores, colons and hyphens, without spaces, for example gate-3",
    ),
)
DeviceId = Annotated[str, Field(min_length=1, max_length=100, pattern=DEVICE_ID_PATTERN, examples=["gate-3"])]
DeviceSentAt = Annotated[
    Instant,
    Field(
        description="Instant at which the device sends the request, by the device's clock.",
        examples=["2026-12-07T08:59:58.120+07:00"],
    ),
]
ClockEpoch = Annotated[
    int,
    Field(ge=0, le=2**31 - 1, description="Counter that the device increments each time its clock jumps."),
]


class ScanPayload(PayloadModel):
    """A scan of a badge."""

    scan_id: Annotated[
        Uuid, Field(description="A UUIDv7 made by the device. A scan keeps its id however often it is sent.")
    ]
    badge: Annotated[
        str, Field(min_length=1, max_length=500, description="The text of the QR code, also if it is not a badge.")
    ]
    direction: ScanDirection = "in"
    session: Annotated[
        Slug | None,
        Field(description="Code of the session at whose entrance the device is; null: the entrance of the meeting."),
    ] = None
    scanned_at: Annotated[
        Instant,
        Field(description="Instant of the scan, by the device's clock.", examples=["2026-12-07T08:59:57+07:00"]),
    ]
    sequence: Annotated[
        int | None, Field(ge=0, le=2**53 - 1, description="Number that the device gives to its scans, counting up.")
    ] = None


class CheckInPayload(ScanPayload):
    """One scan, sent at once or later."""

    device_id: DeviceId
    device_sent_at: DeviceSentAt
    clock_epoch: ClockEpoch = 0


class CheckInBatchPayload(PayloadModel):
    """Scans that a device has stored, in any order; some of them may have been sent before."""

    device_id: DeviceId
    device_sent_at: DeviceSentAt
    clock_epoch: ClockEpoch = 0
    scans: Annotated[list[ScanPayload], Field(min_length=1, max_length=5000)]
