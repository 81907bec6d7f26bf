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
from app.core.http.rate_limits import Buckets, Clock
from app.core.problems import TooManyRequests
from app.oauth import repository
from app.oauth.repository import Found
from app.oauth.schemas import Credentials, Refused

CLIENT_FAILURES = (1 / 6, 10)  # a second, and at once
NETWORK_FAILURES = (1 / 2, 30)


class Attempts:
    """Failed attempts are counted, by network and by client within its network; too many of either: TooManyRequests.

    Not by client alone: an id is no secret, and anybody could lock a client out from anywhere.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clients = Buckets(*CLIENT_FAILURES, clock=clock)
        self._networks = Buckets(*NETWORK_FAILURES, clock=clock)

    @contextmanager
    def counted(self, client: str, network: Hashable) -> Iterator[None]:
        """For one attempt, counted where it ends in Refused. No network: the machine itself.

        Not before it has ended: many right ones may come together. Wrong ones that do are owed, and paid later.
        """
        counters: list[tuple[Buckets, Hashable]] = [(self._clients, (client[:36], network))]
        counters += [(self._networks, network)] if network is not None else []
        for buckets, key in counters:
            if wait := buckets.wait(key):
                raise TooManyRequests(retry_after=ceil(wait), headers=buckets.headers("failures", key))
        try:
            yield
        except Refused:
            for buckets, key in counters:
                buckets.charge(key)
            raise


def refusal(credentials: Credentials) -> Refused:
    """One answer for all that can be wrong with a proof: whoever guesses learns nothing."""
    return Refused("invalid_client", "No such client, or it is not this one.", challenge=credentials.basic)


def named(credentials: Credentials) -> str:
    """The client that this claims to be; '' where it says so nowhere."""
    if credentials.assertion is None:
        return credentials.client
    try:
        return assertions.parse_assertion(credentials.assertion)[1]
    except InvalidToken:
        return ""


async def prove(read: Queryable, database: Database, credentials: Credentials, issuer: str, now: float) -> Grant:
    """What this client may be given; Refused where nothing proves that it is this one."""
    if credentials.assertion is not None:
        return await _by_assertion(read, database, credentials, issuer, now)
    id_, found = await _client(read, credentials.client)
    secret = _the_one_of(found, credentials.secret or "") if found else None
    if id_ is None or found is None or secret is None:
        raise refusal(credentials)
    return _grant(id_, found, secret)


async def _by_assertion(
    read: Queryable, database: Database, credentials: Credentials, issuer: str, now: float
) -> Grant:
    try:
        signed, named = assertions.parse_assertion(credentials.assertion or "")
        id_, found = await _client(read, named)
        if id_ is None or found is None or credentials.client not in ("", named):
            raise InvalidToken
        proof = assertions.verify_assertion(signed, found.jwks, audience=(issuer, f"{issuer}{TOKEN_PATH}"), now=now)
    except InvalidToken:
        raise refusal(credentials) from None
    # Only now: else whoever makes assertions up could use a client's up before it does.
    if not await repository.use_assertion(database, id_, proof.jti, proof.expires_at):
        raise refusal(credentials)
    return _grant(id_, found, None)


async def _client(read: Queryable, named: str) -> tuple[UUID | None, Found | None]:
    try:
        id_ = UUID(named)
    except ValueError:
        return None, None
    return (id_, await repository.client(read, id_)) if str(id_) == named else (None, None)


def _the_one_of(found: Found, secret: str) -> UUID | None:
    """The id of the live secret that this is. All are compared, each in constant time."""
    digest = sha256(secret.encode()).digest()
    same = [id_ for id_, known in found.secrets if hmac.compare_digest(known, digest)]
    return same[0] if same else None


def _grant(id_: UUID, found: Found, secret: UUID | None) -> Grant:
    return Grant(
        client_id=str(id_),
        name=found.name,
        revision=found.revision,
        scopes=found.scopes,
        organization=found.organization,
        meeting=found.meeting,
        secret_id=str(secret) if secret else None,
    )
