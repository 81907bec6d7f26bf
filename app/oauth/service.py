"""Client authentication at the token endpoint (RFC 6749, section 2.3; RFC 7523)."""

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
from app.oauth.schemas import INVALID_CLIENT, Credentials, TokenRequestError

# (failures per second, burst)
CLIENT_FAILURE_LIMIT = (1 / 6, 10)
NETWORK_FAILURE_LIMIT = (1 / 2, 30)


class FailedAttemptLimiter:
    """Limit failed authentication attempts, by network and by client within a network.

    They are not limited by client alone: a client id is no secret, and anybody could lock the client out.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clients = TokenBuckets(*CLIENT_FAILURE_LIMIT, clock=clock)
        self._networks = TokenBuckets(*NETWORK_FAILURE_LIMIT, clock=clock)

    @contextmanager
    def limit_failures(self, client_id: str, network: Hashable) -> Iterator[None]:
        """Run the block and count its failure; if client or network failed too often, raise TooManyRequests instead.

        The credentials are verified first: the right ones are never refused, however many wrong ones others send.
        Guessing gains nothing by it, because a secret has 256 random bits and a signature cannot be guessed.

        Args:
            client_id: The claimed client id.
            network: The network of the caller; None: only the client is counted.

        Raises:
            TooManyRequests: The block failed, after too many failures of the client or the network.
        """
        try:
            yield
        except TokenRequestError:
            counters: list[tuple[TokenBuckets, Hashable]] = [(self._clients, (client_id[:36], network))]
            counters += [(self._networks, network)] if network is not None else []
            if refusal := next(filter(None, (_build_refusal(*counter) for counter in counters)), None):
                raise refusal from None
            for buckets, key in counters:
                buckets.charge(key)
            raise


def _build_refusal(buckets: TokenBuckets, key: Hashable) -> TooManyRequests | None:
    """Build (not raise) the problem of a caller who failed too often; None if the bucket has a token left."""
    wait = buckets.seconds_until(key)
    return TooManyRequests(retry_after=ceil(wait), headers=buckets.headers("failures", key)) if wait else None


def build_invalid_client_error(invalid: InvalidToken | None = None) -> TokenRequestError:
    """Build (not raise) the error for a failed client authentication: why an assertion was rejected, if it was one."""
    description = f"The assertion was rejected. {invalid.reason}" if invalid else INVALID_CLIENT
    return TokenRequestError("invalid_client", description)


def get_claimed_client_id(credentials: Credentials) -> str:
    """Return the client id that credentials claim, unverified; "" if they claim none or the assertion is malformed."""
    if credentials.assertion is None:
        return credentials.client_id
    try:
        return assertions.parse_assertion(credentials.assertion)[1]
    except InvalidToken:
        return ""


async def authenticate_client(
    reader: Queryable, database: Database, credentials: Credentials, issuer: str, now: float
) -> Grant:
    """Authenticate a client by its secret or assertion, which is recorded as used; return the grant of all its scopes.

    Args:
        reader: Reads the client.
        database: Records the use of an assertion, in a transaction of its own.
        credentials: The credentials of the request.
        issuer: The URL of this service, for the audience of an assertion.
        now: Unix time in seconds.

    Raises:
        TokenRequestError: Authentication failed.
    """
    if credentials.assertion is not None:
        return await _authenticate_by_assertion(reader, database, credentials, issuer, now)
    client_id, client = await _find_client(reader, credentials.client_id)
    secret_id = _find_secret_id(client, credentials.secret or "") if client else None
    if client_id is None or client is None or secret_id is None:
        raise build_invalid_client_error()
    return _build_grant(client_id, client, secret_id)


async def _authenticate_by_assertion(
    reader: Queryable, database: Database, credentials: Credentials, issuer: str, now: float
) -> Grant:
    """Authenticate a client by a signed assertion, record it as used, and return the grant of all its scopes."""
    try:
        jwt, claimed_id = assertions.parse_assertion(credentials.assertion or "")
        client_id, client = await _find_client(reader, claimed_id)
        if credentials.client_id not in ("", claimed_id):
            raise InvalidToken("sub differs from the parameter client_id.")
        if client_id is None or client is None:
            raise InvalidToken("The client that iss and sub name is unknown or revoked.")
        assertion = assertions.verify_assertion(jwt, client.jwks, audience=(issuer, f"{issuer}{TOKEN_PATH}"), now=now)
    except InvalidToken as invalid:
        raise build_invalid_client_error(invalid) from None
    # Recorded after its verification: otherwise a forged assertion could use up the `jti` of a valid one.
    if not await repository.record_assertion(database, client_id, assertion.jti, assertion.expires_at):
        raise build_invalid_client_error(InvalidToken("It was used before: each needs a jti of its own."))
    return _build_grant(client_id, client, None)


async def _find_client(reader: Queryable, claimed_id: str) -> tuple[UUID | None, RegisteredClient | None]:
    """Return the claimed id as UUID and its live client, or None; (None, None) if it is no canonical UUID."""
    try:
        client_id = UUID(claimed_id)
    except ValueError:
        return None, None
    return (
        (client_id, await repository.find_client(reader, client_id)) if str(client_id) == claimed_id else (None, None)
    )


def _find_secret_id(client: RegisteredClient, secret: str) -> UUID | None:
    """Return the id of the client's live secret that equals this one, or None; compares in constant time."""
    digest = sha256(secret.encode()).digest()
    matching_ids = [id_ for id_, known_digest in client.secrets if hmac.compare_digest(known_digest, digest)]
    return matching_ids[0] if matching_ids else None


def _build_grant(client_id: UUID, client: RegisteredClient, secret_id: UUID | None) -> Grant:
    """Build the grant of an authenticated client, with all its scopes, from which its access token is issued."""
    return Grant(
        client_id=str(client_id),
        name=client.name,
        revision=client.revision,
        scopes=client.scopes,
        organization=client.organization,
        meeting=client.meeting,
        secret_id=str(secret_id) if secret_id else None,
    )
