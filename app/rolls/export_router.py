"""A roll as a file: the daftar hadir as CSV, XLSX and PDF, and the digest that proves it."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Request, Response

from app.attendance import repository, schemas
from app.auth import allow_anonymous
from app.core.db.database import Reader
from app.core.db.transaction import execute_once, open_transaction
from app.core.http import conditional
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example
from app.core.http.openapi import problem_responses
from app.core.http.parameters import NoParameters
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidParameters, NotFound, RollTooLong
from app.rendering import renderers
from app.rendering import roll as paper
from app.roll_access import audited_read
from app.rolls import export_repository
from app.routing import resource_router
from app.state import state_of

router = resource_router("rolls")
CSV, PDF = "text/csv", "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = (CSV, XLSX, PDF)
EXTENSIONS = {CSV: "csv", XLSX: "xlsx", PDF: "pdf"}
BINARY = {"schema": {"type": "string", "format": "binary"}}
CONTENT = {CSV: {"schema": {"type": "string"}}, XLSX: BINARY, PDF: BINARY}
CACHE_SECONDS = 30  # seconds
PAGE_PARAMETERS = ("q", "sort", "fields", "page_token")
NOT_WITH_FILES = Text("Tidak berlaku untuk berkas; berkas memuat semua baris.", "Not with files, which hold all lines.")
Digest = Annotated[
    str,
    Path(description="SHA-256 in hexadecimal, as it stands in the foot of a roll.", pattern="^[0-9a-f]{64}$"),
]


async def export_roll(
    request: Request, read: Reader, code: str, query: schemas.AttendanceQuery, media_type: str, *, in_full: bool
) -> Response:
    """The roll as a file of this type. In full, its line in the audit trail is committed before the answer begins.

    Raises NotFound, InvalidParameters for unknown codes and for what makes sense of pages only, RollTooLong.
    """
    given = [name for name in PAGE_PARAMETERS if getattr(query, name) is not None]
    if given:
        raise InvalidParameters(*[ErrorDetail("not_with_files", NOT_WITH_FILES, parameter=name) for name in given])
    then = read.known_at(query.known_at)
    above = await export_repository.find_heading(then, code, query.session)
    if above is None:
        raise NotFound
    now = query.known_at or datetime.now(UTC)
    if (above.end_on - above.start_on).days >= export_repository.MAX_DAYS:
        raise RollTooLong
    roll, people = await export_repository.build_roll(
        then, code, above, query.active_filters(), in_full=in_full, now=now
    )
    if not people:  # perhaps of a code that there is not: the list says so
        await repository.FULL_LINES.fetch_page(read, query, path_parameters={"meeting": code})
    if len(roll.lines) > export_repository.MAX_LINES:
        raise RollTooLong
    digest, body = await asyncio.to_thread(_render, roll, media_type, state_of(request.app).settings.issuer)
    if in_full:
        async with open_transaction(state_of(request.app).database) as transaction:
            await export_repository.store_digest(transaction, digest, code, len(roll.lines))
            await audited_read.record_read(
                transaction, request, f"meetings/{code}/attendance", *(f"participants/{one}" for one in people)
            )
    else:
        await execute_once(state_of(request.app).database, export_repository.KEEP, digest, code, len(roll.lines))
    headers = {
        "ETag": conditional.entity_tag(body),
        "Cache-Control": "no-store" if in_full else conditional.public_cache_control(CACHE_SECONDS),
        "Vary": audited_read.VARY,
        "Content-Disposition": f'attachment; filename="daftar-hadir-{code}.{EXTENSIONS[media_type]}"',
        "Link": f'</v1/rolls/{digest}>; rel="describedby"',
    }
    return Response(body, headers=headers, media_type=media_type)


def _render(roll: paper.Roll, media_type: str, base: str) -> tuple[str, bytes]:
    digest = paper.digest(roll)
    proof = paper.Proof(digest, f"{base}/v1/rolls/{digest}")
    if media_type == CSV:
        return digest, paper.as_csv(roll)
    return digest, renderers.as_pdf(roll, proof) if media_type == PDF else renderers.as_xlsx(roll, proof)


@router.get(
    "/{digest}",
    response_model=schemas.RollDigest,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/rolls/" + "0" * 64),
    responses=problem_responses(NotFound),
)
async def get_roll_digest(read: ReaderDep, digest: Digest, _query: NoParameters) -> Response:
    """Prove a roll

    Whether this service has given out a roll with this digest, and which. Take the SHA-256 of the roll as CSV, or read
    it in the foot of the paper: where it is known here, the roll is as it was given out. The digest of the example is
    made up.
    """
    if body := await export_repository.find_digest(read, digest):
        return conditional.json_response(body, cache=conditional.public_cache_control(CACHE_SECONDS))
    raise NotFound
