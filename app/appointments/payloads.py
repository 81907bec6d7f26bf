"""Request bodies of appointments."""

from typing import Annotated

from pydantic import Field

from app.core.datetimes import PartialDate
from app.core.http.body_types import Day, Line, Name, PayloadModel, Uuid
from app.core.languages import Text
from app.core.patterns import register_pattern
from app.models.vocabulary import Office, Standing
from app.writes.payloads import ChangeReason, Reference, SourcedPayload, merge_patch_model

TERM_PATTERN = register_pattern(
    "^[0-9]{4}-[0-9]{4}$",
    Text(
        "dua tahun dengan tanda hubung, misalnya 2022-2027",
        "two years with a hyphen between them, for example 2022-2027",
    ),
)
StartOn = Annotated[
    PartialDate | None, Field(description="First day in office; null: unknown, then `seen_on` is required.")
]
EndOn = Annotated[PartialDate | None, Field(description="First day no longer in office; null: still in office.")]
SeenOn = Annotated[Day | None, Field(description="A day on which a source saw the person in this office.")]
Term = Annotated[str | None, Field(pattern=TERM_PATTERN, examples=["2022-2027"])]
Division = Annotated[Reference | None, Field(description="Code of the division they lead.", examples=["p7-4"])]


class AppointmentPayload(SourcedPayload):
    """The body that creates an appointment."""

    official: Annotated[Uuid, Field(description="Id of the official.")]
    organization: Annotated[Reference, Field(description="Code of the organization.", examples=["kpu-31"])]
    office: Office
    standing: Standing
    division: Division = None
    term: Term = None
    start_on: StartOn = None
    end_on: EndOn = None
    seen_on: SeenOn = None
    end_reason: Name | None = None


@merge_patch_model
class AppointmentPatch(AppointmentPayload):
    """A merge patch of an appointment."""


class SuccessorPayload(PayloadModel):
    """The next appointment to the same office of the same organization."""

    official: Annotated[Uuid, Field(description="Id of the official.")]
    standing: Standing
    division: Division = None
    term: Term = None
    start_on: Annotated[StartOn, Field(description="First day in office; null: `end_on`.")] = None
    seen_on: SeenOn = None
    source: Line | None = None
    verified: bool = False
    primary: bool = False


class SuccessionPayload(ChangeReason):
    """The body that ends an appointment and begins the next one in its office.

    `legal_basis` becomes that of the next appointment, and is stored in the revisions of both.
    """

    ends: Annotated[Uuid, Field(description="Id of the appointment that ends.")]
    end_on: Annotated[PartialDate, Field(description="First day no longer in office.")]
    end_reason: Name | None = None
    begins: SuccessorPayload
