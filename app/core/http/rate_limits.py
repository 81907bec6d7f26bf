"""Rate limits: one token bucket per client or network.

Each worker counts for itself and stores one number per caller, so no shared store is needed.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from itertools import islice
from math import ceil

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.http.addresses import Networks, client_network
from app.core.http.conditional import parse_if_none_match
from app.core.problems import Problem, TooManyRequests

Clock = Callable[[], float]

MAX_BUCKETS = 10_000
COST_OF_304 = 0.1  # of a request: the caller sends less, but the service does nearly the same work


class TokenBuckets:
    """One token bucket per key, refilled at a constant rate.

    Of each bucket only the time is stored at which it will be full again (generic cell rate algorithm). Full buckets
    are removed.
    """

    def __init__(
        self, rate: float, burst: int, *, max_buckets: int = MAX_BUCKETS, clock: Clock = time.monotonic
    ) -> None:
        """Create an empty set of buckets.

        Args:
            rate: Tokens added per second.
            burst: Capacity of a bucket, in tokens.
            max_buckets: Largest number of buckets; the least recently used one is removed when it is exceeded.
            clock: Returns the current time in seconds.
        """
        self.rate = rate
        self.burst = burst
        self.max_buckets = max_buckets
        self.clock = clock
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def seconds_until(self, key: Hashable, cost: float = 1) -> float:
        """Return the seconds until the key's bucket has `cost` tokens (at most `burst`), 0 if it has; take none."""
        now = self.clock()
        wait = max(self._full_at.get(key, now), now) + cost / self.rate - now - self.burst / self.rate
        return wait if wait > 1e-9 else 0.0  # adding fractions of seconds leaves a rounding error

    def take(self, key: Hashable, cost: float = 1) -> float:
        """Take tokens from the key's bucket and return 0; if too few, take none and return the seconds to wait."""
        wait = self.seconds_until(key, cost)
        if not wait:
            self.charge(key, cost)
        return wait

    def charge(self, key: Hashable, cost: float = 1) -> None:
        """Take tokens even if too few are in the bucket, which then has a debt of at most another `burst`."""
        now = self.clock()
        full_at = max(self._full_at.get(key, now), now) + cost / self.rate
        self._full_at[key] = min(full_at, now + 2 * self.burst / self.rate)
        self._full_at.move_to_end(key)
        self._evict(now)

    def refund(self, key: Hashable, cost: float = 1) -> None:
        """Put tokens that were taken and not used back into the key's bucket."""
        if key in self._full_at:
            self._full_at[key] -= cost / self.rate

    def remaining(self, key: Hashable) -> tuple[int, int]:
        """Return the whole tokens in the key's bucket, and the seconds until it is full."""
        missing = max(self._full_at.get(key, 0.0) - self.clock(), 0.0)
        return max(int(self.burst - missing * self.rate + 1e-6), 0), ceil(missing - 1e-6)

    def headers(self, policy: str, key: Hashable) -> dict[str, str]:
        """Return the headers RateLimit-Policy and RateLimit of a key's bucket, with this name of the policy."""
        tokens, seconds = self.remaining(key)
        return {
            "RateLimit-Policy": f'"{policy}";q={self.burst};w={ceil(self.burst / self.rate)}',
            "RateLimit": f'"{policy}";r={tokens};t={seconds}',
        }

    def _evict(self, now: float) -> None:
        """Remove up to two of the least recently used buckets, if they are full again or if there are too many.

        Two per charge, which adds at most one bucket, keep the number below the limit without a long sweep.
        """
        for key in list(islice(self._full_at, 2)):
            if self._full_at[key] > now and len(self._full_at) <= self.max_buckets:
                break
            del self._full_at[key]


@dataclass(frozen=True)
class RateLimits:
    """Requests that a caller may make to one worker.

    Attributes:
        rate_client: Requests per second of an authenticated client; 0: no limit.
        burst_client: Requests that such a client may make at once.
        rate_network: Requests per second of all callers without a token in one network; 0: no limit.
        burst_network: Requests that such a network may make at once.
        trusted_proxies: Networks of the proxies whose X-Forwarded-For is believed.
        separate_paths: Paths whose requests without a token are counted apart from those of other paths.
    """

    rate_client: float = 50
    burst_client: int = 200
    rate_network: float = 100
    burst_network: int = 400
    trusted_proxies: Networks = ()
    separate_paths: tuple[str, ...] = ()


class RateLimitMiddleware:
    """Answer 429 with Retry-After (RFC 6585, section 4) to callers that exceed their rate.

    Callers with a token are counted by client, others by network. `/health/*` and `/metrics` are not limited. Every
    response carries RateLimit-Policy and RateLimit, except public ones, which caches share between callers. A 304 costs
    a tenth of a request for a caller that named an entity tag. Requests that an earlier middleware rejected
    (`state["problem"]`) are counted and answered here.

    If no proxy is trusted, callers from the loopback address without a token are not counted: they are the operator, or
    everybody behind a proxy that is not configured.
    """

    def __init__(self, app: ASGIApp, limits: RateLimits | None = None, clock: Clock = time.monotonic) -> None:
        limits = limits or RateLimits()
        self.app = app
        self.clients = (
            TokenBuckets(limits.rate_client, limits.burst_client, clock=clock) if limits.rate_client else None
        )
        self.networks = (
            TokenBuckets(limits.rate_network, limits.burst_network, clock=clock) if limits.rate_network else None
        )
        self.trusted_proxies = limits.trusted_proxies
        self.separate_paths = limits.separate_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        problem: Problem | None = scope.get("state", {}).get("problem")
        app = problem.response(scope) if problem else self.app
        if scope["path"] == "/metrics" or scope["path"].startswith("/health/"):
            await app(scope, receive, send)
            return
        caller = scope.get("state", {}).get("caller")
        policy, buckets = ("network", self.networks) if caller is None else ("client", self.clients)
        if buckets is None:
            await app(scope, receive, send)
            return
        key = self._network_key(scope) if caller is None else caller.client_id
        wait = 0.0 if key is None else buckets.take(key)
        is_cheap_if_unchanged = key is not None and "*" not in parse_if_none_match(
            Headers(scope=scope).getlist("if-none-match")
        )

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 304 and is_cheap_if_unchanged:
                    buckets.refund(key, 1 - COST_OF_304)
                _add_rate_limit_headers(MutableHeaders(scope=message), buckets.headers(policy, key))
            await send(message)

        if wait:
            await TooManyRequests(retry_after=ceil(wait)).response(scope)(scope, receive, send_with_headers)
        else:
            await app(scope, receive, send_with_headers)

    def _network_key(self, scope: Scope) -> Hashable:
        """Return the key of the bucket of a request without a token; None if it is not counted."""
        network = client_network(scope, self.trusted_proxies)
        is_separate = network is not None and scope["path"] in self.separate_paths
        return (network, scope["path"]) if is_separate else network


def _add_rate_limit_headers(response_headers: MutableHeaders, rate_limit: Mapping[str, str]) -> None:
    """Add these RateLimit headers in place to a response unless it is public or already has a RateLimit header."""
    if "public" not in response_headers.get("cache-control", "") and "ratelimit" not in response_headers:
        response_headers.update(rate_limit)
