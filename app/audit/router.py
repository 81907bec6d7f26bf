"""The routes of the audit trail."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.audit import repository, schemas
from app.auth import Scope, require_scope
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example
from app.core.http.paging import PageOf
from app.routing import create_resource_router
from app.writes.client_visibility import visibility_parameters
from app.writes.request import require_caller

router = create_resource_router("audit")


@router.get(
    "",
    response_model=PageOf[schemas.AuditLine],
    dependencies=[require_scope(Scope.AUDIT_READ)],
    openapi_extra=example("/v1/audit?operation=load&sort=-id"),
)
async def list_audit_lines(
    request: Request, reader: ReaderDep, query: Annotated[schemas.AuditQuery, Query()]
) -> Response:
    """List the lines of the audit trail

    Each write and each read of personal data adds a line in the same transaction: the client, its scope, the operation,
    the objects, the request and the purpose. Lines cannot be changed or deleted, and a hash chain seals them. `hash` is
    the SHA-256 of the previous hash (32 bytes, zeros for the first line) followed by the line, which is the JSON array
    of its `id`, `xid`, `at`, `client`, `scope`, `operation`, `keys`, `request_id` and `purpose_digest` in the form of
    RFC 8785. In it, `at` is in UTC with six fractional digits: `2026-11-24T05:45:00.000001+00:00`. A purpose is deleted
    with the personal data of its meeting; its digest stays.

    A client that is bound to an organization or a meeting sees its own lines and those of the clients that it sees at
    `/v1/clients`.
    """
    visible = visibility_parameters(require_caller(request))
    page = await repository.LINES.fetch_page(reader, query, path_parameters=visible)
    return _set_no_store(page.to_response(request, max_age=0))


@router.get(
    "/roots",
    response_model=PageOf[schemas.AuditRoot],
    dependencies=[require_scope(Scope.AUDIT_READ)],
    openapi_extra=example("/v1/audit/roots?sort=-hour"),
)
async def list_audit_roots(
    request: Request, reader: ReaderDep, query: Annotated[schemas.RootQuery, Query()]
) -> Response:
    """List the roots of the audit chain

    A root is the newest hash of an hour in which lines were sealed. The last item, with `finished` false, is the tail:
    the newest hash of an hour that has no root yet, so that the lines of the last minutes can be proven too. Store the
    roots and the tail outside of this service: somebody who rewrites the whole chain cannot rewrite your copy.
    `rakornas audit verify --roots FILE` takes a file with this response. A root tells nothing about a line, so bound
    clients see all of them.
    """
    return _set_no_store((await repository.ROOTS.fetch_page(reader, query)).to_response(request, max_age=0))


def _set_no_store(response: Response) -> Response:
    """Set `Cache-Control: no-store` on a response and return it."""
    response.headers["Cache-Control"] = "no-store"
    return response
