from ipaddress import ip_address, ip_network
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from app.core.http.rate_limits import RateLimitMiddleware, RateLimits, client_address
from app.core.problems import Unauthenticated
from app.settings import Settings
from tests.core.http.test_buckets import Clock


async def public(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("", headers={"Cache-Control": "public, max-age=60"})(scope, receive, send)


async def private(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("", headers={"Cache-Control": "no-store"})(scope, receive, send)


async def unchanged(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("", 304, {"Cache-Control": "no-store"})(scope, receive, send)


async def unreached(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("a caller with a refused token was let in")


async def ask(
    limits: RateLimitMiddleware,
    *,
    at: str | None = "203.0.113.7",
    caller: str | None = None,
    path: str = "/v1/x",
    via: str = "",
    had: str = "",
    **state: Any,
) -> httpx.Response:
    """The answer to a request from this address, of this client, past these proxies."""
    messages: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        messages.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": [(b"x-forwarded-for", one.encode()) for one in via.split("|") if one]
        + [(b"if-none-match", had.encode())] * bool(had),
        "client": at and (at, 50000),
        "state": {"caller": caller and SimpleNamespace(client_id=caller), **state},
    }
    await limits(scope, receive, send)
    return httpx.Response(messages[0]["status"], headers=messages[0]["headers"], content=messages[1]["body"])


def limits(app: Any = private, **rest: Any) -> RateLimitMiddleware:
    few = {"rate_client": 1, "burst_client": 3, "rate_network": 1, "burst_network": 2}
    clock = rest.pop("clock", None) or Clock()
    return RateLimitMiddleware(app, RateLimits(**{**few, **rest}), clock)


class TestLimits:
    async def test_one_too_many_is_told_when_to_come_back(self) -> None:
        house = limits()
        assert [(await ask(house)).status_code for _ in range(3)] == [200, 200, 429]
        answer = await ask(house)
        assert answer.json()["code"] == "too_many_requests"
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["ratelimit-policy"] == '"network";q=2;w=2'
        assert answer.headers["ratelimit"] == '"network";r=0;t=2'

    async def test_retry_after_is_long_enough(self) -> None:
        clock = Clock()
        house = limits(rate_network=0.3, burst_network=1, clock=clock)
        await ask(house)
        clock.now += int((await ask(house)).headers["retry-after"])
        assert (await ask(house)).status_code == 200

    async def test_a_client_has_its_own_wherever_it_is(self) -> None:
        house = limits()
        for at in ("203.0.113.7", "198.51.100.7", "127.0.0.1"):
            assert (await ask(house, caller="gate-1", at=at)).status_code == 200
        answer = await ask(house, caller="gate-1")
        assert (answer.status_code, answer.headers["ratelimit"]) == (429, '"client";r=0;t=3')
        assert answer.headers["ratelimit-policy"] == '"client";q=3;w=3'
        assert (await ask(house, caller="gate-2")).status_code == 200
        assert (await ask(house)).headers["ratelimit"] == '"network";r=1;t=1'

    @pytest.mark.parametrize(
        ("one", "same", "other"),
        [
            ("203.0.113.7", "203.0.113.250", "203.0.114.7"),
            ("2001:db8:0:100::1", "2001:db8:0:1ff:ffff::2", "2001:db8:0:200::1"),
            ("203.0.113.7", "::ffff:203.0.113.9", "::cb00:7107"),
        ],
        ids=["/24", "/56", "IPv4 within IPv6"],
    )
    async def test_a_network_is_one_caller(self, one: str, same: str, other: str) -> None:
        house = limits()
        assert [(await ask(house, at=at)).status_code for at in (one, same, one)] == [200, 200, 429]
        assert (await ask(house, at=other)).status_code == 200

    async def test_what_is_public_says_nothing_of_one_caller(self) -> None:
        house = limits(public)
        assert not {"ratelimit", "ratelimit-policy"} & set((await ask(house)).headers)
        await ask(house)
        assert {"ratelimit", "ratelimit-policy"} <= set((await ask(house)).headers)

    async def test_what_is_not_public_says_what_is_left(self) -> None:
        assert (await ask(limits())).headers["ratelimit"] == '"network";r=1;t=1'

    async def test_a_304_is_free(self) -> None:
        house = limits(unchanged)
        for _ in range(10):
            answer = await ask(house)
            assert (answer.status_code, answer.headers["ratelimit"]) == (304, '"network";r=2;t=0')

    async def test_a_304_to_any_version_is_none(self) -> None:
        """Whoever sends `*` has nothing, and has made us look all the same."""
        house = limits(unchanged)
        assert [(await ask(house, had='"x", *')).status_code for _ in range(3)] == [304, 304, 429]
        assert (await ask(house, at="198.51.100.7", had='"*"')).status_code == 304

    async def test_a_limit_that_is_told_already_stays(self) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await PlainTextResponse("", 429, {"RateLimit": "its own"})(scope, receive, send)

        assert (await ask(limits(app))).headers["ratelimit"] == "its own"

    async def test_a_token_that_is_refused_is_its_networks(self) -> None:
        """Else nobody would count those who try tokens out."""
        house = limits(unreached)
        codes = [(await ask(house, problem=Unauthenticated())).json()["code"] for _ in range(3)]
        assert codes == ["unauthenticated", "unauthenticated", "too_many_requests"]

    @pytest.mark.parametrize("path", ["/metrics", "/health/live", "/health/ready"])
    async def test_probes_are_never_limited(self, path: str) -> None:
        house = limits()
        for _ in range(10):
            answer = await ask(house, path=path)
            assert (answer.status_code, "ratelimit" in answer.headers) == (200, False)

    async def test_what_only_begins_like_a_probe_is(self) -> None:
        house = limits()
        assert [(await ask(house, path="/metrics/x")).status_code for _ in range(3)] == [200, 200, 429]

    async def test_without_a_rate_there_is_no_limit(self) -> None:
        house = limits(rate_client=0, rate_network=0)
        for caller in (None, "gate-1") * 5:
            answer = await ask(house, caller=caller)
            assert (answer.status_code, "ratelimit" in answer.headers) == (200, False)

    @pytest.mark.parametrize("at", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", None])
    async def test_the_machine_itself_is_not_counted(self, at: str | None) -> None:
        house = limits()
        for _ in range(10):
            answer = await ask(house, at=at, via="203.0.113.7")
            assert (answer.status_code, answer.headers["ratelimit"]) == (200, '"network";r=2;t=0')

    async def test_with_a_trusted_proxy_it_is(self) -> None:
        house = limits(trusted_proxies=[ip_network("127.0.0.1/32")])
        for _ in range(2):
            assert (await ask(house, at="127.0.0.1", via="203.0.113.7")).status_code == 200
        assert (await ask(house, at="127.0.0.1", via="203.0.113.7")).status_code == 429
        assert (await ask(house, at="127.0.0.1", via="198.51.100.7")).status_code == 200
        assert [(await ask(house, at="127.0.0.1")).status_code for _ in range(3)] == [200, 200, 429]


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
def test_the_first_address_from_the_right_that_is_no_trusted_proxy(peer: str, forwarded: str, expected: str) -> None:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded.split("|") if one]
    assert client_address({"type": "http", "client": (peer, 1), "headers": headers}, PROXIES) == ip_address(expected)


def test_proxies_are_named_with_commas_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAKORNAS_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    assert Settings().trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    monkeypatch.setenv("RAKORNAS_TRUSTED_PROXIES", "10.0.0.1/8")
    with pytest.raises(ValueError, match="not a valid IPv4 network"):
        Settings()
