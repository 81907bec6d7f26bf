"""Response bodies and queries of devices."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.datetimes import WrittenInstant
from app.core.http.parameters import FieldSelection, ListQuery


class DeviceClock(BaseModel):
    """A period of a device's clock, in which the clock did not jump."""

    clock_epoch: Annotated[int, Field(description="The counter that the device sends.")]
    period: Annotated[
        int,
        Field(
            description="Number of the period within the epoch. The service begins the next one when a reading differs "
            "by 15 minutes or more, and after a reset."
        ),
    ]
    clock_skew_ms: Annotated[float, Field(description="Milliseconds by which the device's clock is ahead.")]
    readings: Annotated[int, Field(description="Number of requests in which the device sent its time.")]
    first_received_at: WrittenInstant | None
    last_received_at: WrittenInstant | None


class DeviceReset(BaseModel):
    """A reset of a device."""

    reset_at: WrittenInstant
    reset_by: Annotated[str, Field(description="Id of the client that reset it.")]
    former_client: Annotated[str | None, Field(description="Id of the client that it belonged to before.")]
    reason: str
    legal_basis: str | None


class Device(BaseModel):
    """A device that has sent scans to a meeting."""

    device_id: Annotated[str, Field(examples=["gate-3"])]
    client: Annotated[
        str | None,
        Field(description="Id of the client that it belongs to; null: it was reset, and the next client owns it."),
    ]
    clocks: Annotated[list[DeviceClock], Field(description="By epoch and period.")]
    resets: Annotated[list[DeviceReset], Field(description="Oldest first.")]


DeviceFields = Annotated[
    str, FieldSelection(Device), Field(description="Members to include.", examples=["device_id,client"])
]


class DeviceQuery(ListQuery):
    """Query parameters of the devices of a meeting."""

    sort: (
        Annotated[
            Literal["device_id", "-device_id"],
            Field(description="Default: `device_id`. A leading `-` sorts in descending order."),
        ]
        | None
    ) = None
    fields: DeviceFields | None = None

    @property
    def sort_order(self) -> str | None:
        """The value of `sort`; None if it was not given."""
        return self.sort
