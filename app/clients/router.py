"""The routes of clients and their secrets, for administrators only. No response may be cached."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Path, Query, Request, Response

from app.auth import Scope, require_scope
from app.clients import payloads, repository, schemas, service
from app.core.db.transaction import Transaction
from app.core.http.bodies import apply_merge_patch
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.http.validation import validate_document
from app.core.languages import Text
from app.core.problems import Conflict, NotFound
from app.routing import create_resource_router
from app.writes.client_visibility import visibility_parameters
from app.writes.conflicts import AttemptedWrite
from app.writes.idempotency import StoredResponse
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep, WriteResult, require_caller
from app.writes.responses import Responses, responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("clients")
ADMIN = require_scope(Scope.CLIENTS_ADMIN)
ClientId = Annotated[UUID, Path(description="The client's `id`.", examples=["01a20c10-0ae2-7033-aa5d-2a6bfa807bee"])]
SecretId = Annotated[UUID, Path(description="The secret's `id`.", examples=["01a20c10-0ae2-7033-aa5d-2a6bfa807bef"])]
CREATE_SECRET_RESPONSES = responses_for_create(schemas.NewClientSecret, NotFound, Conflict, has_etag=False)
REVOKED_RESPONSE: Responses = {204: {"description": "Revoked."}}
EXAMPLE_ID = "01a20c10-0ae2-7033-aa5d-2a6bfa807bee"
TWO_LIVE_SECRETS = Text(
    "Klien mempunyai dua rahasia yang berlaku: cabut salah satu dahulu.",
    "The client has two live secrets: revoke one of them first.",
)


@router.get(
    "",
    response_model=PageOf[schemas.OAuthClient],
    dependencies=[ADMIN],
    openapi_extra=example("/v1/clients?status=live"),
)
async def list_clients(request: Request, reader: ReaderDep, query: Annotated[schemas.ClientQuery, Query()]) -> Response:
    """List clients

    Live and revoked ones. Secrets are never shown. A client that is bound to an organization sees the clients that are
    bound to it, to an organization below it, or to a meeting that one of these hosts; a client that is bound to a
    meeting sees those that are bound to that meeting.
    """
    visible = visibility_parameters(require_caller(request))
    page = await repository.CLIENTS.fetch_page(reader, query, path_parameters=visible)
    return _set_no_store(page.to_response(request, max_age=0))


@router.get(
    "/{id}",
    response_model=schemas.OAuthClient,
    dependencies=[ADMIN],
    openapi_extra=example(f"/v1/clients/{EXAMPLE_ID}"),
    responses=problem_responses(NotFound),
)
async def get_client(
    request: Request, reader: ReaderDep, id: ClientId, query: Annotated[schemas.ClientItemQuery, Query()]
) -> Response:
    """Get a client

    With its scopes, its public keys and the ids of its secrets.
    """
    visible = visibility_parameters(require_caller(request))
    if item := await repository.CLIENTS.fetch_item(reader, id, query, path_parameters=visible):
        return _set_no_store(item.to_response(max_age=0))
    raise NotFound


@router.post(
    "",
    response_model=schemas.NewOAuthClient,
    status_code=201,
    dependencies=[ADMIN],
    openapi_extra=write_example("/v1/clients", {"name": "kpu-31-schedule", "scopes": ["stages:write"]}),
    responses=responses_for_create(schemas.NewOAuthClient),
)
async def create_client(write_request: CreateDep, payload: payloads.OAuthClientPayload) -> Response:
    """Create a client

    The secret is shown only in this response: the response stored for a repeated request does not contain it. If you
    lose it, create another one. A client with `jwks` needs no secret and gets none.
    """
    secret: str | None = None

    async def insert(transaction: Transaction) -> WriteResult:
        nonlocal secret
        service.require_unbound_caller(write_request)
        values = service.get_column_values(payload)
        write_request.attempted_write = AttemptedWrite(values)
        client_id, new_secret = await repository.insert_client(transaction, values, with_secret=payload.jwks is None)
        secret = new_secret.value if new_secret else None
        body, etag = await service.get_document(transaction, client_id)
        headers = {"Location": f"/v1/clients/{client_id}", "ETag": etag}
        return WriteResult(StoredResponse(201, headers, _add_secret_to_json(body, None)), [f"clients/{client_id}"])

    response = await write_request.run_in_transaction(
        insert,
        payload,
        authorize_repetition=lambda transaction, _: service.authorize_caller(transaction, write_request),
    )
    return _add_secret_to_response(response, secret)


@router.patch(
    "/{id}",
    response_model=schemas.OAuthClient,
    dependencies=[ADMIN],
    openapi_extra=write_example(f"/v1/clients/{EXAMPLE_ID}", {"scopes": ["stages:write", "meetings:write"]}),
    responses=responses_for_update(),
)
async def update_client(
    write_request: ChangeDep, id: ClientId, payload: Annotated[payloads.OAuthClientPatch, MergePatchBody]
) -> Response:
    """Update a client

    The body is a merge patch. Any change ends the client's present access tokens; new ones reflect the change.
    """

    async def update(transaction: Transaction) -> WriteResult:
        client = await service.lock_client(transaction, write_request, id)
        patch = payload.model_dump(mode="json", exclude_unset=True)
        patched = validate_document(payloads.OAuthClientPayload, apply_merge_patch(client.members, patch))
        values = service.get_column_values(patched)
        write_request.attempted_write = AttemptedWrite(values)
        await repository.update_client(transaction, id, values)
        body, etag = await service.get_document(transaction, id)
        return WriteResult(StoredResponse(200, {"ETag": etag}, body), [f"clients/{id}"])

    return await write_request.run_in_transaction(update, payload)


@router.delete(
    "/{id}",
    status_code=204,
    dependencies=[ADMIN],
    openapi_extra=write_example(f"/v1/clients/{EXAMPLE_ID}"),
    responses=responses_for_delete() | REVOKED_RESPONSE,
)
async def revoke_client(write_request: ChangeDep, id: ClientId, reason: DeleteReason = None) -> Response:
    """Revoke a client

    It gets no more tokens, and its present tokens become invalid within 5 seconds. It stays in the list. This cannot
    be undone: create a new client instead.
    """

    async def revoke(transaction: Transaction) -> WriteResult:
        await service.lock_client(transaction, write_request, id, allow_revoked=True)
        await repository.revoke_client(transaction, id)
        return WriteResult(StoredResponse(204, {}, b""), [f"clients/{id}"])

    return await write_request.run_in_transaction(revoke, reason)


@router.post(
    "/{id}/secrets",
    response_model=schemas.NewClientSecret,
    status_code=201,
    dependencies=[ADMIN],
    openapi_extra=write_example(f"/v1/clients/{EXAMPLE_ID}/secrets", {}),
    responses=CREATE_SECRET_RESPONSES,
)
async def create_client_secret(
    write_request: CreateDep, id: ClientId, payload: payloads.ClientSecretPayload
) -> Response:
    """Create a client secret

    To replace a secret in use, create the second one, configure the client with it, then revoke the first one. The
    secret is shown only in this response.
    """
    secret: str | None = None

    async def insert(transaction: Transaction) -> WriteResult:
        nonlocal secret
        await service.lock_client(transaction, write_request, id)
        new_secret = await repository.insert_secret(transaction, id)
        if new_secret is None:
            raise Conflict(detail=TWO_LIVE_SECRETS)
        secret = new_secret.value
        body = await repository.get_secret_document(transaction, new_secret.id)
        response = StoredResponse(
            201, {"Location": f"/v1/clients/{id}/secrets/{new_secret.id}"}, _add_secret_to_json(body, None)
        )
        return WriteResult(response, [f"clients/{id}", f"client_secrets/{new_secret.id}"])

    response = await write_request.run_in_transaction(
        insert,
        payload,
        authorize_repetition=lambda transaction, _: service.authorize_caller(transaction, write_request, id),
    )
    return _add_secret_to_response(response, secret)


@router.delete(
    "/{id}/secrets/{secret}",
    status_code=204,
    dependencies=[ADMIN],
    openapi_extra=write_example(f"/v1/clients/{EXAMPLE_ID}/secrets/01a20c10-0ae2-7033-aa5d-2a6bfa807bef"),
    responses=responses_for_delete() | REVOKED_RESPONSE,
)
async def revoke_client_secret(
    write_request: ChangeDep, id: ClientId, secret: SecretId, reason: DeleteReason = None
) -> Response:
    """Revoke a client secret

    It no longer authenticates the client, and tokens that were issued for it become invalid within 5 seconds. If-Match
    takes the ETag of the client.
    """

    async def revoke(transaction: Transaction) -> WriteResult:
        await service.lock_client(transaction, write_request, id, allow_revoked=True)
        if not await repository.revoke_secret(transaction, id, secret):
            raise NotFound
        return WriteResult(StoredResponse(204, {}, b""), [f"clients/{id}", f"client_secrets/{secret}"])

    return await write_request.run_in_transaction(revoke, reason)


def _add_secret_to_json(body: bytes, secret: str | None) -> bytes:
    """Return a JSON document with the member `client_secret` added (null if `secret` is None)."""
    return orjson.dumps({**orjson.loads(body), "client_secret": secret})


def _add_secret_to_response(response: Response, secret: str | None) -> Response:
    """Return the response with the new secret in its body; unchanged if the secret is None or the status not 201."""
    if secret is None or response.status_code != 201:
        return response
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(_add_secret_to_json(bytes(response.body), secret), 201, headers)


def _set_no_store(response: Response) -> Response:
    """Set `Cache-Control: no-store` on a response and return it."""
    response.headers["Cache-Control"] = "no-store"
    return response
