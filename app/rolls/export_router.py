"""Routes of exported rolls: the daftar hadir as CSV, XLSX or PDF, and the digest that proves it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Request, Response

from app.auth import allow_anonymous
from app.core.db.database import Reader
from app.core.db.transaction import open_transaction
from app.core.http import conditional
from app.core.http.dependencies import ReaderDep, get_database, get_settings
from app.core.http.examples import example
from app.core.http.openapi import problem_responses
from app.core.http.parameters import CollectionQuery, NoParameters
from app.core.languages import Text
from app.core.patterns import SHA256_PATTERN
from app.core.problems import ErrorDetail, InvalidParameters, NotFound, RollTooLong
from app.rendering import renderers
from app.rendering.roll import Proof, Roll, add_nonce, compute_digest, render_csv
from app.roll_access import audited_read
from app.rolls import export_repository, schemas
from app.routing import create_resource_router

router = create_resource_router("rolls")
CSV, PDF = "text/csv", "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = (CSV, XLSX, PDF)
FILE_EXTENSIONS = {CSV: "csv", XLSX: "xlsx", PDF: "pdf"}
BINARY = {"schema": {"type": "string", "format": "binary"}}
CONTENT = {CSV: {"schema": {"type": "string"}}, XLSX: BINARY, PDF: BINARY}
CACHE_SECONDS = 30
PAGE_PARAMETERS = ("q", "sort", "fields", "page_token")
NOT_WITH_FILES = Text(
    "Tidak berlaku untuk berkas; berkas memuat semua baris.",
    "Not allowed with a file, because a file contains all lines.",
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
    """
    page_parameters = [name for name in PAGE_PARAMETERS if getattr(query, name) is not None]
    if page_parameters:
        raise InvalidParameters(
            *[ErrorDetail("not_with_files", NOT_WITH_FILES, parameter=name) for name in page_parameters]
        )
    filters = query.active_filters()
    past_reader = reader.known_at(query.known_at)
    heading = await export_repository.find_heading(past_reader, code, filters.get("session"))
    if heading is None or heading.secret is None:  # no roll is issued of a meeting that was deleted
        raise NotFound
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
    roll = await asyncio.to_thread(add_nonce, roll, heading.secret, in_full=in_full)
    digest, body = await asyncio.to_thread(_render, roll, media_type, get_settings(request).issuer)
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
        "Content-Disposition": f'attachment; filename="daftar-hadir-{code}.{FILE_EXTENSIONS[media_type]}"',
        "Link": f'</v1/rolls/{digest}>; rel="describedby"',
    }
    return Response(body, headers=headers, media_type=media_type)


def _render(roll: Roll, media_type: str, base_url: str) -> tuple[str, bytes]:
    """Return a roll's digest, and its file in the media type; PDF and XLSX state the digest and its URL."""
    digest = compute_digest(roll)
    proof = Proof(digest, f"{base_url}/v1/rolls/{digest}")
    if media_type == CSV:
        return digest, render_csv(roll)
    render = renderers.render_pdf if media_type == PDF else renderers.render_xlsx
    return digest, render(roll, proof)


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
