"""Documents and query parameters of appointments."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.datetimes import PartialDate
from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import AsOf, Code, CollectionQuery, FieldSelection, ItemQuery, SearchWords
from app.core.patterns import UUID_PATTERN
from app.models.vocabulary import Office, Standing
from app.references import CodeReference, OfficialReference


class AppointmentMembers(BaseModel):
    """The members of an appointment, without its provenance and revision."""

    id: UUID
    official: OfficialReference
    organization: CodeReference
    office: Office
    standing: Standing
    division: CodeReference | None
    term: Annotated[str | None, Field(description="Term of the commission.", examples=["2022-2027"])]
    start_on: PartialDate | None
    end_on: Annotated[PartialDate | None, Field(description="First day no longer in office; null: still in office.")]
    seen_on: Annotated[date | None, Field(description="A day on which a source saw the person in this office.")]
    certain: Annotated[
        bool | None, Field(description="True: certainly in office on `as_of`; false: possibly; null: no `as_of` given.")
    ]
    end_reason: str | None
    legal_basis: Annotated[str | None, Field(examples=["Keppres 33/P/2022"])]


class Appointment(SourcedRecord, AppointmentMembers):
    """A person in an office of an organization, from `start_on` until the day before `end_on`."""


class Succession(BaseModel):
    """The appointment that ended, and the next one in its office."""

    ended: Appointment
    begun: Appointment


Fields = Annotated[
    str, FieldSelection(Appointment), Field(description="Members to include.", examples=["official,office,start_on"])
]


class AppointmentItemQuery(ItemQuery):
    """Query parameters of one appointment."""

    as_of: AsOf | None = None
    fields: Fields | None = None


Sort = Annotated[
    Literal["start_on", "-start_on", "updated_at", "-updated_at"],
    Field(
        description="Default: `start_on`, by the first day on which the appointment is possible. "
        "A leading `-` sorts in descending order."
    ),
]
OfficialId = Annotated[
    str,
    Field(
        pattern=UUID_PATTERN,
        description="Id of an official, a UUID.",
        examples=["01a20c10-0ad9-7584-8953-0eb59d6a8d90"],
    ),
]


class AppointmentQuery(CollectionQuery):
    """Query parameters of the list of appointments."""

    q: Annotated[SearchWords, Field(examples=["hasyim"])] | None = None
    official: OfficialId | None = None
    organization: Annotated[Code, Field(description="Code of an organization.", examples=["kpu-31"])] | None = None
    division: Annotated[Code, Field(description="Code of a division.", examples=["p7-4"])] | None = None
    office: Annotated[Office, Field(description="Ketua, anggota, sekretaris or sekretaris jenderal.")] | None = None
    standing: (
        Annotated[
            Standing,
            Field(
                description="`definitive`, `acting` (pelaksana tugas) or `interim_replacement` (pengganti antarwaktu)."
            ),
        ]
        | None
    ) = None
    as_of: AsOf | None = None
    sort: Sort | None = None
    fields: Fields | None = None
