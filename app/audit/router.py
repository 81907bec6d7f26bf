"""The routes of the audit trail."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.audit import repository, schemas
from app.auth import Scope, require_scope
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example
from app.core.http.paging import PageOf
from app.routing import resource_router

router = resource_router("audit")


@router.get(
    "",
    response_model=PageOf[schemas.AuditLine],
    dependencies=[require_scope(Scope.AUDIT_READ)],
    openapi_extra=example("/v1/audit?operation=load&sort=-id"),
)
async def list_audit_lines(
    request: Request, reader: ReaderDep, query: Annotated[schemas.AuditQuery, Query()]
) -> Response:
    """Read the audit trail

    Each write, and each read of personal data, left a line in the same transaction: who, with which scope, did what to
    which objects, in which request and what for. Lines are only ever added, and a chain of hashes seals them: `hash` is
    the SHA-256 of the hash before, as 32 bytes (zeros before the first), and of the line as a JSON array of its `id`,
    `xid`, `at`, `client`, `scope`, `operation`, `keys`, `request_id` and `purpose`, written as RFC 8785 says, `at` in
    UTC with six digits: `2026-11-24T05:45:00.000001+00:00`.
    """
    return _set_no_store((await repository.LINES.fetch_page(reader, query)).to_response(request, max_age=0))


@router.get(
    "/roots",
    response_model=PageOf[schemas.AuditRoot],
    dependencies=[require_scope(Scope.AUDIT_READ)],
    openapi_extra=example("/v1/audit/roots?sort=-hour"),
)
async def list_audit_roots(
    request: Request, reader: ReaderDep, query: Annotated[schemas.RootQuery, Query()]
) -> Response:
    """Read the roots of the chain

    The newest hash of each hour in which lines were sealed. Keep them elsewhere: whoever rewrites the whole chain
    cannot rewrite those, and `rakornas audit verify --roots FILE` takes them as they are answered here.
    """
    return _set_no_store((await repository.ROOTS.fetch_page(reader, query)).to_response(request, max_age=0))


def _set_no_store(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
