"""An outside issuer (Keycloak and the like): its keys, fetched from where its metadata says, and kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog

from app.auth.jwt import InvalidToken, VerificationKey, parse_jwk_set
from app.core.problems import Unavailable
from app.settings import LOOPBACK

KEY_CACHE_SECONDS = 600.0  # seconds after which the keys are fetched anew
STALE_IF_ERROR_SECONDS = 3600.0  # seconds for which they are good while the issuer does not answer
MIN_FETCH_INTERVAL_SECONDS = (
    30.0  # between two fetches that key ids bring about: whoever makes ids up cannot make us hammer the issuer
)
RETRY_SECONDS = 5.0
FETCH_TIMEOUT_SECONDS = 3.0
MAX_WAITING_REQUESTS = (
    8  # requests that wait for a fetch; more are told to come back, for each holds a place of the service's
)
MAX_DOCUMENT_BYTES = 256 * 1024

FetchJson = Callable[[str], Awaitable[Any]]
log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class ExternalIssuer:
    """The keys of one issuer. `fetch` returns the JSON at an address."""

    def __init__(
        self, identifier: str, fetch: FetchJson | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.identifier = identifier
        self._fetch = fetch or fetch_json
        self._clock = clock
        self._keys: Mapping[str, VerificationKey] = {}
        self._fetched_at: float | None = None
        self._next_fetch_at = float("-inf")
        self._refresh_lock = asyncio.Lock()
        self._waiting_requests = 0
        self._is_reachable = True
        self._refresh_task: asyncio.Task[None] | None = None

    async def find_key(self, kid: object) -> VerificationKey:
        """The key of this id. InvalidToken where the issuer has none, Unavailable where it cannot be asked."""
        if not isinstance(kid, str):
            raise InvalidToken
        if self._key_age() > STALE_IF_ERROR_SECONDS or kid not in self._keys:
            await self._await_refresh()
        elif self._key_age() > KEY_CACHE_SECONDS and (self._refresh_task is None or self._refresh_task.done()):
            self.start_refresh()
        if self._key_age() > STALE_IF_ERROR_SECONDS or (kid not in self._keys and not self._is_reachable):
            raise Unavailable(retry_after=int(RETRY_SECONDS))
        if kid not in self._keys:
            raise InvalidToken
        return self._keys[kid]

    def start_refresh(self) -> None:
        """Fetch the keys, and nobody waits for it."""
        self._refresh_task = asyncio.create_task(self._refresh())

    async def close(self) -> None:
        if self._refresh_task is not None:
            self._refresh_task.cancel()

    def _key_age(self) -> float:
        return float("inf") if self._fetched_at is None else self._clock() - self._fetched_at

    async def _await_refresh(self) -> None:
        if self._waiting_requests >= MAX_WAITING_REQUESTS:
            raise Unavailable
        self._waiting_requests += 1
        try:
            await self._refresh()
        finally:
            self._waiting_requests -= 1

    async def _refresh(self) -> None:
        """Fetch the keys, unless that was just tried: whoever waited here for another's fetch has its result."""
        async with self._refresh_lock:
            now = self._clock()
            if now < self._next_fetch_at:
                return
            self._next_fetch_at = now + MIN_FETCH_INTERVAL_SECONDS
            try:
                async with asyncio.timeout(FETCH_TIMEOUT_SECONDS):
                    self._keys = parse_jwk_set(_require_jwk_set(await self._fetch(await self._discover_jwks_uri())))
                self._fetched_at, self._is_reachable = now, True
            except Exception as error:
                self._is_reachable = False
                self._next_fetch_at = now + RETRY_SECONDS
                log.warning("outside issuer does not answer", cause=type(error).__name__)

    async def _discover_jwks_uri(self) -> str:
        """Where the keys are, as the issuer's metadata says (OpenID Connect Discovery 4, RFC 8414)."""
        metadata = await self._fetch_metadata()
        if metadata.get("issuer") != self.identifier:
            raise ValueError("the metadata is another issuer's")
        address = metadata["jwks_uri"]
        if not is_https_or_loopback(address):
            raise ValueError("the keys are not at an https address")
        return str(address)

    async def _fetch_metadata(self) -> Any:
        parts = urlsplit(self.identifier)
        try:
            return await self._fetch(f"{self.identifier.rstrip('/')}/.well-known/openid-configuration")
        except LookupError:
            return await self._fetch(
                f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path.rstrip('/')}"
            )


def _require_jwk_set(document: Any) -> dict[str, Any]:
    """The document, where it is a key set at all (RFC 7517, section 5); an empty one withdraws all keys."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("what it answers is no key set")
    return document


def is_https_or_loopback(url: Any) -> bool:
    """Whether what is fetched there cannot be changed on its way: https, or this machine."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        return (parts.scheme == "https" and bool(parts.hostname)) or (
            parts.scheme == "http" and parts.hostname in LOOPBACK
        )
    except ValueError:
        return False


async def fetch_json(url: str) -> Any:
    """The JSON at an address; LookupError where there is nothing. Redirects are not followed."""
    import httpx  # only where there is an outside issuer: it is a tenth of a start

    async with (
        httpx.AsyncClient(timeout=FETCH_TIMEOUT_SECONDS, follow_redirects=False) as client,
        client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
    ):
        if answer.status_code == 404:
            raise LookupError(url)
        if answer.status_code != 200:
            raise ValueError(f"status {answer.status_code}")
        body = b""
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MAX_DOCUMENT_BYTES:
                raise ValueError("the answer is too long")
    return orjson.loads(body)
