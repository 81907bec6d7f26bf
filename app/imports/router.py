"""The route that imports a file of rows."""

import asyncio
import io
from collections.abc import Mapping
from typing import Annotated

from fastapi import Query, Request, Response
from starlette.requests import ClientDisconnect

from app.auth import Scope, require_scope_by_parameter
from app.core.db.transaction import Rollback, open_transaction
from app.core.http.app_state import get_from_state
from app.core.http.dependencies import get_settings
from app.core.http.examples import write_example
from app.core.http.openapi import problem_responses
from app.core.http.openapi_headers import refer_to_headers
from app.core.languages import Text, preferred_language
from app.core.problems import (
    ErrorDetail,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    ImportRefused,
    InsufficientScope,
    InvalidContent,
    InvalidParameters,
    Malformed,
    NotFound,
    OutsideOrganization,
    RequestInFlight,
    RollClosed,
    UnsupportedMediaType,
)
from app.imports import importer, parser, repository, schemas, transactions, workbook
from app.imports.queue import ImportQueue
from app.imports.report import ImportOptions
from app.imports.row_schema import Importable
from app.rendering.renderer_pool import RendererPool
from app.routing import create_resource_router
from app.writes import audit_trail, idempotency, incarnations
from app.writes.idempotency import StoredResponse
from app.writes.payloads import ChangeReason
from app.writes.request import IdempotencyKey, WriteRequest, parse_create_request

router = create_resource_router("imports")

DATABASE_TIMEOUT_SECONDS = 25  # less than the 30 seconds of a request
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: Mapping[str, parser.Format] = {"text/csv": "csv", "application/x-ndjson": "ndjson", XLSX: "xlsx"}
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
    "participants": Scope.ATTENDANCE_WRITE,
}
NOT_WITH_RESOURCE = Text("Tidak berlaku untuk sumber daya ini.", "Not allowed with this resource.")
MEETING_REQUIRED = Text("Wajib untuk peserta.", "Required for participants.")
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
                XLSX: {"schema": {"type": "string", "format": "binary"}},
            },
        },
    },
    responses={
        200: {"headers": refer_to_headers("Content-Language")},
        **problem_responses(
            *(IdempotencyKeyRequired, InsufficientScope, OutsideOrganization, RequestInFlight),
            *(UnsupportedMediaType, InvalidContent, ImportRefused, IdempotencyKeyReused, NotFound, RollClosed),
        ),
    },
)
async def import_rows(
    request: Request, query: Annotated[schemas.ImportQuery, Query()], idempotency_key: IdempotencyKey = None
) -> Response:
    """Import a file of rows

    CSV with a header, in UTF-8 or UTF-16, with commas, semicolons or tabs; XLSX; or NDJSON with one object per line.
    The columns are the members of the resource's POST, or their Indonesian names, and its key: `code` or `id`, and
    `meeting` for sessions and statements. A row with the key of an existing object changes that object; if it names
    another person, it is refused (`would_overwrite`) unless `update=true`. A row without an `id` creates one. Members
    that are not given keep their stored values, or get their defaults. An empty cell means null, or not given if null
    is not allowed. A key may occur in one row only. Participants belong to the `meeting` of the request. Their rows
    name organizations and sessions by code or name, and officials by id or by their name within the organization; a row
    without an `id` changes the participant who is the same person, if there is one. No row deletes a participant.

    Either all rows are stored or, if one is refused, none: the response is then 422 `import_refused` with the members
    of a successful response and those of a problem. With `partial=true` the valid rows are stored. Each row gets the
    result of a write of its own, except that rows may refer to later rows; at most 1,000 rows may wait for a later one.
    With `dry_run=true` nothing is stored, and the response is 200 even if rows are refused.

    The token needs the scope that writes the resource. The file may have up to 8 MiB, which is about 50,000 rows;
    import a larger one with `rakornas import`, or in several files.
    """
    write_request = await parse_create_request(request, query, idempotency_key)
    format_ = _parse_format(request)
    try:
        body = await request.body()
    except ClientDisconnect:
        raise Malformed from None
    queue = get_from_state(request.app, ImportQueue)
    options = ImportOptions(
        _choose_importable(queue, query),
        write_request.dry_run,
        query.partial == "true",
        query.update == "true",
        query.results == "all",
        query.date_order == "dmy",
        query.organization,
    )
    reason = ChangeReason(reason=query.reason, legal_basis=query.legal_basis)
    caller = write_request.caller
    async with queue.register(caller.client_id, write_request.idempotency_key), queue.acquire_slot():
        rows = await _read_rows(request, body, format_, options, query.sheet)
        return await _run_import(write_request, options, reason, rows, body)


