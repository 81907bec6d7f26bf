"""Measure the time that an access token adds to a request: on its first use, and when it is cached."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from joserfc import jws
from rich.console import Console
from rich.table import Table
from starlette.datastructures import State
from starlette.types import Message, Receive, Scope, Send

from app.auth import AuthenticationMiddleware, TokenVerifier, tokens
from app.auth.keys import SigningKey, generate_jwk
from app.auth.repository import VerifierState
from app.settings import Settings

CACHED_TARGET_MICROSECONDS = 20.0
ROUNDS = 7
RECENT_CHANGES = 1000  # of clients, and revocations of secrets: as on a busy day


class StaticRepository:
    """Replaces VerifierRepository: contains one signing key, and recent changes that concern none of the clients."""

    def __init__(self) -> None:
        """Create the key and the changes."""
        now = time.time()
        self.verifier_state = VerifierState(
            (SigningKey(*generate_jwk(), now - 60, now + 86400 * 6),),
            {f"changed-{n}": 2 for n in range(RECENT_CHANGES)},
            frozenset(f"revoked-{n}" for n in range(RECENT_CHANGES)),
        )

    async def fetch_state(self) -> VerifierState:
        """Return the same state each time."""
        return self.verifier_state

    async def add_signing_key(self) -> None:
        """Create no key: the first one signs for longer than the benchmark runs."""

    async def close(self) -> None:
        """Close nothing: there is no connection."""


class RunningState:
    """The part of the application's state that the middleware reads."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    def find(self, class_: type[object]) -> TokenVerifier | None:
        return self._verifier if class_ is TokenVerifier else None


class StubApplication:
    """The attributes of an application that the middleware reads."""

    def __init__(self, verifier: TokenVerifier) -> None:
        """Set the state of a running application."""
        self.state = State({"running": RunningState(verifier)})


async def return_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    """Replace the application behind the middleware."""


async def receive_empty_body() -> Message:
    """Receive a request without a body."""
    return {"type": "http.request"}


async def discard_message(message: Message) -> None:
    """Discard a message of a response."""


def run(quick: bool) -> bool:
    """Print the medians; return whether a cached token met the target."""
    cached, uncached, signature = asyncio.run(measure(200 if quick else 5000))
    table = Table("microseconds per request", "median", "target")
    table.add_row("a cached token, compared with no token", f"{cached:.1f}", f"{CACHED_TARGET_MICROSECONDS:g}")
    table.add_row("a token on its first use, compared with no token", f"{uncached:.1f}", "")
    table.add_row("the verification of its signature alone", f"{signature:.1f}", "")
    Console().print(table)
    return cached <= CACHED_TARGET_MICROSECONDS


async def measure(count: int) -> tuple[float, float, float]:
    """Return the median microseconds of a cached token, of a first use and of a signature, with `count` tokens."""
    verifier = TokenVerifier(Settings(), repository=StaticRepository())
    await verifier.start()
    middleware, application = AuthenticationMiddleware(return_at_once), StubApplication(verifier)
    key = await verifier.get_signing_key()
    grants = [tokens.Grant(f"client-{n}", "bappenas", 1, ["changes:read"], secret_id="s") for n in range(count)]
    access_tokens = [
        tokens.issue_access_token(grant, key, issuer=verifier.issuer, audience="rakornas", now=time.time())
        for grant in grants
    ]

    def build_scope(token: str | None) -> Scope:
        headers = [(b"host", b"127.0.0.1"), (b"accept", b"*/*"), (b"user-agent", b"curl/8")]
        authorization = [(b"authorization", f"Bearer {token}".encode())] if token else []
        return {
            "type": "http",
            "path": "/v1/changes",
            "headers": [*headers, *authorization],
            "app": application,
            "state": {},
        }

    async def measure_middleware(scopes: list[Scope]) -> float:
        started_at = time.perf_counter()
        for scope in scopes:
            await middleware(scope, receive_empty_body, discard_message)
        return (time.perf_counter() - started_at) / len(scopes) * 1e6

    async def measure_signature() -> float:
        started_at = time.perf_counter()
        for token in access_tokens:
            jws.deserialize_compact(token, key.private_key, algorithms=["ES256"])
        return (time.perf_counter() - started_at) / len(access_tokens) * 1e6

    without_token = [build_scope(None) for _ in access_tokens]
    with_few_tokens = [build_scope(access_tokens[n % 100]) for n in range(count)]
    await measure_middleware(with_few_tokens)
    for scope in with_few_tokens:
        if scope["state"].get("caller") is None:
            raise RuntimeError(f"a token was not accepted: {scope['state']}")
    cached = await measure_median(
        lambda: subtract(measure_middleware(with_few_tokens), measure_middleware(without_token))
    )
    signature = await measure_median(measure_signature)
    uncached = []
    for _ in range(ROUNDS):
        verifier._verified_tokens.clear()
        scopes = [build_scope(token) for token in access_tokens]
        uncached.append(await subtract(measure_middleware(scopes), measure_middleware(without_token)))
    await verifier.stop()
    return cached, statistics.median(uncached), signature


async def subtract(minuend: Awaitable[float], subtrahend: Awaitable[float]) -> float:
    """Await both, in this order, and return their difference."""
    return await minuend - await subtrahend


async def measure_median(measure_once: Callable[[], Awaitable[float]]) -> float:
    """Return the median of several measurements."""
    return statistics.median([await measure_once() for _ in range(ROUNDS)])
