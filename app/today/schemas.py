"""What the document of a day holds, and what can be asked of it."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from app.core.http.parameters import AsOfOrToday, EmptyQuery, require_digits
from app.models.vocabulary import MeetingKind, MeetingStatus, StageKind, StageStatus
from app.references import CodeReference


class TodayStage(BaseModel):
    """A stage, in short; `/v1/stages/{code}` has all of it."""

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
    """A meeting, in short; `/v1/meetings/{code}` has all of it."""

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
    """What a day brings."""

    as_of: date
    running: Annotated[list[TodayStage], Field(description="Stages running on the day, the first to end first.")]
    starting: Annotated[
        list[TodayStage],
        Field(description="Stages that begin on it or within `days` days after it."),
    ]
    ending: Annotated[list[TodayStage], Field(description="Stages that end on it or within `days` days after it.")]
    meetings: Annotated[list[TodayMeeting], Field(description="Meetings on the day.")]


class TodayQuery(EmptyQuery):
    as_of: AsOfOrToday | None = None
    days: Annotated[
        int,
        Field(ge=1, le=90, description="How many days to look ahead.", examples=[14]),
        BeforeValidator(require_digits),
    ] = 14
