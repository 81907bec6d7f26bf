"""Route of the search."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.auth import allow_anonymous
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example
from app.core.http.paging import PageOf
from app.routing import create_resource_router
from app.search import repository, schemas

router = create_resource_router("search")
CACHE_SECONDS = 60


@router.get(
    "",
    response_model=PageOf[schemas.SearchResult],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/search?q=tarmidzi"),
)
async def search_all(request: Request, reader: ReaderDep, query: Annotated[schemas.SearchQuery, Query()]) -> Response:
    """Search all resources

    Officials, organizations, divisions, stages and meetings whose name matches the words of `q`, or whose code is `q`,
    best match first, each with the address of its document. Case, accents and apostrophes are ignored, and small
    spelling errors are tolerated.
    """
    page = await repository.HITS.fetch_page(reader, query)
    return page.to_response(request, max_age=CACHE_SECONDS)
