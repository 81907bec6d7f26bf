"""The steps that the writing routes of clients share."""

from typing import Any
from uuid import UUID

from app.clients import payloads, repository
from app.core.db.transaction import Transaction
from app.core.http import conditional
from app.core.http.parameters import FieldsQuery
from app.core.languages import Text
from app.core.problems import Conflict, NotFound, OutsideOrganization
from app.writes.client_visibility import visibility_parameters
from app.writes.request import WriteRequest

CLIENT_REVOKED = Text("Klien ini telah dicabut.", "This client is revoked.")


async def lock_client(
    transaction: Transaction, write_request: WriteRequest, client_id: UUID, *, allow_revoked: bool = False
) -> repository.LockedClient:
    """Lock a client's row and return its state, after checking the caller, If-Match, and that it may be changed.

    Raises:
        OutsideOrganization: The caller is bound to an organization or a meeting.
        NotFound: There is no such client, or the caller may not see it.
        PreconditionFailed: If-Match names another revision.
        Conflict: The client is revoked, and `allow_revoked` is false.
    """
    await authorize_caller(transaction, write_request, client_id)
    client = await repository.lock_client(transaction, client_id)
    if client is None:
        raise NotFound
    if_match = write_request.if_match
    if if_match is not None and not conditional.if_match_names_revision(if_match, client.revision):
        _, etag = await get_document(transaction, client_id)
        raise conditional.build_precondition_failed(if_match, etag)
    if client.is_revoked and not allow_revoked:
        raise Conflict(detail=CLIENT_REVOKED)
    return client


async def authorize_caller(
    transaction: Transaction, write_request: WriteRequest, client_id: UUID | None = None
) -> None:
    """Raise a problem unless the caller may write clients, and see this one, if one is given.

    Raises:
        OutsideOrganization: The caller is bound to an organization or a meeting.
        NotFound: The caller may not see the client.
    """
    if client_id is not None:
        await _require_visible(transaction, write_request, client_id)
    require_unbound_caller(write_request)


def require_unbound_caller(write_request: WriteRequest) -> None:
    """Raise OutsideOrganization for a caller that is bound to an organization or a meeting.

    A client belongs to no organization, so such a caller may not write any.
    """
    if write_request.caller.organization is not None or write_request.caller.meeting is not None:
        raise OutsideOrganization


async def _require_visible(transaction: Transaction, write_request: WriteRequest, client_id: UUID) -> None:
    """Raise NotFound for a bound caller that may not see the client."""
    visible = visibility_parameters(write_request.caller)
    if visible and not await repository.CLIENTS.fetch_item(
        transaction, client_id, FieldsQuery(), path_parameters=visible
    ):
        raise NotFound


async def get_document(transaction: Transaction, client_id: UUID) -> tuple[bytes, str]:
    """Return the JSON document of a client as the transaction sees it, and its ETag."""
    item = await repository.CLIENTS.fetch_item(transaction, client_id, FieldsQuery())
    if item is None:
        raise RuntimeError("the client that was written cannot be read")
    return item.body, conditional.entity_tag(item.body, item.revision)


def get_column_values(payload: payloads.OAuthClientPayload) -> dict[str, Any]:
    """Return the values of the payload's members that are columns of the table, by name."""
    return {name: getattr(payload, name) for name in repository.COLUMNS}
