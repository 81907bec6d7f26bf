from ipaddress import ip_address, ip_network
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from app.core.http.addresses import client_address
from app.core.http.rate_limits import RateLimitMiddleware, RateLimits
from app.core.problems import Unauthenticated
from app.settings import Settings
from tests.core.http.test_token_buckets import ManualClock


async def public_app(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("", headers={"Cache-Control": "public, max-age=60"})(scope, receive, send)


async def private_app(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("", headers={"Cache-Control": "no-store"})(scope, receive, send)


async def not_modified_app(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("", 304, {"Cache-Control": "no-store"})(scope, receive, send)


async def unreachable_app(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("a request with a rejected token reached the app")


async def send_request(
    build_middleware: RateLimitMiddleware,
    *,
    address: str | None = "203.0.113.7",
    caller: str | None = None,
    path: str = "/v1/x",
    forwarded_for: str = "",
    if_none_match: str = "",
    **state: Any,
) -> httpx.Response:
    """Send a request from an address, of a client, with X-Forwarded-For headers separated by `|`."""
    messages: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        messages.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": [(b"x-forwarded-for", first.encode()) for first in forwarded_for.split("|") if first]
        + [(b"if-none-match", if_none_match.encode())] * bool(if_none_match),
        "client": address and (address, 50000),
        "state": {"caller": caller and SimpleNamespace(client_id=caller), **state},
    }
    await build_middleware(scope, receive, send)
    return httpx.Response(messages[0]["status"], headers=messages[0]["headers"], content=messages[1]["body"])


def build_middleware(app: Any = private_app, **options: Any) -> RateLimitMiddleware:
    defaults = {"rate_client": 1, "burst_client": 3, "rate_network": 1, "burst_network": 2}
    clock = options.pop("clock", None) or ManualClock()
    return RateLimitMiddleware(app, RateLimits(**{**defaults, **options}), clock)


class TestRateLimitMiddleware:
    async def test_exceeded_rate_is_429_with_retry_after(self) -> None:
        middleware = build_middleware()
        assert [(await send_request(middleware)).status_code for _ in range(3)] == [200, 200, 429]
        response = await send_request(middleware)
        assert response.json()["code"] == "too_many_requests"
        assert response.headers["retry-after"] == "1"
        assert response.headers["ratelimit-policy"] == '"network";q=2;w=2'
        assert response.headers["ratelimit"] == '"network";r=0;t=2'

    async def test_request_after_retry_after_is_allowed(self) -> None:
        clock = ManualClock()
        middleware = build_middleware(rate_network=0.3, burst_network=1, clock=clock)
        await send_request(middleware)
        clock.now += int((await send_request(middleware)).headers["retry-after"])
        assert (await send_request(middleware)).status_code == 200

    async def test_clients_are_counted_separately_from_any_address(self) -> None:
        middleware = build_middleware()
        for address in ("203.0.113.7", "198.51.100.7", "127.0.0.1"):
            assert (await send_request(middleware, caller="gate-1", address=address)).status_code == 200
        response = await send_request(middleware, caller="gate-1")
        assert (response.status_code, response.headers["ratelimit"]) == (429, '"client";r=0;t=3')
        assert response.headers["ratelimit-policy"] == '"client";q=3;w=3'
        assert (await send_request(middleware, caller="gate-2")).status_code == 200
        assert (await send_request(middleware)).headers["ratelimit"] == '"network";r=1;t=1'

    @pytest.mark.parametrize(
        ("first", "same", "other"),
        [
            ("203.0.113.7", "203.0.113.250", "203.0.114.7"),
            ("2001:db8:0:100::1", "2001:db8:0:1ff:ffff::2", "2001:db8:0:200::1"),
            ("203.0.113.7", "::ffff:203.0.113.9", "::cb00:7107"),
        ],
        ids=["/24", "/56", "IPv4 within IPv6"],
    )
    async def test_addresses_of_one_network_share_a_bucket(self, first: str, same: str, other: str) -> None:
        middleware = build_middleware()
        assert [(await send_request(middleware, address=address)).status_code for address in (first, same, first)] == [
            200,
            200,
            429,
        ]
        assert (await send_request(middleware, address=other)).status_code == 200

    async def test_public_response_has_no_rate_limit_headers(self) -> None:
        middleware = build_middleware(public_app)
        assert not {"ratelimit", "ratelimit-policy"} & set((await send_request(middleware)).headers)
        await send_request(middleware)
        assert {"ratelimit", "ratelimit-policy"} <= set((await send_request(middleware)).headers)

    async def test_private_response_has_rate_limit_headers(self) -> None:
        assert (await send_request(build_middleware())).headers["ratelimit"] == '"network";r=1;t=1'

    async def test_304_costs_a_tenth(self) -> None:
        middleware = build_middleware(not_modified_app)
        for _ in range(11):  # each needs a whole token before, and gets nine tenths back
            assert (await send_request(middleware)).status_code == 304
        assert (await send_request(middleware)).status_code == 429

    async def test_separate_path_has_a_bucket_of_its_own(self) -> None:
        """Otherwise those who only read would keep the devices of the same network from getting tokens."""
        middleware = build_middleware(separate_paths=("/oauth/token",))
        assert [(await send_request(middleware)).status_code for _ in range(3)] == [200, 200, 429]
        for status in (200, 200, 429):
            assert (await send_request(middleware, path="/oauth/token")).status_code == status
        assert (await send_request(middleware, path="/oauth/token/x")).status_code == 429

    async def test_304_to_a_wildcard_is_counted(self) -> None:
        """A caller that sends `*` has no stored response, and the service did all the work."""
        middleware = build_middleware(not_modified_app)
        assert [(await send_request(middleware, if_none_match=" * ")).status_code for _ in range(3)] == [304, 304, 429]
        assert (await send_request(middleware, address="198.51.100.7", if_none_match='"*"')).status_code == 304

    async def test_rate_limit_headers_of_the_app_are_kept(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await PlainTextResponse("", 429, {"RateLimit": "its own"})(scope, receive, send)

        assert (await send_request(build_middleware(app))).headers["ratelimit"] == "its own"

    async def test_rejected_token_is_counted_by_network(self) -> None:
        """Otherwise attempts to guess a token would not be counted."""
        middleware = build_middleware(unreachable_app)
        codes = [(await send_request(middleware, problem=Unauthenticated())).json()["code"] for _ in range(3)]
        assert codes == ["unauthenticated", "unauthenticated", "too_many_requests"]

    @pytest.mark.parametrize("path", ["/metrics", "/health/live", "/health/ready"])
    async def test_probes_are_not_limited(self, path: str) -> None:
        middleware = build_middleware()
        for _ in range(10):
            response = await send_request(middleware, path=path)
            assert (response.status_code, "ratelimit" in response.headers) == (200, False)

    async def test_other_paths_with_the_prefix_of_a_probe_are_limited(self) -> None:
        middleware = build_middleware()
        assert [(await send_request(middleware, path="/metrics/x")).status_code for _ in range(3)] == [200, 200, 429]

    async def test_rate_0_is_no_limit(self) -> None:
        middleware = build_middleware(rate_client=0, rate_network=0)
        for caller in (None, "gate-1") * 5:
            response = await send_request(middleware, caller=caller)
            assert (response.status_code, "ratelimit" in response.headers) == (200, False)

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", None])
    async def test_loopback_address_is_not_counted(self, address: str | None) -> None:
        middleware = build_middleware()
        for _ in range(10):
            response = await send_request(middleware, address=address, forwarded_for="203.0.113.7")
            assert (response.status_code, response.headers["ratelimit"]) == (200, '"network";r=2;t=0')

    async def test_loopback_address_is_counted_if_a_proxy_is_trusted(self) -> None:
        middleware = build_middleware(trusted_proxies=[ip_network("127.0.0.1/32")])
        for _ in range(2):
            assert (await send_request(middleware, address="127.0.0.1", forwarded_for="203.0.113.7")).status_code == 200
        assert (await send_request(middleware, address="127.0.0.1", forwarded_for="203.0.113.7")).status_code == 429
        assert (await send_request(middleware, address="127.0.0.1", forwarded_for="198.51.100.7")).status_code == 200
        assert [(await send_request(middleware, address="127.0.0.1")).status_code for _ in range(3)] == [200, 200, 429]


PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("198.51.100.1", "203.0.113.7", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "192.0.2.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "192.0.2.1, 203.0.113.7, 10.9.9.9", "203.0.113.7"),
        ("10.0.0.1", "192.0.2.1|203.0.113.7|10.9.9.9 ", "203.0.113.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "203.0.113.7, unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7, ", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
        ("2001:db8::1", "[2001:db9::7]:4711", "2001:db9::7"),
        ("::ffff:10.0.0.1", "2001:db9::7", "2001:db9::7"),
    ],
)
def test_client_address_is_the_rightmost_untrusted_one(peer: str, forwarded: str, expected: str) -> None:
    headers = [(b"x-forwarded-for", first.encode()) for first in forwarded.split("|") if first]
    assert client_address({"type": "http", "client": (peer, 1), "headers": headers}, PROXIES) == ip_address(expected)


def test_trusted_proxies_are_comma_separated_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAKORNAS_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    assert Settings().trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    monkeypatch.setenv("RAKORNAS_TRUSTED_PROXIES", "10.0.0.1/8")
    with pytest.raises(ValueError, match="not a valid IPv4 network"):
        Settings()
