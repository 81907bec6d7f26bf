"""The SQL of a day."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, and_, bindparam, cast, select
from sqlalchemy.orm import aliased

from app import models, references
from app.core.db.database import Reader
from app.core.db.documents import AS_OF_PARAMETER, Document, DocumentSelect, document_text, json_array, json_object
from app.core.db.statements import Statement
from app.models import elections, meetings
from app.models.days import days_until
from app.today import schemas

_DAY: ColumnElement[Any] = cast(AS_OF_PARAMETER, Date)
_LAST_DAY = _DAY + bindparam("days", type_=Integer)


def _stages(stage: Any, *order: Any, where: ColumnElement[bool]) -> ColumnElement[Any]:
    return json_array(
        json_object(
            code=stage.code,
            election=references.election_reference(stage.election),
            parent=references.stage_reference(stage.parent),
            kind=stage.kind,
            name=stage.name,
            name_en=stage.name_en,
            start_on=stage.start_on,
            end_on=stage.end_on,
            status=elections.stage_status_on(stage, _DAY),
            days_until_start=days_until(stage.start_on, _DAY),
            days_until_end=days_until(stage.end_on, _DAY),
            legal_basis=stage.legal_basis,
        ),
        *order,
        stage.code,
        where=where,
    )


def _day() -> DocumentSelect:
    running, starting, ending = (aliased(models.Stage) for _ in range(3))
    meeting = models.Meeting
    return select(
        _DAY.label("as_of"),
        _stages(running, running.end_on, where=and_(running.start_on <= _DAY, running.end_on >= _DAY)).label("running"),
        _stages(starting, starting.start_on, where=starting.start_on.between(_DAY, _LAST_DAY)).label("starting"),
        _stages(ending, ending.end_on, where=ending.end_on.between(_DAY, _LAST_DAY)).label("ending"),
        json_array(
            json_object(
                code=meeting.code,
                name=meeting.name,
                name_en=meeting.name_en,
                kind=meeting.kind,
                host=references.organization_reference(meeting.host),
                place=meeting.place,
                time_zone=meeting.time_zone,
                start_on=meeting.start_on,
                end_on=meeting.end_on,
                status=meetings.meeting_status_on(meeting, _DAY),
            ),
            meeting.start_on,
            meeting.code,
            where=and_(meeting.start_on <= _DAY, meeting.end_on >= _DAY),
        ).label("meetings"),
    )


_STATEMENT = Statement(
    select(
        document_text(
            Document(schemas.Day, lambda _: _day()).select(as_of=False).subquery().c.document, only_fields=False
        )
    )
)


async def day(read: Reader, as_of: date, days: int) -> bytes:
    """The JSON of what a day and the days after it bring, from one statement."""
    (text,) = await read.fetch_one(_STATEMENT, {"as_of": as_of, "days": days})
    return str(text).encode()
