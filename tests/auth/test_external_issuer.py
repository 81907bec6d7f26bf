"""The key cache of an external issuer, with a fake clock and fetch."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import ECKey

from app.auth import external_issuer
from app.auth.external_issuer import ExternalIssuer
from app.auth.jwt import InvalidToken
from app.core.problems import Unavailable
from tests.auth.credentials import build_jwk_set, generate_key


class SlowFetch:
    """A fetch that waits until the test lets it respond."""

    def __init__(self, *keys: ECKey) -> None:
        self.keys, self.may_respond = build_jwk_set(*keys), asyncio.Event()

    async def __call__(self, url: str) -> Any:
        await self.may_respond.wait()
        if url.endswith("configuration"):
            return {"issuer": "https://sso.example", "jwks_uri": "https://sso.example/keys"}
        return self.keys


class FakeFetch:
    """A fetch that returns the given keys or fails, and counts the fetches of the keys."""

    def __init__(self, *keys: ECKey) -> None:
        self.keys, self.count, self.is_failing, self.now = build_jwk_set(*keys), 0, False, 0.0

    async def __call__(self, url: str) -> Any:
        if self.is_failing:
            raise OSError
        if url.endswith("configuration"):
            return {"issuer": "https://sso.example", "jwks_uri": "https://sso.example/keys"}
        self.count += 1
        return self.keys


def build_issuer(fetch: FakeFetch) -> ExternalIssuer:
    return ExternalIssuer("https://sso.example", fetch, lambda: fetch.now)


async def test_new_key_is_found_after_the_minimum_fetch_interval() -> None:
    fetch = FakeFetch(generate_key("old"))
    keys = build_issuer(fetch)
    await keys.find_key("old")
    fetch.keys = build_jwk_set(generate_key("new"))
    fetch.now = external_issuer.MIN_FETCH_INTERVAL_SECONDS - 1
    with pytest.raises(InvalidToken):
        await keys.find_key("new")
    fetch.now = external_issuer.MIN_FETCH_INTERVAL_SECONDS + 1
    await keys.find_key("new")
    with pytest.raises(InvalidToken):
        await keys.find_key("old")  # withdrawn
    assert fetch.count == 2


async def test_old_keys_are_refreshed_in_the_background() -> None:
    fetch = FakeFetch(generate_key("old"))
    keys = build_issuer(fetch)
    await keys.find_key("old")
    fetch.now = external_issuer.KEY_CACHE_SECONDS + 1
    fetch.keys = build_jwk_set()
    await keys.find_key("old")  # does not wait for the fetch
    await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    assert fetch.count == 2
    with pytest.raises(InvalidToken):
        await keys.find_key("old")


async def test_unreachable_issuer_is_unavailable() -> None:
    fetch = FakeFetch(generate_key("old"))
    fetch.is_failing = True
    keys = build_issuer(fetch)
    with pytest.raises(Unavailable):
        await keys.find_key("old")
    fetch.is_failing = False
    fetch.now = external_issuer.RETRY_SECONDS + 1
    await keys.find_key("old")
    fetch.is_failing = True
    fetch.now += external_issuer.MAX_KEY_AGE_SECONDS - 1
    await keys.find_key("old")
    await asyncio.sleep(0.01)
    fetch.now += external_issuer.RETRY_SECONDS + 2
    with pytest.raises(Unavailable):
        await keys.find_key("old")


@pytest.mark.parametrize(
    "change",
    [
        lambda jwk: jwk.update(d="AAAA"),
        lambda jwk: jwk.update(use="enc"),
        lambda jwk: jwk.update(alg="ES512"),
        lambda jwk: jwk.update(crv="P-384"),
        lambda jwk: jwk.update(kty="oct", k="c2VjcmV0"),
        lambda jwk: jwk.update(x="AAAA"),
        lambda jwk: jwk.pop("kid"),
    ],
)
async def test_unsupported_keys_are_ignored(change: Callable[[dict[str, Any]], Any]) -> None:
    fetch = FakeFetch(generate_key("good"), generate_key("odd"))
    change(fetch.keys["keys"][1])
    keys = build_issuer(fetch)
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
async def test_invalid_metadata_is_unavailable(metadata: Any) -> None:
    keys = build_jwk_set(generate_key("k"))

    async def fetch(url: str) -> Any:
        return metadata if url.endswith("configuration") else keys

    with pytest.raises(Unavailable):
        await ExternalIssuer("https://sso.example", fetch).find_key("k")


async def test_number_of_waiting_requests_is_limited() -> None:
    """Further requests are answered with 503 at once."""
    fetch = SlowFetch(generate_key("k"))
    keys = ExternalIssuer("https://sso.example", fetch)
    waiting = [asyncio.create_task(keys.find_key("k")) for _ in range(external_issuer.MAX_WAITING_REQUESTS)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(keys.find_key("k"), 0.1)
    fetch.may_respond.set()
    await asyncio.gather(*waiting)
    assert await keys.find_key("k")


@pytest.mark.parametrize("document", [{"error": "maintenance"}, [], {"keys": None}, None])
async def test_document_that_is_no_jwk_set_keeps_the_cached_keys(document: Any) -> None:
    fetch = FakeFetch(generate_key("old"))
    keys = build_issuer(fetch)
    await keys.find_key("old")
    fetch.now, fetch.keys = external_issuer.KEY_CACHE_SECONDS + 1, document
    await keys.find_key("old")
    await asyncio.sleep(0.01)
    assert fetch.count == 2
    await keys.find_key("old")


async def test_unknown_key_is_unavailable_if_the_issuer_is_unreachable() -> None:
    fetch = FakeFetch(generate_key("old"))
    keys = build_issuer(fetch)
    await keys.find_key("old")
    fetch.is_failing, fetch.now = True, external_issuer.MIN_FETCH_INTERVAL_SECONDS + 1
    with pytest.raises(Unavailable):
        await keys.find_key("new")


async def test_start_refresh_fetches_the_keys() -> None:
    fetch = FakeFetch(generate_key("k"))
    keys = build_issuer(fetch)
    keys.start_refresh()
    await asyncio.sleep(0.01)
    assert fetch.count == 1
    await keys.find_key("k")
    assert fetch.count == 1
