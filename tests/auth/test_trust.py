"""What a worker holds in memory, with a clock and records of the test's own."""

import time
from typing import Any

import pytest
import time_machine

from app.auth import TokenVerifier, tokens, verifier
from app.auth.jwt import InvalidToken
from app.auth.keys import ACCESS_TOKEN_SECONDS, SigningKey
from app.auth.repository import VerifierState
from app.auth.scopes import Scope
from app.core.problems import Unavailable
from app.settings import Settings
from tests.auth.made import signing_key

GRANT = tokens.Grant("a-client", "bappenas", 3, ["changes:read", "unheard:of"], "kpu-31", None, "a-secret")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Records:
    """What stands in the database, or a fault of it."""

    def __init__(self, *keys: SigningKey) -> None:
        self.found = VerifierState(keys, {}, frozenset())
        self.fault: Exception | None = None
        self.asked = 0

    async def fetch_state(self) -> VerifierState:
        self.asked += 1
        if self.fault:
            raise self.fault
        return self.found

    async def add_signing_key(self) -> None:
        self.found = self.found._replace(
            signing_keys=(*self.found.signing_keys, signing_key(f"made {self.asked}", begins=-1))
        )

    async def close(self) -> None: ...


class Held:
    """A trust that learns when the test says so."""

    def __init__(self, *keys: SigningKey) -> None:
        self.clock, self.records = Clock(), Records(*keys)
        self.trust = TokenVerifier(Settings(), repository=self.records, clock=self.clock)

    async def learn(self, **changes: Any) -> None:
        self.records.found = self.records.found._replace(**changes)
        await self.trust._refresh()

    def issue(self, **changes: Any) -> bytes:
        key = self.trust.signing_keys.find_signing_key(time.time())
        assert key
        grant = tokens.Grant(**{name: getattr(GRANT, name) for name in GRANT.__slots__} | changes)
        made = tokens.issue_access_token(
            grant, key, issuer=self.trust.issuer, audience=self.trust.audience, now=time.time()
        )
        return made.encode()


@pytest.fixture
async def held() -> Held:
    held = Held(signing_key())
    await held.learn()
    return held


async def test_a_token_says_who_its_client_is(held: Held) -> None:
    token = held.issue()
    assert held.trust.find_cached_caller(token) is None
    caller = await held.trust.verify(token)
    assert (caller.client_id, caller.name, caller.organization, caller.meeting) == (
        "a-client",
        "bappenas",
        "kpu-31",
        None,
    )
    assert caller.scopes == {Scope.CHANGES_READ}  # what is no scope of ours gives nothing
    assert held.trust.find_cached_caller(token) is caller


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"client_revisions": {"another": None, "a-client": 3}}, True),
        ({"client_revisions": {"a-client": 2}}, True),  # made after a change that this worker has not heard of
        ({"client_revisions": {"a-client": 4}}, False),
        ({"client_revisions": {"a-client": None}}, False),
        ({"revoked_secrets": frozenset({"another"})}, True),
        ({"revoked_secrets": frozenset({"a-secret"})}, False),
    ],
)
async def test_what_is_revoked_is_no_longer_good(held: Held, changes: dict[str, Any], good: bool) -> None:
    """Whether it was seen before or not."""
    seen, unseen = held.issue(), held.issue()
    await held.trust.verify(seen)
    await held.learn(**changes)
    if good:
        assert held.trust.find_cached_caller(seen)
        assert await held.trust.verify(unseen)
    else:
        with pytest.raises(InvalidToken):
            held.trust.find_cached_caller(seen)
        with pytest.raises(InvalidToken):
            await held.trust.verify(unseen)


async def test_a_client_with_keys_has_no_secret_to_be_revoked(held: Held) -> None:
    token = held.issue(secret_id=None)
    await held.learn(revoked_secrets=frozenset({"a-secret"}))
    assert await held.trust.verify(token)


