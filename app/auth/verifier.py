"""Which tokens are good: our keys, an outside issuer's, and who was revoked, all held in memory by each worker.

A revocation arrives by LISTEN, or at the latest with the poll 2 s on. Where neither has been heard of for 5 s, nobody
can say whether a token of ours is still good: 503, never a pass.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

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
RETRY_SECONDS = 0.5  # seconds after a fault
MAX_STATE_AGE_SECONDS = 5.0
MAX_CACHED_TOKENS = 4096
MAX_TOKEN_CACHE_SECONDS = 600.0  # an outside issuer may withdraw a key while its tokens run for hours

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class TokenVerifier:
    """One worker's. `records` and `clock` can be others in a test."""

    def __init__(
        self, settings: Settings, *, repository: Any = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.issuer, self.audience = settings.issuer, settings.auth_audience
        self.external_issuer = ExternalIssuer(settings.auth_issuer) if settings.auth_issuer else None
        self.signing_keys = SigningKeySet()
        self._changed = asyncio.Event()
        self._repository = repository or VerifierRepository(settings, self._changed.set)
        self._clock = clock
        self._state_read_at = float("-inf")
        self._state = VerifierState((), {}, frozenset())
        self._verified_tokens: dict[bytes, VerifiedToken] = {}
        self._last_refresh_succeeded = True
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow; with a database that answers, it knows all when this returns."""
        await self._refresh()
        self._task = asyncio.create_task(self._refresh_forever())
        if self.external_issuer is not None:
            self.external_issuer.start_refresh()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self.external_issuer is not None:
            await self.external_issuer.close()
        await self._repository.close()

    def find_cached_caller(self, token: bytes) -> Caller | None:
        """Whose token this is, if it was verified before; InvalidToken where it was revoked since."""
        verified = self._verified_tokens.get(token)
        if verified is None:
            return None
        if verified.expires_at <= time.time():
            del self._verified_tokens[token]
            return None
        self._reject_revoked(verified)
        return verified.caller

    async def verify(self, token: bytes) -> Caller:
        """Whose token this is; InvalidToken, or Unavailable where nobody can say. No connection is taken for it."""
        signed = parse_jwt(token, algorithms=SIGNATURE_ALGORITHMS, types=[ACCESS_TOKEN_TYPE])
        issuer, now = signed.claims.get("iss"), time.time()
        if self.external_issuer is not None and issuer == self.external_issuer.identifier:
            verify_signature(signed, await self.external_issuer.find_key(signed.header.get("kid")))
            ends = self._validate_claims(signed.claims, now)
            verified = parse_external_claims(signed.claims, self.external_issuer.identifier, ends)
        elif issuer == self.issuer and signed.header["alg"] == SIGNING_ALGORITHM:
            key = self.signing_keys.find_verification_key(signed.header.get("kid"), now)
            if key is None:
                self._require_current_state()  # another worker may have made one that this one has not heard of
            verify_signature(signed, key)
            verified = parse_own_claims(signed.claims, self._validate_claims(signed.claims, now))
        else:
            raise InvalidToken
        self._reject_revoked(verified)
        self._cache_token(token, verified, now)
        return verified.caller

    async def get_signing_key(self) -> SigningKey:
        """The key to sign with now. Whoever first needs one makes it."""
        self._require_current_state()
        if self.signing_keys.find_signing_key(time.time()) is None:
            try:
                await self._add_signing_key()
            except Exception as error:
                if is_transient(error):
                    raise Unavailable from error
                raise
        found = self.signing_keys.find_signing_key(time.time())
        if found is None:
            raise Unavailable
        return found

    def list_public_jwks(self) -> list[dict[str, Any]]:
        """Our public keys, as long as any token needs them; Unavailable before they were read once."""
        if self._state_read_at == float("-inf"):
            raise Unavailable
        return self.signing_keys.list_public_jwks(time.time())

    def _validate_claims(self, claims: Any, now: float) -> float:
        if self.audience not in read_audiences(claims):
            raise InvalidToken
        return validate_times(claims, now, leeway=CLOCK_LEEWAY_SECONDS)

    def _require_current_state(self) -> None:
        if self._clock() - self._state_read_at > MAX_STATE_AGE_SECONDS:
            raise Unavailable

    def _reject_revoked(self, verified: VerifiedToken) -> None:
        if verified.client_id is None:
            return
        self._require_current_state()
        revision = self._state.client_revisions.get(verified.client_id, verified.client_revision)
        # A revision that is higher than the one we know of: the client was changed an instant ago, and we will hear it.
        if revision is None or verified.client_revision < revision or verified.secret_id in self._state.revoked_secrets:
            raise InvalidToken

    def _cache_token(self, token: bytes, verified: VerifiedToken, now: float) -> None:
        while len(self._verified_tokens) >= MAX_CACHED_TOKENS:
            del self._verified_tokens[next(iter(self._verified_tokens))]
        self._verified_tokens[token] = replace(
            verified, expires_at=min(verified.expires_at, now + MAX_TOKEN_CACHE_SECONDS)
        )

    async def _refresh_forever(self) -> None:
        while True:
            if self._last_refresh_succeeded:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_INTERVAL_SECONDS):
                        await self._changed.wait()
            else:
                await asyncio.sleep(RETRY_SECONDS)
            await self._refresh()

    async def _refresh(self) -> None:
        """Learn what holds, and make the next key a day before it is needed; a fault is for the next attempt."""
        try:
            await self._load_state()
            ends = self.signing_keys.find_signing_end()
            if ends is not None and ends < time.time() + PUBLISH_AHEAD_SECONDS:
                await self._add_signing_key()
            self._last_refresh_succeeded = True
        except Exception as error:
            if self._last_refresh_succeeded:
                log.warning("revocations are not heard of", cause=type(error).__name__)
            self._last_refresh_succeeded = False

    async def _load_state(self) -> None:
        self._changed.clear()  # before asking: what is told from here on is asked for again
        asked_at = self._clock()
        state = await self._repository.fetch_state()
        keys = SigningKeySet(state.signing_keys)
        if keys != self.signing_keys:
            self.signing_keys = keys
            self._verified_tokens.clear()  # a key may have been withdrawn
        self._state, self._state_read_at = state, asked_at

    async def _add_signing_key(self) -> None:
        await self._repository.add_signing_key()
        await self._load_state()
