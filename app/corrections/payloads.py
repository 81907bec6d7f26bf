"""Request bodies of the routes that correct a roll."""

from typing import Annotated

from pydantic import Field

from app.core.http.body_types import Day, Line, Uuid
from app.models.vocabulary import AttendanceStatus, CorrectionKind
from app.writes.payloads import ChangeReason


class ManualStatusPayload(ChangeReason):
    """A status set manually, with its reason. A scan of an entry takes precedence over it."""

    status: Annotated[AttendanceStatus, Field(description="`expected` removes a status that was set manually.")]
    reason: Annotated[Line, Field(description="The reason for the status.", examples=["surat izin 4/2026"])]
    on: Annotated[
        Day | None, Field(description="The day of the meeting for which the status holds; null: the whole meeting.")
    ] = None


class AnnulmentPayload(ChangeReason):
    """The reason why a scan is annulled."""

    reason: Annotated[Line, Field(description="The reason for the annulment.", examples=["badge dipinjamkan"])]


class RollCorrectionPayload(ChangeReason):
    """A correction to request, with the members of its kind."""

    kind: Annotated[
        CorrectionKind,
        Field(
            description="`status`: set the `status` of a `participant`. `scan`: annul a `scan`. `reopen`: open the "
            "roll again. Members of other kinds are refused."
        ),
    ]
    reason: Annotated[Line, Field(description="The reason for the correction.", examples=["surat izin 4/2026"])]
    participant: Annotated[Uuid | None, Field(description="Id of a participant.")] = None
    status: Annotated[
        AttendanceStatus | None, Field(description="`expected` removes a status that was set manually.")
    ] = None
    scan: Annotated[Uuid | None, Field(description="Id of a scan.")] = None
