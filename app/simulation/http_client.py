"""HTTP client that retries requests until it gets a final response, and counts attempts."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx
import orjson

RETRY_TIMEOUT_SECONDS = 60.0
FIRST_RETRY_DELAY_SECONDS, MAX_RETRY_DELAY_SECONDS = 0.05, 2.0
TOKEN_RENEWAL_SHARE = 0.8  # of a token's lifetime; then a new one is fetched

Json = dict[str, Any]


class SimulationError(Exception):
    """The simulation cannot continue, for the reason in the message."""


class RetryTimeout(SimulationError):
    """A request got no final response before the retry timeout."""


class FinalResponse(NamedTuple):
    """The response that ended the attempts of a request.

    `is_ambiguous`: an earlier attempt may have been stored although its response was lost. `seconds`: duration of the
    last attempt.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_ambiguous: bool
    seconds: float

    def json(self) -> Any:
        """Return the body of the response, parsed as JSON."""
        return orjson.loads(self.body)


@dataclass
class RequestStatistics:
    """Counts of all attempts: by status or by name of the network error, and of retries."""

    statuses: Counter[str] = field(default_factory=Counter)
    retries: int = 0


class ServiceClient:
    """A client of the service, which renews its access token before that expires."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        client_id: str,
        secret: str,
        statistics: RequestStatistics,
        retry_timeout: float = RETRY_TIMEOUT_SECONDS,
    ) -> None:
        self._http = http
        self._basic = httpx.BasicAuth(client_id, secret)
        self._statistics = statistics
        self._retry_timeout = retry_timeout
        self._token = ""
        self._renew_at = 0.0
        self._renewal_lock = asyncio.Lock()

    async def request(
        self,
        method: str,
        path: str,
        build_body: Callable[[], Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> FinalResponse:
        """Send a request with an access token, and again until it gets a final response or the retry timeout passes.

        `build_body` is called for each attempt, because a body may contain the time of sending.

        Raises:
            RetryTimeout: No final response came in time.
        """

        async def send() -> httpx.Response:
            all_headers = {"Authorization": f"Bearer {await self._get_token()}", **(headers or {})}
            if build_body is None:
                return await self._http.request(method, path, headers=all_headers)
            return await self._http.request(
                method,
                path,
                content=orjson.dumps(build_body()),
                headers={"Content-Type": "application/json", **all_headers},
            )

        return await self._send_with_retries(send)

    async def _get_token(self) -> str:
        """Return the access token; request a new one from the service if it is missing or nearly expired."""
        async with self._renewal_lock:
            if time.monotonic() > self._renew_at:
                form = {"grant_type": "client_credentials"}
                response = await self._send_with_retries(
                    lambda: self._http.post("/oauth/token", data=form, auth=self._basic)
                )
                if response.status != 200:
                    raise SimulationError(
                        f"The service issued no access token: {response.status} {response.body.decode()[:300]}"
                    )
                document = response.json()
                self._token = str(document["access_token"])
                self._renew_at = time.monotonic() + TOKEN_RENEWAL_SHARE * float(document["expires_in"])
            return self._token

    async def _send_with_retries(self, send: Callable[[], Awaitable[httpx.Response]]) -> FinalResponse:
        """Send a request until its response is final, and return that; raise RetryTimeout if it takes too long."""
        is_ambiguous, delay = False, FIRST_RETRY_DELAY_SECONDS
        deadline = time.monotonic() + self._retry_timeout
        while True:
            started_at = time.monotonic()
            wait = delay
            try:
                response = await send()
            except httpx.TransportError as error:
                is_ambiguous = True
                result = type(error).__name__
            else:
                result = str(response.status_code)
                if not _is_retryable(response):
                    self._statistics.statuses[result] += 1
                    seconds = time.monotonic() - started_at
                    return FinalResponse(
                        response.status_code, response.headers, response.content, is_ambiguous, seconds
                    )
                is_ambiguous = is_ambiguous or response.status_code >= 500
                wait = max(delay, _get_retry_after(response))
                if response.status_code == 429:
                    deadline += wait  # the service is reachable and says when to retry
            self._statistics.statuses[result] += 1
            if time.monotonic() + wait > deadline:
                raise RetryTimeout(f"No final response within {self._retry_timeout:.0f} s; the last was {result}.")
            self._statistics.retries += 1
            await asyncio.sleep(wait)
            delay = min(2 * delay, MAX_RETRY_DELAY_SECONDS)


def _is_retryable(response: httpx.Response) -> bool:
    """Return whether a request may succeed later: status 429, 5xx, or 409 while its first attempt is in flight."""
    if response.status_code == 409:
        return bool(response.json().get("code") == "request_in_flight")
    return response.status_code == 429 or response.status_code >= 500


def _get_retry_after(response: httpx.Response) -> float:
    """Return the seconds that the Retry-After header states; 0 without the header or if it is a date."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else 0.0
