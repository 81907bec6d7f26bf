"""The route of a day."""

from typing import Annotated

from fastapi import Query, Response

from app.auth import public
from app.core.http import conditional
from app.core.http.dependencies import ReaderDep, TodayDep
from app.core.http.examples import example
from app.routing import resource
from app.today import repository, schemas

router = resource("today")
CACHE_SECONDS = 60  # seconds


@router.get(
    "",
    response_model=schemas.Today,
    dependencies=[public()],
    openapi_extra=example("/v1/today?as_of=2022-06-14&days=14"),
)
async def get_today(reader: ReaderDep, today: TodayDep, query: Annotated[schemas.TodayQuery, Query()]) -> Response:
    """Read what a day brings

    The stages that run on `as_of` (today where it is not given), those that begin or end within the
    next `days` days, and the meetings on the day: what the first screen of an app shows, in one small answer.
    """
    day, lasts = today.unless(query.as_of)
    body = await repository.fetch_today(reader, day, query.days)
    return conditional.reply(body, cache=conditional.open_data(CACHE_SECONDS, at_most=lasts))
