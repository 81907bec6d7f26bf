"""Verify access tokens with what each worker keeps in memory: our keys, an external issuer's, and the revocations.

A worker learns of a revocation by LISTEN or, at the latest, from its next poll two seconds later. If its last
successful read of the database is more than five seconds old, it cannot know whether one of our tokens is revoked,
and the request is answered with 503.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import structlog

from app.auth.caller import Caller
from app.auth.external_issuer import ExternalIssuer
from app.auth.jwt import SIGNATURE_ALGORITHMS, InvalidToken, parse_jwt, read_audiences, validate_times, verify_signature
from app.auth.keys import PUBLISH_AHEAD_SECONDS, SIGNING_ALGORITHM, SigningKey, SigningKeySet
from app.auth.repository import VerifierRepository, VerifierState
from app.auth.tokens import (
    ACCESS_TOKEN_TYPE,
    CLOCK_LEEWAY_SECONDS,
    VerifiedToken,
    parse_external_claims,
    parse_own_claims,
)
from app.core.db.faults import is_transient
from app.core.problems import Unavailable
from app.settings import Settings

POLL_INTERVAL_SECONDS = 2.0
RETRY_SECONDS = 0.5  # after a failed refresh
MAX_STATE_AGE_SECONDS = 5.0
MAX_CACHED_TOKENS = 4096
# An external issuer may withdraw a key while the tokens that it signed are valid for hours.
MAX_TOKEN_CACHE_SECONDS = 600.0

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class VerifierStateRepository(Protocol):
    """The database access of a verifier: VerifierRepository, or a stub in tests and benchmarks."""

    async def fetch_state(self) -> VerifierState:
        """Fetch the signing keys and the recent revocations of clients and secrets from the database."""

    async def add_signing_key(self) -> None:
        """Generate and store the next signing key, unless another worker has done so."""

    async def close(self) -> None:
        """Close the verifier's database connection at once."""


