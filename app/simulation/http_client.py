"""Requests that are sent until they are answered, and what was seen on the way."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx
import orjson

PATIENCE = 60.0  # seconds for which a request is sent again
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
RENEWED = 0.8  # of a token's life, after which another one is fetched

Json = dict[str, Any]


class SimulationError(Exception):
    """The meeting cannot be played; the message says why."""


class Unanswered(SimulationError):
    """A request was sent for as long as there was patience."""


class Answer(NamedTuple):
    """What was answered. `unsure`: an attempt before it may have been stored, and its answer lost."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    unsure: bool
    seconds: float

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Seen:
    """What all requests came to: statuses and the names of what broke, and how often one was sent again."""

    statuses: Counter[str] = field(default_factory=Counter)
    retries: int = 0


class Caller:
    """A client of the service, with a token that is renewed before it ends."""

    def __init__(self, http: httpx.AsyncClient, id_: str, secret: str, seen: Seen, patience: float = PATIENCE) -> None:
        self._http = http
        self._basic = httpx.BasicAuth(id_, secret)
        self._seen = seen
        self._patience = patience
        self._token = ""
        self._ends = 0.0
        self._renewing = asyncio.Lock()

    async def ask(
        self,
        method: str,
        path: str,
        make: Callable[[], Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send it until it is answered. `make`: the body of each attempt, which tells when it is sent."""

        async def attempt() -> httpx.Response:
            said = {"Authorization": f"Bearer {await self._bearer()}", **(headers or {})}
            if make is None:
                return await self._http.request(method, path, headers=said)
            return await self._http.request(
                method, path, content=orjson.dumps(make()), headers={"Content-Type": "application/json", **said}
            )

        return await self._until_answered(attempt)

    async def _bearer(self) -> str:
        async with self._renewing:
            if time.monotonic() > self._ends:
                form = {"grant_type": "client_credentials"}
                answer = await self._until_answered(
                    lambda: self._http.post("/oauth/token", data=form, auth=self._basic)
                )
                if answer.status != 200:
                    raise SimulationError(f"No token: {answer.status} {answer.body.decode()[:300]}")
                told = answer.json()
                self._token = str(told["access_token"])
                self._ends = time.monotonic() + RENEWED * float(told["expires_in"])
            return self._token

    async def _until_answered(self, attempt: Callable[[], Any]) -> Answer:
        unsure, pause = False, FIRST_PAUSE
        deadline = time.monotonic() + self._patience
        while True:
            began = time.monotonic()
            wait = pause
            try:
                answer: httpx.Response = await attempt()
            except httpx.TransportError as error:
                unsure = True
                last = type(error).__name__
            else:
                last = str(answer.status_code)
                if not _again(answer):
                    self._seen.statuses[last] += 1
                    return Answer(answer.status_code, answer.headers, answer.content, unsure, time.monotonic() - began)
                unsure = unsure or answer.status_code >= 500
                wait = max(pause, _asked_to_wait(answer))
                if answer.status_code == 429:
                    deadline += wait  # it is there, and says when
            self._seen.statuses[last] += 1
            if time.monotonic() + wait > deadline:
                raise Unanswered(f"Not answered for {self._patience:.0f} s, in the end: {last}.")
            self._seen.retries += 1
            await asyncio.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)


def _again(answer: httpx.Response) -> bool:
    """Whether it says that the same request may fare better later: 409, where the one before is still on its way."""
    if answer.status_code == 409:
        return bool(answer.json().get("code") == "request_in_flight")
    return answer.status_code == 429 or answer.status_code >= 500


def _asked_to_wait(answer: httpx.Response) -> float:
    given = answer.headers.get("Retry-After", "")
    return float(given) if given.isdecimal() else 0.0
