"""What a token costs each request: verified for the first time, and seen before."""

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
from app.auth import repository as records
from app.auth.keys import SigningKey, generate_jwk
from app.settings import Settings

TARGET = 20.0  # microseconds for a token that was seen
ROUNDS = 7


class Records:
    """One key, and nobody revoked; as many clients have changed lately as a busy day brings."""

    def __init__(self) -> None:
        now = time.time()
        self.found = records.VerifierState(
            (SigningKey(*generate_jwk(), now - 60, now + 86400 * 6),),
            {f"changed-{n}": 2 for n in range(1000)},
            frozenset(f"revoked-{n}" for n in range(1000)),
        )

    async def state(self) -> records.VerifierState:
        return self.found

    async def close(self) -> None: ...


class App:
    """What Starlette puts into a scope, as far as the room looks at it."""

    def __init__(self, trust: TokenVerifier) -> None:
        self.state = State({"trust": trust})


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """The rest of the service."""


async def no_body() -> Message:
    return {"type": "http.request"}


async def no_answer(message: Message) -> None:
    """Nobody listens."""


def run(quick: bool) -> bool:
    """Print the medians; whether a token once seen costs no more than the target."""
    seen, first, bare = asyncio.run(measure(200 if quick else 5000))
    table = Table("microseconds per request", "median", "target")
    table.add_row("a token seen before, beside none", f"{seen:.1f}", f"{TARGET:g}")
    table.add_row("a token seen for the first time, beside none", f"{first:.1f}", "")
    table.add_row("its signature alone", f"{bare:.1f}", "")
    Console().print(table)
    return seen <= TARGET


async def measure(count: int) -> tuple[float, float, float]:
    trust = TokenVerifier(Settings(), repository=Records())
    await trust.start()
    room, app = AuthenticationMiddleware(nothing), App(trust)
    key = await trust.get_signing_key()
    grants = [tokens.Grant(f"client-{n}", "bappenas", 1, ["changes:read"], secret_id="s") for n in range(count)]
    issued = [
        tokens.issue_access_token(item, key, issuer=trust.issuer, audience="rakornas", now=time.time())
        for item in grants
    ]

    def asked_with(token: str | None) -> Scope:
        headers = [(b"host", b"127.0.0.1"), (b"accept", b"*/*"), (b"user-agent", b"curl/8")]
        given = [(b"authorization", f"Bearer {token}".encode())] if token else []
        return {"type": "http", "path": "/v1/changes", "headers": [*headers, *given], "app": app, "state": {}}

    async def ask(scopes: list[Scope]) -> float:
        began = time.perf_counter()
        for scope in scopes:
            await room(scope, no_body, no_answer)
        return (time.perf_counter() - began) / len(scopes) * 1e6

    async def verify() -> float:
        began = time.perf_counter()
        for token in issued:
            jws.deserialize_compact(token, key.private_key, algorithms=["ES256"])
        return (time.perf_counter() - began) / len(issued) * 1e6

    none = [asked_with(None) for _ in issued]
    few = [asked_with(issued[n % 100]) for n in range(count)]
    await ask(few)
    seen = await median(lambda: difference(ask(few), ask(none)))
    bare = await median(verify)
    firsts = []
    for _ in range(ROUNDS):
        trust._verified_tokens.clear()
        firsts.append(await difference(ask([asked_with(token) for token in issued]), ask(none)))
    await trust.stop()
    return seen, statistics.median(firsts), bare


async def difference(more: Awaitable[float], less: Awaitable[float]) -> float:
    return await more - await less


async def median(measured: Callable[[], Awaitable[float]]) -> float:
    return statistics.median([await measured() for _ in range(ROUNDS)])
