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

from app.auth.callers import Caller
from app.auth.external_issuer import OutsideIssuer
from app.auth.jwt import ALGORITHMS, InvalidToken, audiences, check_signature, check_times, take_apart
from app.auth.keys import ALGORITHM, MADE_AHEAD, Keys, SigningKey
from app.auth.repository import Records, State
from app.auth.tokens import LEEWAY, TYPE, Verified, read_ours, read_outside
from app.core.db.faults import passing
from app.core.problems import Unavailable
from app.settings import Settings

POLL = 2.0
AGAIN = 0.5  # seconds after a fault
STALE = 5.0
MOST_REMEMBERED = 4096
LONGEST_REMEMBERED = 600.0  # an outside issuer may withdraw a key while its tokens run for hours

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Trust:
    """One worker's. `records` and `clock` can be others in a test."""

    def __init__(self, settings: Settings, *, records: Any = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer, self.audience = settings.issuer, settings.auth_audience
        self.outside = OutsideIssuer(settings.auth_issuer) if settings.auth_issuer else None
        self.keys = Keys()
        self._wake = asyncio.Event()
        self._records = records or Records(settings, self._wake.set)
        self._clock = clock
        self._learned_at = float("-inf")
        self._state = State((), {}, frozenset())
        self._remembered: dict[bytes, Verified] = {}
        self._hears = True
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow; with a database that answers, it knows all when this returns."""
        await self._attempt()
        self._task = asyncio.create_task(self._follow())
        if self.outside is not None:
            self.outside.ask()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self.outside is not None:
            await self.outside.close()
        await self._records.close()

    def known(self, token: bytes) -> Caller | None:
        """Whose token this is, if it was verified before; InvalidToken where it was revoked since."""
        verified = self._remembered.get(token)
        if verified is None:
            return None
        if verified.ends <= time.time():
            del self._remembered[token]
            return None
        self._check_not_revoked(verified)
        return verified.caller

    async def verify(self, token: bytes) -> Caller:
        """Whose token this is; InvalidToken, or Unavailable where nobody can say. No connection is taken for it."""
        signed = take_apart(token, algorithms=ALGORITHMS, types=[TYPE])
        issuer, now = signed.claims.get("iss"), time.time()
        if self.outside is not None and issuer == self.outside.name:
            check_signature(signed, await self.outside.key(signed.header.get("kid")))
            ends = self._check_claims(signed.claims, now)
            verified = read_outside(signed.claims, self.outside.name, ends)
        elif issuer == self.issuer and signed.header["alg"] == ALGORITHM:
            key = self.keys.named(signed.header.get("kid"), now)
            if key is None:
                self._check_fresh()  # another worker may have made one that this one has not heard of
            check_signature(signed, key)
            verified = read_ours(signed.claims, self._check_claims(signed.claims, now))
        else:
            raise InvalidToken
        self._check_not_revoked(verified)
        self._remember(token, verified, now)
        return verified.caller

    async def signing_key(self) -> SigningKey:
        """The key to sign with now. Whoever first needs one makes it."""
        self._check_fresh()
        if self.keys.signing(time.time()) is None:
            try:
                await self._make_key()
            except Exception as error:
                if passing(error):
                    raise Unavailable from error
                raise
        found = self.keys.signing(time.time())
        if found is None:
            raise Unavailable
        return found

    def public_keys(self) -> list[dict[str, Any]]:
        """Our public keys, as long as any token needs them; Unavailable before they were read once."""
        if self._learned_at == float("-inf"):
            raise Unavailable
        return self.keys.public(time.time())

    def _check_claims(self, claims: Any, now: float) -> float:
        if self.audience not in audiences(claims):
            raise InvalidToken
        return check_times(claims, now, leeway=LEEWAY)

    def _check_fresh(self) -> None:
        if self._clock() - self._learned_at > STALE:
            raise Unavailable

    def _check_not_revoked(self, verified: Verified) -> None:
        if verified.client is None:
            return
        self._check_fresh()
        revision = self._state.revisions.get(verified.client, verified.revision)
        # A revision that is higher than the one we know of: the client was changed an instant ago, and we will hear it.
        if revision is None or verified.revision < revision or verified.secret in self._state.secrets:
            raise InvalidToken

    def _remember(self, token: bytes, verified: Verified, now: float) -> None:
        while len(self._remembered) >= MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[token] = replace(verified, ends=min(verified.ends, now + LONGEST_REMEMBERED))

    async def _follow(self) -> None:
        while True:
            if self._hears:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._wake.wait()
            else:
                await asyncio.sleep(AGAIN)
            await self._attempt()

    async def _attempt(self) -> None:
        """Learn what holds, and make the next key a day before it is needed; a fault is for the next attempt."""
        try:
            await self._learn()
            ends = self.keys.ends()
            if ends is not None and ends < time.time() + MADE_AHEAD:
                await self._make_key()
            self._hears = True
        except Exception as error:
            if self._hears:
                log.warning("revocations are not heard of", cause=type(error).__name__)
            self._hears = False

    async def _learn(self) -> None:
        self._wake.clear()  # before asking: what is told from here on is asked for again
        asked_at = self._clock()
        state = await self._records.state()
        keys = Keys(state.keys)
        if keys != self.keys:
            self.keys = keys
            self._remembered.clear()  # a key may have been withdrawn
        self._state, self._learned_at = state, asked_at

    async def _make_key(self) -> None:
        await self._records.add_key()
        await self._learn()