def _choose_importable(queue: ImportQueue, query: schemas.ImportQuery) -> Importable:
    """Return the resource of the rows, with the meeting of all rows.

    Raises:
        InvalidParameters: The meeting is missing, or the resource has no meeting or no organization of all rows.
    """
    importable = queue.importable[query.resource]
    errors = [
        ErrorDetail("not_with_resource", NOT_WITH_RESOURCE, parameter=name)
        for name, is_allowed in (
            ("meeting", importable.is_below_meeting),
            ("organization", importable.resolve is not None),
        )
        if getattr(query, name) is not None and not is_allowed
    ]
    if importable.resolve is not None and query.meeting is None:
        errors.append(ErrorDetail("missing", MEETING_REQUIRED, parameter="meeting"))
    if errors:
        raise InvalidParameters(*errors)
    return importable.within_meeting(query.meeting)


async def _read_rows(
    request: Request, body: bytes, format_: parser.Format, options: ImportOptions, sheet: str | None
) -> parser.ParsedRows:
    """Return the rows of a file; a workbook is read in another process, so that other requests go on meanwhile."""
    if format_ != "xlsx":
        return parser.read_rows(io.BytesIO(body), format_, options.importable, day_first=options.day_first)
    pool = get_from_state(request.app, RendererPool)
    read = await pool.run(workbook.read_workbook, body, sheet, workbook.REQUEST_LIMITS)
    return parser.read_table(workbook.open_records(read, body), options.importable, day_first=options.day_first)


async def _run_import(
    write_request: WriteRequest, options: ImportOptions, reason: ChangeReason, rows: parser.ParsedRows, body: bytes
) -> Response:
    """Import the rows with audit line in a transaction, or return the key's stored response; ImportRefused if refused.

    Raises:
        ImportRefused: A row was refused, so nothing was stored.
    """
    request = write_request.request
    client, key = write_request.caller.client_id, write_request.idempotency_key
    language = preferred_language(request.headers.get("accept-language", ""))
    target = f"{request.url.path}?{request.url.query}"
    database = transactions.build_database(get_settings(request), DATABASE_TIMEOUT_SECONDS)
    try:
        async with open_transaction(database) as transaction:
            await transactions.prepare_transaction(transaction, DATABASE_TIMEOUT_SECONDS)
            request_id = str(request.scope.get("state", {}).get("request_id", ""))
            await audit_trail.attribute_revisions(transaction, write_request.caller, request_id, reason)
            # A meeting that has the code of a deleted one is another meeting.
            incarnation = await incarnations.count_deletions(transaction, "meetings", options.meeting or "")
            fingerprint = idempotency.compute_fingerprint(request.method, target, body, incarnation)
            if key and (stored := await idempotency.find_response(transaction, client, key, fingerprint)):
                await importer.require_visible(transaction, write_request.caller, options)
                return _build_response(stored.response, {"Idempotency-Replayed": "true"})
            report = await importer.import_rows(transaction, write_request.caller, options, rows)
            await asyncio.to_thread(report.to_document, language)  # in a thread, so that the event loop goes on
            response = StoredResponse(200, {"Content-Language": language}, report.to_json(language))
            if not report.is_final:
                raise Rollback
            await repository.insert_audit_line(
                *(transaction, report.audit_keys, report.changed_count),
                client=client,
                scope=SCOPES[options.importable.resource.name],
                request_id=request_id,
            )
            if key:
                repeatable = idempotency.RepeatableResponse(response, [], is_personal=False, meeting=options.meeting)
                await idempotency.store_response(transaction, client, key, fingerprint, repeatable)
    finally:
        await database.close()
    if report.is_refused and not options.dry_run:
        raise ImportRefused(report.to_document)
    return _build_response(response)


def _build_response(stored: StoredResponse, extra_headers: Mapping[str, str] | None = None) -> Response:
    """Build the JSON response, with Cache-Control: no-store, of a stored response."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Language", **stored.headers, **(extra_headers or {})}
    return Response(stored.body, stored.status, headers, "application/json")


def _parse_format(request: Request) -> parser.Format:
    """Return the file format that the Content-Type names; UnsupportedMediaType if it or the encoding is another.

    Raises:
        UnsupportedMediaType: It is neither CSV, NDJSON nor XLSX, not in UTF-8, without a header line, or compressed.
    """
    media_type, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    pairs = (parameter.replace(" ", "").replace('"', "").partition("=") for parameter in parameters)
    values = {name: value for name, _, value in pairs}
    is_compressed = request.headers.get("content-encoding", "identity").strip().lower() != "identity"
    has_no_header = values.get("header") == "absent"  # RFC 4180, section 3
    if (
        media_type not in FORMATS
        or values.get("charset", "utf-8") not in ("utf-8", "utf-16")
        or is_compressed
        or has_no_header
    ):
        raise UnsupportedMediaType(headers={"Accept": ", ".join(FORMATS)})
    return FORMATS[media_type]
