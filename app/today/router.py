"""Route of the overview of a day."""

from typing import Annotated

from fastapi import Query, Response

from app.auth import allow_anonymous
from app.core.http import conditional
from app.core.http.dependencies import ReaderDep, TodayDep
from app.core.http.examples import example
from app.routing import create_resource_router
from app.today import repository, schemas

router = create_resource_router("today")
CACHE_SECONDS = 60


@router.get(
    "",
    response_model=schemas.Today,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/today?as_of=2022-06-14&days=14"),
)
async def get_today(reader: ReaderDep, today: TodayDep, query: Annotated[schemas.TodayQuery, Query()]) -> Response:
    """Get the overview of a day

    The stages running on `as_of` (default today), those that start or end within the next `days` days, and the
    meetings on that day: the content of the first screen of an app, in one small response.
    """
    day, valid_seconds = today.resolve_as_of(query.as_of)
    body = await repository.fetch_today(reader, day, query.days)
    cache = conditional.public_cache_control(CACHE_SECONDS, valid_seconds=valid_seconds)
    return conditional.json_response(body, cache_control=cache)
