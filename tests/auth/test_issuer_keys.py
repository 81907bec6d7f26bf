"""When an outside issuer's keys are fetched, and which of them count: with a clock and a fetch of the test's own."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import ECKey

from app.auth import external_issuer as outside
from app.auth.external_issuer import ExternalIssuer
from app.auth.jwt import InvalidToken
from app.core.problems import Unavailable
from tests.auth.made import key_set, new_key


class Slow:
    """An issuer that takes a request and answers once it may."""

    def __init__(self, *keys: ECKey) -> None:
        self.keys, self.may_answer = key_set(*keys), asyncio.Event()

    async def __call__(self, address: str) -> Any:
        await self.may_answer.wait()
        if address.endswith("configuration"):
            return {"issuer": "https://sso.example", "jwks_uri": "https://sso.example/keys"}
        return self.keys


class Fetched:
    """A fetch of the test's own: what it returns, or raises, and how often it was asked for the keys."""

    def __init__(self, *keys: ECKey) -> None:
        self.keys, self.count, self.fault, self.now = key_set(*keys), 0, False, 0.0

    async def __call__(self, address: str) -> Any:
        if self.fault:
            raise OSError
        if address.endswith("configuration"):
            return {"issuer": "https://sso.example", "jwks_uri": "https://sso.example/keys"}
        self.count += 1
        return self.keys


def issuer_with(fetched: Fetched) -> ExternalIssuer:
    return ExternalIssuer("https://sso.example", fetched, lambda: fetched.now)


async def test_a_new_key_is_found_after_the_cool_down() -> None:
    fetched = Fetched(new_key("old"))
    keys = issuer_with(fetched)
    await keys.find_key("old")
    fetched.keys = key_set(new_key("new"))
    fetched.now = outside.MIN_FETCH_INTERVAL_SECONDS - 1
    with pytest.raises(InvalidToken):
        await keys.find_key("new")
    fetched.now = outside.MIN_FETCH_INTERVAL_SECONDS + 1
    await keys.find_key("new")
    with pytest.raises(InvalidToken):
        await keys.find_key("old")  # withdrawn
    assert fetched.count == 2


async def test_keys_are_fetched_anew_behind_the_answers() -> None:
    fetched = Fetched(new_key("old"))
    keys = issuer_with(fetched)
    await keys.find_key("old")
    fetched.now = outside.KEY_CACHE_SECONDS + 1
    fetched.keys = key_set()
    await keys.find_key("old")  # nobody waits
    await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    assert fetched.count == 2
    with pytest.raises(InvalidToken):
        await keys.find_key("old")


async def test_an_issuer_that_is_away_is_doubt_and_no_refusal() -> None:
    fetched = Fetched(new_key("old"))
    fetched.fault = True
    keys = issuer_with(fetched)
    with pytest.raises(Unavailable):
        await keys.find_key("old")
    fetched.fault = False
    fetched.now = outside.RETRY_SECONDS + 1
    await keys.find_key("old")
    fetched.fault = True
    fetched.now += outside.MAX_KEY_AGE_SECONDS - 1
    await keys.find_key("old")
    await asyncio.sleep(0.01)
    fetched.now += outside.RETRY_SECONDS + 2
    with pytest.raises(Unavailable):
        await keys.find_key("old")


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(d="AAAA"),
        lambda one: one.update(use="enc"),
        lambda one: one.update(alg="ES512"),
        lambda one: one.update(crv="P-384"),
        lambda one: one.update(kty="oct", k="c2VjcmV0"),
        lambda one: one.update(x="AAAA"),
        lambda one: one.pop("kid"),
    ],
)
async def test_only_keys_for_our_signatures_count(change: Callable[[dict[str, Any]], Any]) -> None:
    fetched = Fetched(new_key("good"), new_key("odd"))
    change(fetched.keys["keys"][1])
    keys = issuer_with(fetched)
    await keys.find_key("good")
    with pytest.raises(InvalidToken):
        await keys.find_key("odd")


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example", "jwks_uri": "https://sso.example/keys"},
        {"issuer": "https://sso.example", "jwks_uri": "http://sso.example/keys"},
        {"issuer": "https://sso.example", "jwks_uri": "file:///etc/keys"},
        {"issuer": "https://sso.example"},
        [],
    ],
)
async def test_metadata_that_cannot_be_believed(metadata: Any) -> None:
    keys = key_set(new_key("k"))

    async def fetch(address: str) -> Any:
        return metadata if address.endswith("configuration") else keys

    with pytest.raises(Unavailable):
        await ExternalIssuer("https://sso.example", fetch).find_key("k")


async def test_few_wait_for_an_issuer_that_hangs() -> None:
    """Each of them holds a place of the service's; the rest are told at once to come back."""
    slow = Slow(new_key("k"))
    keys = ExternalIssuer("https://sso.example", slow)
    waiting = [asyncio.create_task(keys.find_key("k")) for _ in range(outside.MAX_WAITING_REQUESTS)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(keys.find_key("k"), 0.1)
    slow.may_answer.set()
    await asyncio.gather(*waiting)
    assert await keys.find_key("k")


@pytest.mark.parametrize("document", [{"error": "maintenance"}, [], {"keys": None}, None])
async def test_what_is_no_key_set_takes_no_key_away(document: Any) -> None:
    fetched = Fetched(new_key("old"))
    keys = issuer_with(fetched)
    await keys.find_key("old")
    fetched.now, fetched.keys = outside.KEY_CACHE_SECONDS + 1, document
    await keys.find_key("old")
    await asyncio.sleep(0.01)
    assert fetched.count == 2
    await keys.find_key("old")


async def test_a_key_that_is_not_known_while_the_issuer_is_away_is_doubt() -> None:
    fetched = Fetched(new_key("old"))
    keys = issuer_with(fetched)
    await keys.find_key("old")
    fetched.fault, fetched.now = True, outside.MIN_FETCH_INTERVAL_SECONDS + 1
    with pytest.raises(Unavailable):
        await keys.find_key("new")


async def test_its_keys_are_asked_for_as_the_service_starts() -> None:
    fetched = Fetched(new_key("k"))
    keys = issuer_with(fetched)
    keys.start_refresh()
    await asyncio.sleep(0.01)
    assert fetched.count == 1
    await keys.find_key("k")
    assert fetched.count == 1
