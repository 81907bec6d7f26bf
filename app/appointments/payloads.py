"""What can be written of an appointment."""

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
StartOn = Annotated[PartialDate | None, Field(description="First day in office; null: unknown, then `seen_on` counts.")]
EndOn = Annotated[PartialDate | None, Field(description="First day no longer in office; null: still open.")]
SeenOn = Annotated[Day | None, Field(description="A day on which a source saw the person in this office.")]
Term = Annotated[str | None, Field(pattern=TERM_PATTERN, examples=["2022-2027"])]
Division = Annotated[Reference | None, Field(description="Code of the division led.", examples=["p7-4"])]


class AppointmentContent(SourcedPayload):
    """A person in an office of an organization."""

    official: Annotated[Uuid, Field(description="Id of the person.")]
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
class AppointmentPatch(AppointmentContent):
    """What is to change of an appointment."""


class Successor(PayloadModel):
    """Who comes next, in the same office of the same organization."""

    official: Annotated[Uuid, Field(description="Id of the person.")]
    standing: Standing
    division: Division = None
    term: Term = None
    start_on: Annotated[StartOn, Field(description="First day in office; null: that on which the other ends.")] = None
    seen_on: SeenOn = None
    source: Line | None = None
    verified: bool = False
    primary: bool = False


class SuccessionContent(ChangeReason):
    """A change of office: one appointment ends, and the next begins.

    `legal_basis` is that of the next one, and stands in the revisions of both.
    """

    ends: Annotated[Uuid, Field(description="Id of the appointment that ends.")]
    end_on: Annotated[PartialDate, Field(description="First day no longer in office.")]
    end_reason: Name | None = None
    begins: Successor
