"""Request bodies of devices."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Line
from app.writes.payloads import ChangeReason


class DeviceResetPayload(ChangeReason):
    """The reason why a device is reset."""

    reason: Annotated[Line, Field(description="The reason for the reset.", examples=["gerbang diganti perangkatnya"])]
