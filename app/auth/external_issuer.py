"""An outside issuer (Keycloak and the like): its keys, fetched from where its metadata says, and kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog

from app.auth.jwt import InvalidToken, UsableKey, keys_of
from app.core.problems import Unavailable
from app.settings import LOOPBACK

FRESH = 600.0  # seconds after which the keys are fetched anew
KEPT = 3600.0  # seconds for which they are good while the issuer does not answer
COOL_DOWN = 30.0  # between two fetches that key ids bring about: whoever makes ids up cannot make us hammer the issuer
AFTER_FAULT = 5.0
PATIENCE = 3.0
MOST_WAITING = 8  # requests that wait for a fetch; more are told to come back, for each holds a place of the service's
MOST_BYTES = 256 * 1024

Fetch = Callable[[str], Awaitable[Any]]
log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class OutsideIssuer:
    """The keys of one issuer. `fetch` returns the JSON at an address."""

    def __init__(self, name: str, fetch: Fetch | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._fetch = fetch or fetch_json
        self._clock = clock
        self._keys: Mapping[str, UsableKey] = {}
        self._fetched_at: float | None = None
        self._not_before = float("-inf")
        self._fetching = asyncio.Lock()
        self._waiting = 0
        self._answers = True
        self._behind: asyncio.Task[None] | None = None

    async def key(self, kid: object) -> UsableKey:
        """The key of this id. InvalidToken where the issuer has none, Unavailable where it cannot be asked."""
        if not isinstance(kid, str):
            raise InvalidToken
        if self._age() > KEPT or kid not in self._keys:
            await self._wait()
        elif self._age() > FRESH and (self._behind is None or self._behind.done()):
            self.ask()
        if self._age() > KEPT or (kid not in self._keys and not self._answers):
            raise Unavailable(retry_after=int(AFTER_FAULT))
        if kid not in self._keys:
            raise InvalidToken
        return self._keys[kid]

    def ask(self) -> None:
        """Fetch the keys, and nobody waits for it."""
        self._behind = asyncio.create_task(self._renew())

    async def close(self) -> None:
        if self._behind is not None:
            self._behind.cancel()

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._clock() - self._fetched_at

    async def _wait(self) -> None:
        if self._waiting >= MOST_WAITING:
            raise Unavailable
        self._waiting += 1
        try:
            await self._renew()
        finally:
            self._waiting -= 1

    async def _renew(self) -> None:
        """Fetch the keys, unless that was just tried: whoever waited here for another's fetch has its result."""
        async with self._fetching:
            now = self._clock()
            if now < self._not_before:
                return
            self._not_before = now + COOL_DOWN
            try:
                async with asyncio.timeout(PATIENCE):
                    self._keys = keys_of(_key_set(await self._fetch(await self._address())))
                self._fetched_at, self._answers = now, True
            except Exception as error:
                self._answers = False
                self._not_before = now + AFTER_FAULT
                log.warning("outside issuer does not answer", cause=type(error).__name__)

    async def _address(self) -> str:
        """Where the keys are, as the issuer's metadata says (OpenID Connect Discovery 4, RFC 8414)."""
        metadata = await self._metadata()
        if metadata.get("issuer") != self.name:
            raise ValueError("the metadata is another issuer's")
        address = metadata["jwks_uri"]
        if not may_be_fetched(address):
            raise ValueError("the keys are not at an https address")
        return str(address)

    async def _metadata(self) -> Any:
        parts = urlsplit(self.name)
        try:
            return await self._fetch(f"{self.name.rstrip('/')}/.well-known/openid-configuration")
        except LookupError:
            return await self._fetch(
                f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path.rstrip('/')}"
            )


def _key_set(document: Any) -> dict[str, Any]:
    """The document, where it is a key set at all (RFC 7517, section 5); an empty one withdraws all keys."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("what it answers is no key set")
    return document


def may_be_fetched(address: Any) -> bool:
    """Whether what is fetched there cannot be changed on its way: https, or this machine."""
    if not isinstance(address, str):
        return False
    try:
        parts = urlsplit(address)
        return (parts.scheme == "https" and bool(parts.hostname)) or (
            parts.scheme == "http" and parts.hostname in LOOPBACK
        )
    except ValueError:
        return False


async def fetch_json(address: str) -> Any:
    """The JSON at an address; LookupError where there is nothing. Redirects are not followed."""
    import httpx  # only where there is an outside issuer: it is a tenth of a start

    async with (
        httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False) as client,
        client.stream("GET", address, headers={"Accept": "application/json"}) as answer,
    ):
        if answer.status_code == 404:
            raise LookupError(address)
        if answer.status_code != 200:
            raise ValueError(f"status {answer.status_code}")
        body = b""
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise ValueError("the answer is too long")
    return orjson.loads(body)
