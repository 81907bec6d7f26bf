"""SQL of the overview of a day."""

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

_AS_OF: ColumnElement[Any] = cast(AS_OF_PARAMETER, Date)
_UNTIL = _AS_OF + bindparam("days", type_=Integer)


def _stage_list_expression(stage: Any, *order: Any, where: ColumnElement[bool]) -> ColumnElement[Any]:
    """Return the SQL of a JSON array of the stages that fulfil `where`, ordered by `order` and then by code."""
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
            status=elections.stage_status_on(stage, _AS_OF),
            days_until_start=days_until(stage.start_on, _AS_OF),
            days_until_end=days_until(stage.end_on, _AS_OF),
            legal_basis=stage.legal_basis,
        ),
        *order,
        stage.code,
        where=where,
    )


def _select_today() -> DocumentSelect:
    """Build the SELECT of the overview of a day, one column per JSON member; parameters are `as_of` and `days`."""
    running, starting, ending = (aliased(models.Stage) for _ in range(3))
    meeting = models.Meeting
    return select(
        _AS_OF.label("as_of"),
        _stage_list_expression(
            running, running.end_on, where=and_(running.start_on <= _AS_OF, running.end_on >= _AS_OF)
        ).label("running"),
        _stage_list_expression(starting, starting.start_on, where=starting.start_on.between(_AS_OF, _UNTIL)).label(
            "starting"
        ),
        _stage_list_expression(ending, ending.end_on, where=ending.end_on.between(_AS_OF, _UNTIL)).label("ending"),
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
                status=meetings.meeting_status_on(meeting, _AS_OF),
            ),
            meeting.start_on,
            meeting.code,
            where=and_(meeting.start_on <= _AS_OF, meeting.end_on >= _AS_OF),
        ).label("meetings"),
    )


_SELECT_TODAY = Statement(
    select(
        document_text(
            Document(schemas.Today, lambda _: _select_today()).select(as_of=False).subquery().c.document,
            only_fields=False,
        )
    )
)


async def fetch_today(reader: Reader, as_of: date, days: int) -> bytes:
    """Query the overview of a day as JSON bytes: stages and meetings; `days` is the number of days to look ahead."""
    (text,) = await reader.fetch_one(_SELECT_TODAY, {"as_of": as_of, "days": days})
    return str(text).encode()
