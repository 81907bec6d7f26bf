"""How many requests a caller may make: a bucket of tokens for each, which fills by itself.

Each worker counts for itself, and keeps nothing but one number per caller: no shared store to wait for, or to lose.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from itertools import islice
from math import ceil

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.http.conditional import parse_if_none_match
from app.core.problems import Problem, TooManyRequests

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]
Clock = Callable[[], float]

MAX_BUCKETS = 10_000
NETWORK_PREFIX_BITS = {
    4: 24,
    6: 56,
}  # what one household or office is given, so that nobody has more by changing addresses


class TokenBuckets:
    """Buckets of `burst` tokens, one for each key, refilled at `rate` a second.

    Of a bucket only the instant is kept at which it will be full again (the generic cell rate algorithm). One that is
    full is as good as none and forgotten, and of more than `most` the one that was not used for longest.
    """

    def __init__(
        self, rate: float, burst: int, *, max_buckets: int = MAX_BUCKETS, clock: Clock = time.monotonic
    ) -> None:
        self.rate = rate
        self.burst = burst
        self.max_buckets = max_buckets
        self.clock = clock
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def seconds_until(self, key: Hashable, cost: int = 1) -> float:
        """The seconds until there are as many tokens (never > burst); 0: there are."""
        now = self.clock()
        wait = max(self._full_at.get(key, now), now) + cost / self.rate - now - self.burst / self.rate
        return wait if wait > 1e-9 else 0.0  # what adding up fractions of seconds makes of nothing

    def take(self, key: Hashable, cost: int = 1) -> float:
        """Take tokens, and return 0; or take none, and return the seconds until there are as many."""
        wait = self.seconds_until(key, cost)
        if not wait:
            self.charge(key, cost)
        return wait

    def charge(self, key: Hashable, cost: int = 1) -> None:
        """Take tokens, also where there are none: up to another burst of them can be owed."""
        now = self.clock()
        full_at = max(self._full_at.get(key, now), now) + cost / self.rate
        self._full_at[key] = min(full_at, now + 2 * self.burst / self.rate)
        self._full_at.move_to_end(key)
        self._evict(now)

    def refund(self, key: Hashable, cost: int = 1) -> None:
        """What was taken was not used."""
        if key in self._full_at:
            self._full_at[key] -= cost / self.rate

    def remaining(self, key: Hashable) -> tuple[int, int]:
        """The whole tokens in the bucket, and the seconds until it is full."""
        missing = max(self._full_at.get(key, 0.0) - self.clock(), 0.0)
        return max(int(self.burst - missing * self.rate + 1e-6), 0), ceil(missing - 1e-6)

    def headers(self, name: str, key: Hashable) -> dict[str, str]:
        """RateLimit-Policy and RateLimit (the IETF's draft-ietf-httpapi-ratelimit-headers-10) under this name."""
        remaining, seconds = self.remaining(key)
        return {
            "RateLimit-Policy": f'"{name}";q={self.burst};w={ceil(self.burst / self.rate)}',
            "RateLimit": f'"{name}";r={remaining};t={seconds}',
        }

    def _evict(self, now: float) -> None:
        """Two at each taking, which adds one at most: so there are never more than `most`, and no long sweep."""
        for key in list(islice(self._full_at, 2)):
            if self._full_at[key] > now and len(self._full_at) <= self.max_buckets:
                break
            del self._full_at[key]


class RateLimitMiddleware:
    """Answers 429 with Retry-After (RFC 6585 4) to whoever asks too often; `/health/*` and `/metrics` never.

    A caller with a token is counted by its client, any other by its network. RateLimit-Policy and RateLimit stand on
    every answer but the public ones, which may be kept and shown to others. A 304 costs nothing to whoever names the
    version that it has. A rate of 0 is no limit. Whom a room before has `refused` is answered here, and counted.

    Where no proxy is trusted, a caller without a token from the machine itself is not counted: it is its operator, or
    everybody, behind a proxy that nobody has named.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        rate_client: float = 50,
        burst_client: int = 200,
        rate_network: float = 100,
        burst_network: int = 400,
        proxies: Networks = (),
        clock: Clock = time.monotonic,
    ) -> None:
        self.app = app
        self.clients = TokenBuckets(rate_client, burst_client, clock=clock) if rate_client else None
        self.networks = TokenBuckets(rate_network, burst_network, clock=clock) if rate_network else None
        self.proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused: Problem | None = scope.get("state", {}).get("problem")
        app = refused.response(scope) if refused else self.app
        if scope["path"] == "/metrics" or scope["path"].startswith("/health/"):
            await app(scope, receive, send)
            return
        caller = scope.get("state", {}).get("caller")
        name, buckets = ("network", self.networks) if caller is None else ("client", self.clients)
        if buckets is None:
            await app(scope, receive, send)
            return
        key = client_network(scope, self.proxies) if caller is None else caller.client_id
        wait = 0.0 if key is None else buckets.take(key)
        is_free = key is not None and "*" not in parse_if_none_match(Headers(scope=scope).getlist("if-none-match"))

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 304 and is_free:
                    buckets.refund(key)
                _add_rate_limit_headers(MutableHeaders(scope=message), buckets.headers(name, key))
            await send(message)

        if wait:
            await TooManyRequests(retry_after=ceil(wait)).response(scope)(scope, receive, told)
        else:
            await app(scope, receive, told)


def _add_rate_limit_headers(headers: MutableHeaders, limit: Mapping[str, str]) -> None:
    """Unless all may read it, or it tells of a limit of its own already."""
    if "public" not in headers.get("cache-control", "") and "ratelimit" not in headers:
        headers.update(limit)


def client_network(scope: Scope, proxies: Networks) -> Hashable:
    """The network that a request comes from; None: the machine itself, or everybody behind a proxy nobody has named."""
    address = client_address(scope, proxies)
    if address is None or (address.is_loopback and not proxies):
        return None
    return address.version, int(address) >> (address.max_prefixlen - NETWORK_PREFIX_BITS[address.version])


def client_address(scope: Scope, proxies: Networks) -> Address | None:
    """The address that a request comes from; None where there is none, as on a socket of the file system.

    A trusted proxy says in X-Forwarded-For who asked it, at the right end: going left from there, the first that is no
    trusted proxy counts. What stands further left, anybody can have written.
    """
    address = _parse_address((scope.get("client") or ("",))[0])
    before = [one for value in Headers(scope=scope).getlist("x-forwarded-for") for one in value.split(",")]
    while before and address is not None and any(address in network for network in proxies):
        said = _parse_address(before.pop())
        if said is None:
            break
        address = said
    return address


def _parse_address(text: str) -> Address | None:
    """An address, with a port or without, and an IPv4 one within IPv6 as what it is."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