async def test_older_than_5_seconds_is_never_a_pass(held: Held) -> None:
    """And well again with the next answer of the database."""
    seen, unseen = held.issue(), held.issue()
    await held.trust.verify(seen)
    held.records.fault = OSError("gone")
    held.clock.now += 4.9
    await held.trust._refresh()
    assert held.trust.find_cached_caller(seen)
    held.clock.now += 0.2
    with pytest.raises(Unavailable):
        held.trust.find_cached_caller(seen)
    with pytest.raises(Unavailable):
        await held.trust.verify(unseen)
    with pytest.raises(Unavailable):
        await held.trust.get_signing_key()
    for forged in (b"x", unseen[:-4] + b"AAAA"):  # whatever has changed, these are no good
        with pytest.raises(InvalidToken):
            await held.trust.verify(forged)
    of_an_unknown_key = Held(signing_key("unheard of"))
    await of_an_unknown_key.learn()
    with pytest.raises(Unavailable):
        await held.trust.verify(of_an_unknown_key.issue())
    held.records.fault = None
    await held.trust._refresh()
    assert held.trust.find_cached_caller(seen)
    assert await held.trust.verify(unseen)


async def test_what_was_asked_before_counts_from_then(held: Held) -> None:
    """An answer that was long on its way tells of the instant at which it was asked for."""
    slow = held.records.fetch_state

    async def delayed_state() -> VerifierState:
        found = await slow()
        held.clock.now += 3
        return found

    held.records.fetch_state = delayed_state  # type: ignore[method-assign]
    await held.trust._refresh()
    token = held.issue()
    held.clock.now += 2.1
    with pytest.raises(Unavailable):
        await held.trust.verify(token)


async def test_before_the_first_answer_nobody_passes() -> None:
    held = Held(signing_key())
    held.records.fault = OSError("gone")
    await held.trust.start()
    try:
        with pytest.raises(Unavailable):
            held.trust.list_public_jwks()
        with pytest.raises(Unavailable):
            await held.trust.get_signing_key()
    finally:
        await held.trust.stop()


async def test_a_token_ends_though_it_is_remembered(held: Held) -> None:
    token = held.issue()
    await held.trust.verify(token)
    with time_machine.travel(time.time() + ACCESS_TOKEN_SECONDS - 2, tick=False):
        assert held.trust.find_cached_caller(token)
    with time_machine.travel(time.time() + ACCESS_TOKEN_SECONDS + 1, tick=False):
        assert held.trust.find_cached_caller(token) is None
        with pytest.raises(InvalidToken):
            await held.trust.verify(token)


async def test_what_is_remembered_is_bounded(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "MAX_CACHED_TOKENS", 3)
    issued = [held.issue() for _ in range(5)]
    for token in issued:
        await held.trust.verify(token)
    assert [held.trust.find_cached_caller(token) is not None for token in issued] == [False, False, True, True, True]


async def test_with_a_key_its_tokens_go(held: Held) -> None:
    """A key that is taken out of the database has been stolen, say."""
    token = held.issue()
    await held.trust.verify(token)
    await held.learn(signing_keys=(signing_key("another"),))
    assert held.trust.find_cached_caller(token) is None
    with pytest.raises(InvalidToken):
        await held.trust.verify(token)


async def test_whoever_first_needs_a_key_makes_it() -> None:
    held = Held()
    await held.learn()
    assert held.trust.list_public_jwks() == []
    assert held.records.found.signing_keys == ()  # nobody needs one yet
    key = await held.trust.get_signing_key()
    assert [one["kid"] for one in held.trust.list_public_jwks()] == [key.kid]
    assert await held.trust.get_signing_key() is key
    assert len(held.records.found.signing_keys) == 1


async def test_public_keys_are_public(held: Held) -> None:
    (shown,) = held.trust.list_public_jwks()
    assert set(shown) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


async def test_a_successor_is_made_a_day_ahead() -> None:
    held = Held(signing_key("old", ends=86400 + 60))
    await held.learn()
    assert [key.kid for key in held.records.found.signing_keys] == ["old"]
    held = Held(signing_key("old", ends=86400 - 60))
    await held.learn()
    assert len(held.records.found.signing_keys) == 2
    assert len(held.trust.list_public_jwks()) == 2  # published as soon as it is made


async def test_a_key_verifies_until_its_last_token_has_ended() -> None:
    held = Held(signing_key("old", ends=5), signing_key("new", begins=5))
    await held.learn()
    token = held.issue()
    now = time.time()
    with time_machine.travel(now + 10, tick=False):
        signing = held.trust.signing_keys.find_signing_key(time.time())
        assert signing
        assert signing.kid == "new"
        assert await held.trust.verify(token)
        assert {one["kid"] for one in held.trust.list_public_jwks()} == {"old", "new"}
    with time_machine.travel(now + 5 + ACCESS_TOKEN_SECONDS + 1, tick=False):
        assert {one["kid"] for one in held.trust.list_public_jwks()} == {"new"}
