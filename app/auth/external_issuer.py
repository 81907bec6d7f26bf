"""The cached public keys of an external token issuer, such as Keycloak (OpenID Connect Discovery, RFC 8414)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog

from app.auth.jwt import InvalidToken, VerificationKey, parse_jwk_set
from app.core.problems import Unavailable
from app.settings import LOOPBACK_HOSTS

KEY_CACHE_SECONDS = 600.0  # older keys are still used, but fetched again in the background
MAX_KEY_AGE_SECONDS = 3600.0  # older keys are not used, even if the issuer cannot be reached
# Unknown key ids cause at most one fetch in this time, so that forged tokens cannot flood the issuer with requests.
MIN_FETCH_INTERVAL_SECONDS = 30.0
RETRY_SECONDS = 5.0  # after a failed fetch
FETCH_TIMEOUT_SECONDS = 3.0
# Each waiting request occupies one of the service's concurrent requests, so further ones get a 503 at once.
MAX_WAITING_REQUESTS = 8
MAX_DOCUMENT_BYTES = 256 * 1024

FetchJson = Callable[[str], Awaitable[Any]]
log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class ExternalIssuer:
    """The keys of one external issuer, by key id. One per worker."""

    def __init__(
        self, identifier: str, fetch: FetchJson | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Create the cache without fetching anything.

        Args:
            identifier: The issuer's URL, the `iss` of its tokens.
            fetch: Returns the JSON document at a URL; raises LookupError if there is none.
            clock: Returns monotonic seconds.
        """
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
        """Return the issuer's key with this id, fetching its keys over HTTP if needed; InvalidToken if it has none.

        Raises:
            InvalidToken: The issuer has no such key.
            Unavailable: The issuer cannot be reached, or too many requests wait for it.
        """
        if not isinstance(kid, str):
            raise InvalidToken
        if self._key_age() > MAX_KEY_AGE_SECONDS or kid not in self._keys:
            await self._await_refresh()
        elif self._key_age() > KEY_CACHE_SECONDS and (self._refresh_task is None or self._refresh_task.done()):
            self.start_refresh()
        if self._key_age() > MAX_KEY_AGE_SECONDS or (kid not in self._keys and not self._is_reachable):
            raise Unavailable(retry_after=int(RETRY_SECONDS))
        if kid not in self._keys:
            raise InvalidToken
        return self._keys[kid]

    def start_refresh(self) -> None:
        """Start a background task that fetches the issuer's keys over HTTP once."""
        self._refresh_task = asyncio.create_task(self._refresh())

    async def close(self) -> None:
        """Cancel the background task that fetches the issuer's keys, if it runs."""
        if self._refresh_task is not None:
            self._refresh_task.cancel()

    def _key_age(self) -> float:
        """Return the seconds since the issuer's keys were fetched, or infinity before the first fetch."""
        return float("inf") if self._fetched_at is None else self._clock() - self._fetched_at

    async def _await_refresh(self) -> None:
        """Refresh the issuer's keys and wait for that; Unavailable if too many requests wait already."""
        if self._waiting_requests >= MAX_WAITING_REQUESTS:
            raise Unavailable
        self._waiting_requests += 1
        try:
            await self._refresh()
        finally:
            self._waiting_requests -= 1

    async def _refresh(self) -> None:
        """Fetch the issuer's keys into the cache, unless tried very recently; log a failure, do not raise it."""
        async with self._refresh_lock:
            now = self._clock()
            if now < self._next_fetch_at:
                return
            self._next_fetch_at = now + MIN_FETCH_INTERVAL_SECONDS
            try:
                async with asyncio.timeout(FETCH_TIMEOUT_SECONDS):
                    self._keys = parse_jwk_set(_check_jwk_set(await self._fetch(await self._discover_jwks_uri())))
                self._fetched_at, self._is_reachable = now, True
            except Exception as error:
                self._is_reachable = False
                self._next_fetch_at = now + RETRY_SECONDS
                log.warning("external_issuer_unreachable", cause=type(error).__name__)

    async def _discover_jwks_uri(self) -> str:
        """Fetch the issuer's metadata over HTTP, and return the URL of its keys that it names.

        Raises:
            ValueError: The metadata is of another issuer, or the URL is neither https nor loopback.
        """
        metadata = await self._fetch_metadata()
        if metadata.get("issuer") != self.identifier:
            raise ValueError("the metadata is of another issuer")
        jwks_uri = metadata["jwks_uri"]
        if not is_https_or_loopback(jwks_uri):
            raise ValueError("jwks_uri is neither https nor loopback")
        return str(jwks_uri)

    async def _fetch_metadata(self) -> Any:
        """Fetch the issuer's OpenID Connect metadata over HTTP or, if it has none, that of RFC 8414."""
        parts = urlsplit(self.identifier)
        try:
            return await self._fetch(f"{self.identifier.rstrip('/')}/.well-known/openid-configuration")
        except LookupError:
            return await self._fetch(
                f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path.rstrip('/')}"
            )


def _check_jwk_set(document: Any) -> dict[str, Any]:
    """Return the document if it is a JWK Set (RFC 7517, section 5), perhaps without keys; else raise ValueError.

    An error page must not withdraw the cached keys.
    """
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("the document is not a JWK Set")
    return document


def is_https_or_loopback(url: Any) -> bool:
    """Return whether a URL's scheme is https, or http with a loopback host; keys are fetched from no other."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        return (parts.scheme == "https" and bool(parts.hostname)) or (
            parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
        )
    except ValueError:
        return False


async def fetch_json(url: str) -> Any:
    """Fetch a JSON document of at most 256 KiB over HTTP; LookupError for status 404, ValueError for other bad ones.

    Raises:
        LookupError: The response is 404.
        ValueError: It has another status than 200, is too long or not JSON.
    """
    import httpx  # imported only with an external issuer: the import takes a tenth of the start-up time

    async with (
        httpx.AsyncClient(timeout=FETCH_TIMEOUT_SECONDS, follow_redirects=False) as client,
        client.stream("GET", url, headers={"Accept": "application/json"}) as response,
    ):
        if response.status_code == 404:
            raise LookupError(url)
        if response.status_code != 200:
            raise ValueError(f"status {response.status_code}")
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_DOCUMENT_BYTES:
                raise ValueError("the document is too long")
    return orjson.loads(body)
