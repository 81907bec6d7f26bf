"""What can be written of who came."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Line
from app.models.vocabulary import AttendanceStatus
from app.writes.payloads import ChangeReason


class ManualStatusContent(ChangeReason):
    """A status that somebody sets, and why. Where a scan shows that they came, that goes before it."""

    status: Annotated[AttendanceStatus, Field(description="`expected` takes what was set by hand away.")]
    reason: Annotated[Line, Field(description="Why.", examples=["surat izin 4/2026"])]


class AnnulmentContent(ChangeReason):
    """Why a scan is to have no effect."""

    reason: Annotated[Line, Field(description="Why.", examples=["badge dipinjamkan"])]
