"""Document and query parameters of the overview of a day."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from app.core.http.parameters import AsOfOrToday, EmptyQuery, require_digits
from app.models.vocabulary import MeetingKind, MeetingStatus, StageKind, StageStatus
from app.references import CodeReference


class TodayStage(BaseModel):
    """The main members of a stage. `/v1/stages/{code}` has all of them."""

    code: str
    election: CodeReference
    parent: CodeReference | None
    kind: StageKind
    name: str
    name_en: str | None
    start_on: date | None
    end_on: date | None
    status: StageStatus
    days_until_start: int | None
    days_until_end: int | None
    legal_basis: str | None


class TodayMeeting(BaseModel):
    """The main members of a meeting. `/v1/meetings/{code}` has all of them."""

    code: str
    name: str
    name_en: str | None
    kind: MeetingKind
    host: CodeReference
    place: str | None
    time_zone: str
    start_on: date
    end_on: date
    status: MeetingStatus


class Today(BaseModel):
    """The overview of a day."""

    as_of: date
    running: Annotated[list[TodayStage], Field(description="Stages running on the day, the first to end first.")]
    starting: Annotated[
        list[TodayStage],
        Field(description="Stages that begin on the day or within `days` days after it."),
    ]
    ending: Annotated[list[TodayStage], Field(description="Stages that end on the day or within `days` days after it.")]
    meetings: Annotated[list[TodayMeeting], Field(description="Meetings on the day.")]


class TodayQuery(EmptyQuery):
    """Query parameters of the overview of a day."""

    as_of: AsOfOrToday | None = None
    days: Annotated[
        int,
        Field(ge=1, le=90, description="How many days to look ahead.", examples=[14]),
        BeforeValidator(require_digits),
    ] = 14
