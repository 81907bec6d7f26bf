"""The routes of clients. Whatever they answer is for administrators, and kept by nobody."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Path, Query, Request, Response

from app.auth import Scope, require_scope
from app.clients import repository, schemas
from app.core.db.transaction import Transaction
from app.core.http import conditional
from app.core.http.bodies import apply_merge_patch
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.http.parameters import FieldsQuery
from app.core.http.validation import validate_document
from app.core.languages import Text
from app.core.problems import Conflict, NotFound, OutsideOrganization, PreconditionFailed
from app.routing import resource_router
from app.writes.conflicts import AttemptedWrite
from app.writes.idempotency import StoredResponse
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep, WriteRequest, WriteResult
from app.writes.responses import Responses, responses_for_create, responses_for_delete, responses_for_update

router = resource_router("clients")
ADMIN = require_scope(Scope.CLIENTS_ADMIN)
ClientId = Annotated[UUID, Path(description="The client's `id`.", examples=["01a20c10-0ae2-7033-aa5d-2a6bfa807bee"])]
SecretId = Annotated[UUID, Path(description="The secret's `id`.", examples=["01a20c10-0ae2-7033-aa5d-2a6bfa807bef"])]
CREATE_SECRET_RESPONSES = responses_for_create(schemas.NewSecret, NotFound, Conflict)
REVOKED_RESPONSE: Responses = {204: {"description": "Revoked."}}
EXAMPLE_ID = "01a20c10-0ae2-7033-aa5d-2a6bfa807bee"
TWO_LIVE_SECRETS = Text(
    "Klien mempunyai dua rahasia yang berlaku: cabut salah satu dahulu.",
    "The client has two live secrets: revoke one of them first.",
)
CLIENT_REVOKED = Text("Klien ini telah dicabut.", "This client is revoked.")


@router.get(
    "", response_model=PageOf[schemas.Client], dependencies=[ADMIN], openapi_extra=example("/v1/clients?status=live")
)
async def list_clients(request: Request, reader: ReaderDep, query: Annotated[schemas.ClientQuery, Query()]) -> Response:
    """List clients

    The machines that may ask for tokens, and those that no longer may. Secrets are never shown.
    """
    return _set_no_store((await repository.CLIENTS.fetch_page(reader, query)).to_response(request, max_age=0))


@router.get(
    "/{id}",
    response_model=schemas.Client,
    dependencies=[ADMIN],
    openapi_extra=example(f"/v1/clients/{EXAMPLE_ID}"),
    responses=problem_responses(NotFound),
)
async def get_client(reader: ReaderDep, id: ClientId, query: Annotated[schemas.ClientItemQuery, Query()]) -> Response:
    """Read one client

    What it may do and how it proves itself, with its secrets' ids.
    """
    if item := await repository.CLIENTS.fetch_item(reader, id, query):
        return _set_no_store(item.to_response(max_age=0))
    raise NotFound


@router.post(
    "",
    response_model=schemas.NewClient,
    status_code=201,
    dependencies=[ADMIN],
    openapi_extra=write_example("/v1/clients", {"name": "bappenas", "scopes": ["changes:read"]}),
    responses=responses_for_create(schemas.NewClient),
)
async def create_client(write_request: CreateDep, payload: schemas.ClientPayload) -> Response:
    """Make a client

    Its secret is in this answer and nowhere else: what is kept of the answer, for a request that is sent again, is
    without it. Whoever lost it makes another. With `jwks` a client needs no secret and is given none.
    """
    secret: str | None = None

    async def work(transaction: Transaction) -> WriteResult:
        nonlocal secret
        _require_unbound_caller(write_request)
        members = _column_members(payload)
        write_request.attempted_write = AttemptedWrite(members)
        id_, made = await repository.insert_client(transaction, members, with_secret=payload.jwks is None)
        secret = made.secret if made else None
        body, tag = await _get_document(transaction, id_)
        headers = {"Location": f"/v1/clients/{id_}", "ETag": tag}
        return WriteResult(StoredResponse(201, headers, _set_secret(body, None)), [f"clients/{id_}"])

    return _add_secret_to_response(await write_request.run_in_transaction(work, payload), secret)


@router.patch(
    "/{id}",
    response_model=schemas.Client,
    dependencies=[ADMIN],
    openapi_extra=write_example(f"/v1/clients/{EXAMPLE_ID}", {"scopes": ["changes:read", "webhooks:write"]}),
    responses=responses_for_update(),
)
async def update_client(
    write_request: ChangeDep, id: ClientId, payload: Annotated[schemas.ClientPatch, MergePatchBody]
) -> Response:
    """Change a client

    A merge patch. Whatever changes, the tokens that the client has end, and its next ones are as it is then.
    """

    async def work(transaction: Transaction) -> WriteResult:
        held = await _lock_client(transaction, write_request, id)
        given = payload.model_dump(mode="json", exclude_unset=True)
        becomes = _column_members(validate_document(schemas.ClientPayload, apply_merge_patch(held.members, given)))
        write_request.attempted_write = AttemptedWrite(becomes)
        await repository.update_client(transaction, id, becomes)
        body, tag = await _get_document(transaction, id)
        return WriteResult(StoredResponse(200, {"ETag": tag}, body), [f"clients/{id}"])

    return await write_request.run_in_transaction(work, payload)


@router.delete(
    "/{id}",
    status_code=204,
    dependencies=[ADMIN],
    openapi_extra=write_example(f"/v1/clients/{EXAMPLE_ID}"),
    responses=responses_for_delete() | REVOKED_RESPONSE,
)
async def revoke_client(write_request: ChangeDep, id: ClientId, note: DeleteReason = None) -> Response:
    """Revoke a client

    It stays in the list, gets no more tokens, and within 5 seconds none of those that it has is good. For good: a
    client that is wanted again is made anew.
    """

    async def work(transaction: Transaction) -> WriteResult:
        await _lock_client(transaction, write_request, id, allow_revoked=True)
        await repository.revoke_client(transaction, id)
        return WriteResult(StoredResponse(204, {}, b""), [f"clients/{id}"])

    return await write_request.run_in_transaction(work, note)


@router.post(
    "/{id}/secrets",
    response_model=schemas.NewSecret,
    status_code=201,
    dependencies=[ADMIN],
    openapi_extra=write_example(f"/v1/clients/{EXAMPLE_ID}/secrets", {}),
    responses=CREATE_SECRET_RESPONSES,
)
async def create_client_secret(write_request: CreateDep, id: ClientId, payload: schemas.SecretPayload) -> Response:
    """Make a further secret

    To change one for another in use: make the second, bring it to the client, revoke the first. It is shown once, as a
    client's first one.
    """
    secret: str | None = None

    async def work(transaction: Transaction) -> WriteResult:
        nonlocal secret
        await _lock_client(transaction, write_request, id)
        made = await repository.insert_secret(transaction, id)
        if made is None:
            raise Conflict(detail=TWO_LIVE_SECRETS)
        secret = made.secret
        body = await repository.get_secret_document(transaction, made.id)
        headers = {"Location": f"/v1/clients/{id}/secrets/{made.id}"}
        return WriteResult(
            StoredResponse(201, headers, _set_secret(body, None)), [f"clients/{id}", f"client_secrets/{made.id}"]
        )

    return _add_secret_to_response(await write_request.run_in_transaction(work, payload), secret)


@router.delete(
    "/{id}/secrets/{secret}",
    status_code=204,
    dependencies=[ADMIN],
    openapi_extra=write_example(f"/v1/clients/{EXAMPLE_ID}/secrets/01a20c10-0ae2-7033-aa5d-2a6bfa807bef"),
    responses=responses_for_delete() | REVOKED_RESPONSE,
)
async def revoke_client_secret(
    write_request: ChangeDep, id: ClientId, secret: SecretId, note: DeleteReason = None
) -> Response:
    """Revoke a secret

    It proves nothing any more, and within 5 seconds the tokens that were fetched with it are no longer good. If-Match
    is the client's.
    """

    async def work(transaction: Transaction) -> WriteResult:
        await _lock_client(transaction, write_request, id, allow_revoked=True)
        if not await repository.revoke_secret(transaction, id, secret):
            raise NotFound
        return WriteResult(StoredResponse(204, {}, b""), [f"clients/{id}", f"client_secrets/{secret}"])

    return await write_request.run_in_transaction(work, note)


async def _lock_client(
    transaction: Transaction, write_request: WriteRequest, id_: UUID, *, allow_revoked: bool = False
) -> repository.LockedClient:
    """Lock the client, and see that the caller knows its present revision; a revoked one only where that may be."""
    _require_unbound_caller(write_request)
    held = await repository.lock_client(transaction, id_)
    if held is None:
        raise NotFound
    if write_request.if_match is not None and not conditional.if_match_names_revision(
        write_request.if_match, held.revision
    ):
        raise PreconditionFailed(headers={"ETag": (await _get_document(transaction, id_))[1]})
    if held.is_revoked and not allow_revoked:
        raise Conflict(detail=CLIENT_REVOKED)
    return held


def _require_unbound_caller(write_request: WriteRequest) -> None:
    """Clients are nobody's in particular: who is bound to a body or a meeting has no say in them."""
    if write_request.caller.organization is not None or write_request.caller.meeting is not None:
        raise OutsideOrganization


async def _get_document(transaction: Transaction, id_: UUID) -> tuple[bytes, str]:
    item = await repository.CLIENTS.fetch_item(transaction, id_, FieldsQuery())
    if item is None:
        raise RuntimeError("what was written is not to be seen")
    return item.body, conditional.entity_tag(item.body, item.revision)


def _column_members(payload: schemas.ClientPayload) -> dict[str, Any]:
    return {name: getattr(payload, name) for name in repository.COLUMNS}


def _set_secret(body: bytes, secret: str | None) -> bytes:
    return orjson.dumps({**orjson.loads(body), "client_secret": secret})


def _add_secret_to_response(answer: Response, secret: str | None) -> Response:
    """The answer with the secret in it, which only the request that made it is told."""
    if secret is None or answer.status_code != 201:
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Response(_set_secret(bytes(answer.body), secret), 201, headers)


def _set_no_store(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
