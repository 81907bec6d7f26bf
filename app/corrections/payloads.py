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


class ClosingPayload(ChangeReason):
    """The reason why a roll is closed."""

    reason: Annotated[Line, Field(description="The reason for closing the roll.", examples=["rapat selesai"])]


class AnnulmentPayload(ChangeReason):
    """The reason why a scan is annulled."""

    reason: Annotated[Line, Field(description="The reason for the annulment.", examples=["badge dipinjamkan"])]


class RollCorrectionPayload(ChangeReason):
    """A correction to request, with the members of its kind."""

    kind: Annotated[
        CorrectionKind,
        Field(
            description="`status`: set the `status` of a `participant`, perhaps `on` one day. `scan`: annul a `scan`. "
            "`late_upload`: make a `scan` that was made before the closing and came after it part of the roll. "
            "`reopen`: open the roll again. `dates`: set `start_on` and `end_on` of the meeting. `retention`: set its "
            "`retention_days`. Members of other kinds are refused."
        ),
    ]
    reason: Annotated[Line, Field(description="The reason for the correction.", examples=["surat izin 4/2026"])]
    participant: Annotated[Uuid | None, Field(description="Id of a participant.")] = None
    status: Annotated[
        AttendanceStatus | None, Field(description="`expected` removes a status that was set manually.")
    ] = None
    on: Annotated[
        Day | None, Field(description="The day of the meeting for which the status holds; null: the whole meeting.")
    ] = None
    scan: Annotated[Uuid | None, Field(description="Id of a scan.")] = None
    start_on: Annotated[Day | None, Field(description="First day of the meeting.")] = None
    end_on: Annotated[Day | None, Field(description="Last day of the meeting.")] = None
    retention_days: Annotated[
        int | None,
        Field(ge=8, le=36_500, description="Days after its last day until its participants are anonymised."),
    ] = None
