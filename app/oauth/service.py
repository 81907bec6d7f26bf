"""Whether a client is who it says it is."""

import hmac
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from math import ceil
from uuid import UUID

from app.auth import assertions
from app.auth.jwt import InvalidToken
from app.auth.scopes import TOKEN_PATH
from app.auth.tokens import Grant
from app.core.db.database import Database, Queryable
from app.core.http.rate_limits import Clock, TokenBuckets
from app.core.problems import TooManyRequests
from app.oauth import repository
from app.oauth.repository import RegisteredClient
from app.oauth.schemas import Credentials, TokenRequestError

CLIENT_FAILURE_LIMIT = (1 / 6, 10)  # a second, and at once
NETWORK_FAILURE_LIMIT = (1 / 2, 30)


class FailedAttemptLimiter:
    """Failed attempts are counted, by network and by client within its network; too many of either: TooManyRequests.

    Not by client alone: an id is no secret, and anybody could lock a client out from anywhere.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clients = TokenBuckets(*CLIENT_FAILURE_LIMIT, clock=clock)
        self._networks = TokenBuckets(*NETWORK_FAILURE_LIMIT, clock=clock)

    @contextmanager
    def limit_failures(self, client_id: str, network: Hashable) -> Iterator[None]:
        """For one attempt, counted where it ends in Refused. No network: the machine itself.

        Not before it has ended: many right ones may come together. Wrong ones that do are owed, and paid later.
        """
        counters: list[tuple[TokenBuckets, Hashable]] = [(self._clients, (client_id[:36], network))]
        counters += [(self._networks, network)] if network is not None else []
        for buckets, key in counters:
            if wait := buckets.seconds_until(key):
                raise TooManyRequests(retry_after=ceil(wait), headers=buckets.headers("failures", key))
        try:
            yield
        except TokenRequestError:
            for buckets, key in counters:
                buckets.charge(key)
            raise


def build_invalid_client_error(credentials: Credentials) -> TokenRequestError:
    """One answer for all that can be wrong with a proof: whoever guesses learns nothing."""
    return TokenRequestError("invalid_client", "No such client, or it is not this one.", challenge=credentials.is_basic)


def get_claimed_client_id(credentials: Credentials) -> str:
    """The client that this claims to be; '' where it says so nowhere."""
    if credentials.assertion is None:
        return credentials.client_id
    try:
        return assertions.parse_assertion(credentials.assertion)[1]
    except InvalidToken:
        return ""


async def authenticate_client(
    reader: Queryable, database: Database, credentials: Credentials, issuer: str, now: float
) -> Grant:
    """What this client may be given; Refused where nothing proves that it is this one."""
    if credentials.assertion is not None:
        return await _authenticate_by_assertion(reader, database, credentials, issuer, now)
    id_, found = await _find_client(reader, credentials.client_id)
    secret = _find_secret_id(found, credentials.secret or "") if found else None
    if id_ is None or found is None or secret is None:
        raise build_invalid_client_error(credentials)
    return _build_grant(id_, found, secret)


async def _authenticate_by_assertion(
    reader: Queryable, database: Database, credentials: Credentials, issuer: str, now: float
) -> Grant:
    try:
        signed, named = assertions.parse_assertion(credentials.assertion or "")
        id_, found = await _find_client(reader, named)
        if id_ is None or found is None or credentials.client_id not in ("", named):
            raise InvalidToken
        proof = assertions.verify_assertion(signed, found.jwks, audience=(issuer, f"{issuer}{TOKEN_PATH}"), now=now)
    except InvalidToken:
        raise build_invalid_client_error(credentials) from None
    # Only now: else whoever makes assertions up could use a client's up before it does.
    if not await repository.record_assertion(database, id_, proof.jti, proof.expires_at):
        raise build_invalid_client_error(credentials)
    return _build_grant(id_, found, None)


async def _find_client(reader: Queryable, claimed_id: str) -> tuple[UUID | None, RegisteredClient | None]:
    try:
        id_ = UUID(claimed_id)
    except ValueError:
        return None, None
    return (id_, await repository.find_client(reader, id_)) if str(id_) == claimed_id else (None, None)


def _find_secret_id(client: RegisteredClient, secret: str) -> UUID | None:
    """The id of the live secret that this is. All are compared, each in constant time."""
    digest = sha256(secret.encode()).digest()
    same = [id_ for id_, known in client.secrets if hmac.compare_digest(known, digest)]
    return same[0] if same else None


def _build_grant(client_id: UUID, client: RegisteredClient, secret_id: UUID | None) -> Grant:
    return Grant(
        client_id=str(client_id),
        name=client.name,
        revision=client.revision,
        scopes=client.scopes,
        organization=client.organization,
        meeting=client.meeting,
        secret_id=str(secret_id) if secret_id else None,
    )
