"""The route that takes files of rows."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Query, Request, Response
from starlette.requests import ClientDisconnect

from app.auth import Scope, require_scope_by_parameter
from app.core.db.transaction import Rollback, open_transaction
from app.core.http.examples import write_example
from app.core.http.openapi import problem_responses
from app.core.languages import preferred_language
from app.core.problems import (
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    ImportRefused,
    InsufficientScope,
    InvalidContent,
    Malformed,
    OutsideOrganization,
    RequestInFlight,
    Unavailable,
    UnsupportedMediaType,
)
from app.imports import importer, parser, repository, schemas
from app.imports.report import ImportOptions
from app.imports.row_schema import Importable
from app.routing import resource_router
from app.state import state_of
from app.writes import audit_trail, idempotency
from app.writes.idempotency import StoredResponse
from app.writes.payloads import ChangeReason
from app.writes.request import IdempotencyKey, WriteRequest, parse_create_request

router = resource_router("imports")

DATABASE_TIMEOUT_SECONDS = 25  # for the database: the whole request has 30
QUEUE_TIMEOUT_SECONDS = 2.0  # seconds to wait for another import of this worker
FORMATS: Mapping[str, parser.Format] = {"text/csv": "csv", "application/x-ndjson": "ndjson"}
SCOPES: Mapping[str, Scope] = {
    "regions": Scope.REGIONS_WRITE,
    "organizations": Scope.ORGANIZATIONS_WRITE,
    "divisions": Scope.DIVISIONS_WRITE,
    "officials": Scope.OFFICIALS_WRITE,
    "appointments": Scope.OFFICIALS_WRITE,
    "elections": Scope.ELECTIONS_WRITE,
    "stages": Scope.STAGES_WRITE,
    "meetings": Scope.MEETINGS_WRITE,
    "sessions": Scope.MEETINGS_WRITE,
    "statements": Scope.MEETINGS_WRITE,
}
EXAMPLE_CSV = 'id,name,other_names\r\n,Siti Contoh,"[""Siti C.""]"\r\n,Budi Contoh,\r\n'
EXAMPLE_NDJSON = '{"name": "Siti Contoh", "other_names": ["Siti C."]}\n{"name": "Budi Contoh"}\n'


@router.post(
    "",
    response_model=schemas.ImportResult,
    dependencies=[require_scope_by_parameter("resource", SCOPES)],
    openapi_extra={
        **write_example("/v1/imports?resource=officials"),
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": {"type": "string"}, "example": EXAMPLE_CSV},
                "application/x-ndjson": {"schema": {"type": "string"}, "example": EXAMPLE_NDJSON},
            },
        },
    },
    responses=problem_responses(
        *(IdempotencyKeyRequired, InsufficientScope, OutsideOrganization, RequestInFlight),
        *(UnsupportedMediaType, InvalidContent, ImportRefused, IdempotencyKeyReused),
    ),
)
async def import_rows(
    request: Request, query: Annotated[schemas.ImportQuery, Query()], key: IdempotencyKey = None
) -> Response:
    """Bring in a file of rows

    CSV in UTF-8 (RFC 4180) with a header line, or NDJSON: one object a line. Columns are the members of the resource's
    POST, and its key: `code`, or `id`; of a session or statement also `meeting`. A row whose key is there already
    changes that object; one without an `id` is new. Members that are not given keep what the object has, or get their
    defaults. In a cell, lists and objects stand as JSON, and an empty cell is null, or nothing where null is not
    allowed. A key may stand in one row only.

    Either all rows are kept or, where one is refused, none, and the answer is 422 `import_refused`, with the members of
    the answer to a success beside those of a problem. With `partial=true` the good ones are kept. Each row has a
    verdict: that of a write of its own, save that rows may be in any order, as long as no more than 1,000 wait for a
    later one. With `dry_run=true` nothing is kept, and the answer is 200 whatever the verdicts.

    The token needs the scope that writes the resource. Up to 8 MiB, which is about 50,000 rows; more with
    `rakornas import`, or in several files.
    """
    write = await parse_create_request(request, query, key)
    form = _parse_format(request)
    try:
        body = await request.body()
    except ClientDisconnect:
        raise Malformed from None
    importable: Importable = state_of(request.app).importable[query.resource]
    order = ImportOptions(importable, write.dry_run, query.partial == "true")
    async with _register_request(write), _acquire_import_slot(request):
        return await _run_import(
            write, order, ChangeReason(reason=query.reason, legal_basis=query.legal_basis), form, body
        )


async def _run_import(
    write: WriteRequest, order: ImportOptions, note: ChangeReason, form: parser.Format, body: bytes
) -> Response:
    request = write.request
    language = preferred_language(request.headers.get("accept-language", ""))
    url = request.url
    same = idempotency.compute_fingerprint(request.method, f"{url.path}?{url.query}", body)
    database = importer.build_database(state_of(request.app).settings, DATABASE_TIMEOUT_SECONDS)
    try:
        async with open_transaction(database) as transaction:
            await repository.prepare_transaction(transaction, DATABASE_TIMEOUT_SECONDS)
            request_id = str(request.scope.get("state", {}).get("request_id", ""))
            await audit_trail.attribute_revisions(transaction, write.caller, request_id, note)
            if write.idempotency_key and (
                kept := await idempotency.find_response(
                    transaction, write.caller.client_id, write.idempotency_key, same
                )
            ):
                return _build_response(kept, {"Idempotency-Replayed": "true"})
            rows = parser.read_rows(io.BytesIO(body), form, order.importable)
            outcome = await importer.import_rows(transaction, write.caller, order, rows)
            await asyncio.to_thread(outcome.to_document, language)  # others have their turn meanwhile
            answer = StoredResponse(200, {"Content-Language": language}, outcome.to_json(language))
            if not outcome.is_final:
                raise Rollback
            await repository.insert_audit_line(
                *(transaction, outcome.audit_keys, outcome.changed_count),
                client=write.caller.client_id,
                scope=SCOPES[order.importable.resource.name],
                request_id=request_id,
            )
            if write.idempotency_key:
                await idempotency.store_response(
                    transaction, write.caller.client_id, write.idempotency_key, same, answer
                )
    finally:
        await database.close()
    if outcome.is_refused and not order.dry_run:
        raise ImportRefused(outcome.to_document)
    return _build_response(answer)


def _build_response(answer: StoredResponse, more: Mapping[str, str] | None = None) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Language", **answer.headers, **(more or {})}
    return Response(answer.body, answer.status, headers, "application/json")


def _parse_format(request: Request) -> parser.Format:
    """CSV or NDJSON, in UTF-8 and not compressed; else UnsupportedMediaType, before the body is read."""
    media_type, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    pairs = (parameter.replace(" ", "").replace('"', "").partition("=") for parameter in parameters)
    named = {name: value for name, _, value in pairs}
    encoded = request.headers.get("content-encoding", "identity").strip().lower() != "identity"
    no_header = named.get("header") == "absent"  # RFC 4180, section 3
    if media_type not in FORMATS or named.get("charset", "utf-8") != "utf-8" or encoded or no_header:
        raise UnsupportedMediaType(headers={"Accept": ", ".join(FORMATS)})
    return FORMATS[media_type]


@asynccontextmanager
async def _register_request(write: WriteRequest) -> AsyncIterator[None]:
    """InFlight, without waiting, for a request that runs or waits in this worker already."""
    if write.idempotency_key is None:
        yield
        return
    under_way: set[tuple[str, str]] = state_of(write.request.app).imports_in_progress
    this = (write.caller.client_id, write.idempotency_key)
    if this in under_way:
        raise RequestInFlight
    under_way.add(this)
    try:
        yield
    finally:
        under_way.remove(this)


@asynccontextmanager
async def _acquire_import_slot(request: Request) -> AsyncIterator[None]:
    """An import keeps one processor busy and its connection is beside the pools: a second one waits, or comes back."""
    running: asyncio.Semaphore = state_of(request.app).import_slot
    try:
        async with asyncio.timeout(QUEUE_TIMEOUT_SECONDS):
            await running.acquire()
    except TimeoutError:
        raise Unavailable(retry_after=10) from None
    try:
        yield
    finally:
        running.release()