class TokenVerifier:
    """Verify access tokens without a database query per request. One per worker."""

    def __init__(
        self,
        settings: Settings,
        *,
        repository: VerifierStateRepository | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create a verifier that knows no keys yet.

        Args:
            settings: Contains the issuer, the audience and the address of the database.
            repository: By default a VerifierRepository of the database.
            clock: Returns monotonic seconds.
        """
        self.issuer, self.audience = settings.issuer, settings.auth_audience
        self.external_issuer = ExternalIssuer(settings.auth_issuer) if settings.auth_issuer else None
        self.signing_keys = SigningKeySet()
        self._changed = asyncio.Event()
        self._repository: VerifierStateRepository = repository or VerifierRepository(settings, self._changed.set)
        self._clock = clock
        self._state_read_at = float("-inf")
        self._state = VerifierState((), {}, frozenset())
        self._verified_tokens: dict[bytes, VerifiedToken] = {}
        self._last_refresh_succeeded = True
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load signing keys and revocations from the database, and start the tasks that refresh them.

        An unavailable database is no error: tokens are answered with 503 until a refresh succeeds.
        """
        await self._refresh()
        self._task = asyncio.create_task(self._refresh_forever())
        if self.external_issuer is not None:
            self.external_issuer.start_refresh()

    async def stop(self) -> None:
        """Stop the tasks that refresh keys and revocations, and close the database connection."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self.external_issuer is not None:
            await self.external_issuer.close()
        await self._repository.close()

    def find_cached_caller(self, token: bytes) -> Caller | None:
        """Return the caller of a token verified before; None if it must be verified (again), InvalidToken if revoked.

        Raises:
            InvalidToken: It was revoked since.
            Unavailable: The state of the database is too old to know.
        """
        verified = self._verified_tokens.get(token)
        if verified is None:
            return None
        if verified.expires_at <= time.time():
            del self._verified_tokens[token]
            return None
        self._reject_revoked(verified)
        return verified.caller

    async def verify(self, token: bytes) -> Caller:
        """Verify an access token, perhaps fetching its issuer's keys; cache it and return its caller, or InvalidToken.

        Raises:
            InvalidToken: It is malformed, forged, expired, revoked, or for another audience.
            Unavailable: The state of the database is too old to know, or the external issuer cannot be reached.
        """
        jwt = parse_jwt(token, algorithms=SIGNATURE_ALGORITHMS, types=[ACCESS_TOKEN_TYPE])
        issuer, now = jwt.claims.get("iss"), time.time()
        if self.external_issuer is not None and issuer == self.external_issuer.identifier:
            verify_signature(jwt, await self.external_issuer.find_key(jwt.header.get("kid")))
            expires_at = self._validate_claims(jwt.claims, now)
            verified = parse_external_claims(jwt.claims, self.external_issuer.identifier, expires_at)
        elif issuer == self.issuer and jwt.header["alg"] == SIGNING_ALGORITHM:
            key = self.signing_keys.find_verification_key(jwt.header.get("kid"), now)
            if key is None:
                self._require_current_state()  # another worker may have created the key since
            verify_signature(jwt, key)
            verified = parse_own_claims(jwt.claims, self._validate_claims(jwt.claims, now))
        else:
            raise InvalidToken
        self._reject_revoked(verified)
        self._cache_token(token, verified, now)
        return verified.caller

    async def get_signing_key(self) -> SigningKey:
        """Return the key that signs now; if there is none, generate and store one in the database first.

        Raises:
            Unavailable: The state of the database is too old, or a key could not be created.
        """
        self._require_current_state()
        if self.signing_keys.find_signing_key(time.time()) is None:
            try:
                await self._add_signing_key()
            except Exception as error:
                if is_transient(error):
                    raise Unavailable from error
                raise
        key = self.signing_keys.find_signing_key(time.time())
        if key is None:
            raise Unavailable
        return key

    def list_public_jwks(self) -> list[dict[str, Any]]:
        """Return our public keys whose tokens are or will be valid; Unavailable before keys were first read."""
        if self._state_read_at == float("-inf"):
            raise Unavailable
        return self.signing_keys.list_public_jwks(time.time())

    def _validate_claims(self, claims: Any, now: float) -> float:
        """Raise InvalidToken unless a token's claims name our audience and are valid now; return their expiry."""
        if self.audience not in read_audiences(claims):
            raise InvalidToken
        return validate_times(claims, now, leeway=CLOCK_LEEWAY_SECONDS)

    def _require_current_state(self) -> None:
        """Raise Unavailable if keys and revocations were last read more than five seconds ago."""
        if self._clock() - self._state_read_at > MAX_STATE_AGE_SECONDS:
            raise Unavailable

    def _reject_revoked(self, verified: VerifiedToken) -> None:
        """Raise InvalidToken if a token's client or secret is revoked, or the client was changed since its issue."""
        if verified.client_id is None:
            return
        self._require_current_state()
        # A token may have a higher revision than the one read last: the client was changed a moment ago.
        revision = self._state.client_revisions.get(verified.client_id, verified.client_revision)
        if revision is None or verified.client_revision < revision or verified.secret_id in self._state.revoked_secrets:
            raise InvalidToken

    def _cache_token(self, token: bytes, verified: VerifiedToken, now: float) -> None:
        """Cache a verified token for ten minutes at most, dropping the oldest entries of a full cache."""
        while len(self._verified_tokens) >= MAX_CACHED_TOKENS:
            del self._verified_tokens[next(iter(self._verified_tokens))]
        self._verified_tokens[token] = replace(
            verified, expires_at=min(verified.expires_at, now + MAX_TOKEN_CACHE_SECONDS)
        )

    async def _refresh_forever(self) -> None:
        """Refresh keys and revocations at each database notification, and at least every two seconds."""
        while True:
            if self._last_refresh_succeeded:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_INTERVAL_SECONDS):
                        await self._changed.wait()
            else:
                await asyncio.sleep(RETRY_SECONDS)
            await self._refresh()

    async def _refresh(self) -> None:
        """Load keys and revocations; create the next key a day before it is needed; log errors, do not raise them."""
        try:
            await self._load_state()
            signing_end = self.signing_keys.find_signing_end()
            if signing_end is not None and signing_end < time.time() + PUBLISH_AHEAD_SECONDS:
                await self._add_signing_key()
            self._last_refresh_succeeded = True
        except Exception as error:
            if self._last_refresh_succeeded:
                log.warning("revocation_refresh_failed", cause=type(error).__name__)
            self._last_refresh_succeeded = False

    async def _load_state(self) -> None:
        """Read keys and revocations from the database; if the keys changed, empty the cache of verified tokens."""
        self._changed.clear()  # before the query: a notification during it causes another one
        queried_at = self._clock()
        state = await self._repository.fetch_state()
        keys = SigningKeySet(state.signing_keys)
        if keys != self.signing_keys:
            self.signing_keys = keys
            self._verified_tokens.clear()  # a key may have been withdrawn
        self._state, self._state_read_at = state, queried_at

    async def _add_signing_key(self) -> None:
        """Store the next signing key in the database, then read all keys and revocations again."""
        await self._repository.add_signing_key()
        await self._load_state()
