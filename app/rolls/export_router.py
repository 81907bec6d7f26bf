"""Routes of exported rolls: the daftar hadir as CSV, XLSX or PDF, and the digest that proves it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import Path, Request, Response

from app.auth import allow_anonymous
from app.core.db.database import Reader
from app.core.db.transaction import open_transaction
from app.core.http import conditional
from app.core.http.addresses import caller_key
from app.core.http.app_state import get_from_state
from app.core.http.dependencies import ReaderDep, get_database, get_settings
from app.core.http.examples import example
from app.core.http.openapi import problem_responses
from app.core.http.parameters import CollectionQuery, NoParameters
from app.core.languages import Text
from app.core.patterns import SHA256_PATTERN
from app.core.problems import Conflict, ErrorDetail, InvalidParameters, NotFound, RollTooLong
from app.rendering import renderers
from app.rendering.file_queue import FileQueue
from app.rendering.renderer_pool import RendererPool
from app.roll_access import audited_read
from app.rolls import export_repository, schemas
from app.routing import create_resource_router
from app.writes import incarnations

router = create_resource_router("rolls")
CSV, PDF = "text/csv", "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = (CSV, XLSX, PDF)
FILE_FORMATS: Mapping[str, renderers.FileFormat] = {CSV: "csv", XLSX: "xlsx", PDF: "pdf"}
BINARY = {"schema": {"type": "string", "format": "binary"}}
CONTENT = {CSV: {"schema": {"type": "string"}}, XLSX: BINARY, PDF: BINARY}
CACHE_SECONDS = 30
PAGE_PARAMETERS = ("q", "sort", "fields", "page_token")
NOT_WITH_FILES = Text(
    "Tidak berlaku untuk berkas; berkas memuat semua baris.",
    "Not allowed with a file, because a file contains all lines.",
)
MEETING_DELETED = Text(
    "Rapat ini telah dihapus, sehingga daftarnya tidak lagi dikeluarkan sebagai berkas. Baca sebagai application/json.",
    "The meeting has been deleted, so its roll is no longer issued as a file. Read it as application/json.",
)
Digest = Annotated[
    str,
    Path(description="SHA-256 in hexadecimal, as printed in the footer of a roll.", pattern=SHA256_PATTERN),
]


async def export_roll(
    request: Request,
    reader: Reader,
    code: str,
    query: CollectionQuery,
    media_type: str,
    *,
    if_empty: Callable[[], Awaitable[None]],
    in_full: bool,
) -> Response:
    """Render a meeting's roll as a file, store its digest (and an audit line if `in_full`), and return the response.

    `media_type` is one of MEDIA_TYPES. `if_empty` is called if no line is selected; it raises if a filter names an
    unknown code. With `in_full` the file contains personal data, and an audit line is committed before the response.

    Raises:
        NotFound: There is no such meeting.
        InvalidParameters: A parameter of PAGE_PARAMETERS is given, or what `if_empty` raises.
        RollTooLong: The roll exceeds MAX_LINES or the meeting MAX_DAYS.
        TooManyRequests: The caller has other files made or waiting.
        Unavailable: The worker makes other files, or the file could not be made.
        Conflict: The meeting has been deleted since, so the digest of a file could not be stored.
    """
    page_parameters = [name for name in PAGE_PARAMETERS if getattr(query, name) is not None]
    if page_parameters:
        raise InvalidParameters(
            *[ErrorDetail("not_with_files", NOT_WITH_FILES, parameter=name) for name in page_parameters]
        )
    caller = caller_key(request.scope, get_settings(request).trusted_proxies)
    async with get_from_state(request.app, FileQueue).acquire_place(caller):
        reader.restart_deadline()
        return await _make_file(request, reader, code, query, media_type, if_empty=if_empty, in_full=in_full)


async def _make_file(
    request: Request,
    reader: Reader,
    code: str,
    query: CollectionQuery,
    media_type: str,
    *,
    if_empty: Callable[[], Awaitable[None]],
    in_full: bool,
) -> Response:
    """Read and render a roll, and return the response, as `export_roll` describes."""
    filters = query.active_filters()
    past_reader = reader.known_at(query.known_at)
    heading = await export_repository.find_heading(past_reader, code, filters.get("session"))
    if heading is None or heading.secret is None:  # no roll is issued of a meeting that was deleted
        raise NotFound
    if query.known_at and await incarnations.find_deletion(reader, "meetings", code, query.known_at):
        raise Conflict(detail=MEETING_DELETED)
    made_at = query.known_at or datetime.now(UTC)
    if (heading.end_on - heading.start_on).days >= export_repository.MAX_DAYS:
        raise RollTooLong
    roll, participants = await export_repository.build_roll(
        past_reader, code, heading, filters, in_full=in_full, made_at=made_at
    )
    if not participants:
        await if_empty()
    if len(roll.lines) > export_repository.MAX_LINES:
        raise RollTooLong
    digest, body = await get_from_state(request.app, RendererPool).run(
        partial(renderers.render_roll, replace(roll, lines=()), in_full=in_full),
        *(heading.secret, FILE_FORMATS[media_type], get_settings(request).issuer),
        items=roll.lines,
    )
    if in_full:
        async with open_transaction(get_database(request)) as transaction:
            await export_repository.store_digest(transaction, digest, code, len(roll.lines))
            await audited_read.record_read(
                transaction, request, f"meetings/{code}/attendance", *(f"participants/{id_}" for id_ in participants)
            )
    else:
        await export_repository.store_digest_at_once(get_database(request), digest, code, len(roll.lines))
    headers = {
        "ETag": conditional.entity_tag(body),
        "Cache-Control": "no-store" if in_full else conditional.public_cache_control(CACHE_SECONDS),
        "Vary": audited_read.VARY,
        "Content-Disposition": f'attachment; filename="daftar-hadir-{code}.{FILE_FORMATS[media_type]}"',
        "Link": f'</v1/rolls/{digest}>; rel="describedby"',
    }
    return Response(body, headers=headers, media_type=media_type)


@router.get(
    "/{digest}",
    response_model=schemas.RollDigest,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/rolls/" + "0" * 64),
    responses=problem_responses(NotFound),
)
async def get_roll_digest(reader: ReaderDep, digest: Digest, _query: NoParameters) -> Response:
    """Get an issued roll by its digest

    Proves a roll: if this service knows the digest, it has issued a roll with exactly this content. Compute the
    SHA-256 of the roll as CSV, or read it in the footer of the paper or the workbook. The digest in the example is
    fictitious.
    """
    if document := await export_repository.find_digest(reader, digest):
        return conditional.json_response(document, cache_control=conditional.public_cache_control(CACHE_SECONDS))
    raise NotFound
