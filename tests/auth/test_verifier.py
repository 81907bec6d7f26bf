"""The token verifier with a fake clock and repository."""

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
from tests.auth.credentials import build_signing_key

GRANT = tokens.Grant("a-client", "bappenas", 3, ["changes:read", "unheard:of"], "kpu-31", None, "a-secret")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeRepository:
    """Returns the given state, or raises the given error."""

    def __init__(self, *keys: SigningKey) -> None:
        self.state = VerifierState(keys, {}, frozenset())
        self.error: Exception | None = None
        self.query_count = 0

    async def fetch_state(self) -> VerifierState:
        self.query_count += 1
        if self.error:
            raise self.error
        return self.state

    async def add_signing_key(self) -> None:
        self.state = self.state._replace(
            signing_keys=(*self.state.signing_keys, build_signing_key(f"created {self.query_count}", starts_in=-1))
        )

    async def close(self) -> None: ...


class VerifierUnderTest:
    """A verifier with a fake clock and repository, which refreshes only when the test calls `refresh`."""

    def __init__(self, *keys: SigningKey) -> None:
        self.clock, self.repository = Clock(), FakeRepository(*keys)
        self.verifier = TokenVerifier(Settings(), repository=self.repository, clock=self.clock)

    async def refresh(self, **changes: Any) -> None:
        self.repository.state = self.repository.state._replace(**changes)
        await self.verifier._refresh()

    def issue(self, **changes: Any) -> bytes:
        key = self.verifier.signing_keys.find_signing_key(time.time())
        assert key
        grant = tokens.Grant(**{name: getattr(GRANT, name) for name in GRANT.__slots__} | changes)
        names = {"issuer": self.verifier.issuer, "audience": self.verifier.audience}
        return tokens.issue_access_token(grant, key, **names, now=time.time()).encode()


@pytest.fixture
async def subject() -> VerifierUnderTest:
    subject = VerifierUnderTest(build_signing_key())
    await subject.refresh()
    return subject


async def test_verified_token_yields_its_caller(subject: VerifierUnderTest) -> None:
    token = subject.issue()
    assert subject.verifier.find_cached_caller(token) is None
    caller = await subject.verifier.verify(token)
    assert (caller.client_id, caller.name) == ("a-client", "bappenas")
    assert (caller.organization, caller.meeting) == ("kpu-31", None)
    assert caller.scopes == {Scope.CHANGES_READ}  # an unknown scope grants nothing
    assert subject.verifier.find_cached_caller(token) is caller


@pytest.mark.parametrize(
    ("changes", "is_valid"),
    [
        ({}, True),
        ({"client_revisions": {"another": None, "a-client": 3}}, True),
        ({"client_revisions": {"a-client": 2}}, True),  # issued after a change that this worker has not read yet
        ({"client_revisions": {"a-client": 4}}, False),
        ({"client_revisions": {"a-client": None}}, False),
        ({"revoked_secrets": frozenset({"another"})}, True),
        ({"revoked_secrets": frozenset({"a-secret"})}, False),
    ],
)
async def test_revoked_token_is_invalid(subject: VerifierUnderTest, changes: dict[str, Any], is_valid: bool) -> None:
    """Both if it is cached and if it is not."""
    cached, uncached = subject.issue(), subject.issue()
    await subject.verifier.verify(cached)
    await subject.refresh(**changes)
    if is_valid:
        assert subject.verifier.find_cached_caller(cached)
        assert await subject.verifier.verify(uncached)
    else:
        with pytest.raises(InvalidToken):
            subject.verifier.find_cached_caller(cached)
        with pytest.raises(InvalidToken):
            await subject.verifier.verify(uncached)


async def test_token_without_a_secret_survives_the_revocation_of_secrets(subject: VerifierUnderTest) -> None:
    token = subject.issue(secret_id=None)
    await subject.refresh(revoked_secrets=frozenset({"a-secret"}))
    assert await subject.verifier.verify(token)


async def test_state_older_than_5_seconds_makes_tokens_unavailable(subject: VerifierUnderTest) -> None:
    """Until the next successful refresh. Forged tokens stay invalid."""
    cached, uncached = subject.issue(), subject.issue()
    await subject.verifier.verify(cached)
    subject.repository.error = OSError("gone")
    subject.clock.now += 4.9
    await subject.verifier._refresh()
    assert subject.verifier.find_cached_caller(cached)
    subject.clock.now += 0.2
    with pytest.raises(Unavailable):
        subject.verifier.find_cached_caller(cached)
    with pytest.raises(Unavailable):
        await subject.verifier.verify(uncached)
    with pytest.raises(Unavailable):
        await subject.verifier.get_signing_key()
    for forged in (b"x", uncached[:-4] + b"AAAA"):
        with pytest.raises(InvalidToken):
            await subject.verifier.verify(forged)
    with_unknown_key = VerifierUnderTest(build_signing_key("unknown"))
    await with_unknown_key.refresh()
    with pytest.raises(Unavailable):
        await subject.verifier.verify(with_unknown_key.issue())
    subject.repository.error = None
    await subject.verifier._refresh()
    assert subject.verifier.find_cached_caller(cached)
    assert await subject.verifier.verify(uncached)


async def test_age_of_the_state_counts_from_the_start_of_the_query(subject: VerifierUnderTest) -> None:
    fetch_state = subject.repository.fetch_state

    async def delayed_state() -> VerifierState:
        state = await fetch_state()
        subject.clock.now += 3
        return state

    subject.repository.fetch_state = delayed_state  # type: ignore[method-assign]
    await subject.verifier._refresh()
    token = subject.issue()
    subject.clock.now += 2.1
    with pytest.raises(Unavailable):
        await subject.verifier.verify(token)


async def test_without_any_state_keys_are_unavailable() -> None:
    subject = VerifierUnderTest(build_signing_key())
    subject.repository.error = OSError("gone")
    await subject.verifier.start()
    try:
        with pytest.raises(Unavailable):
            subject.verifier.list_public_jwks()
        with pytest.raises(Unavailable):
            await subject.verifier.get_signing_key()
    finally:
        await subject.verifier.stop()


async def test_cached_token_expires(subject: VerifierUnderTest) -> None:
    token = subject.issue()
    await subject.verifier.verify(token)
    with time_machine.travel(time.time() + ACCESS_TOKEN_SECONDS - 2, tick=False):
        assert subject.verifier.find_cached_caller(token)
    with time_machine.travel(time.time() + ACCESS_TOKEN_SECONDS + 1, tick=False):
        assert subject.verifier.find_cached_caller(token) is None
        with pytest.raises(InvalidToken):
            await subject.verifier.verify(token)


async def test_full_cache_drops_the_oldest_token(subject: VerifierUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "MAX_CACHED_TOKENS", 3)
    issued = [subject.issue() for _ in range(5)]
    for token in issued:
        await subject.verifier.verify(token)
    is_cached = [subject.verifier.find_cached_caller(token) is not None for token in issued]
    assert is_cached == [False, False, True, True, True]


async def test_withdrawn_key_invalidates_its_tokens(subject: VerifierUnderTest) -> None:
    """As after a key was stolen."""
    token = subject.issue()
    await subject.verifier.verify(token)
    await subject.refresh(signing_keys=(build_signing_key("another"),))
    assert subject.verifier.find_cached_caller(token) is None
    with pytest.raises(InvalidToken):
        await subject.verifier.verify(token)


async def test_first_key_is_created_when_it_is_needed() -> None:
    subject = VerifierUnderTest()
    await subject.refresh()
    assert subject.verifier.list_public_jwks() == []
    assert subject.repository.state.signing_keys == ()  # none is needed yet
    key = await subject.verifier.get_signing_key()
    assert [jwk["kid"] for jwk in subject.verifier.list_public_jwks()] == [key.kid]
    assert await subject.verifier.get_signing_key() is key
    assert len(subject.repository.state.signing_keys) == 1


async def test_public_jwks_contain_no_private_members(subject: VerifierUnderTest) -> None:
    (jwk,) = subject.verifier.list_public_jwks()
    assert set(jwk) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


async def test_next_key_is_created_and_published_a_day_ahead() -> None:
    subject = VerifierUnderTest(build_signing_key("old", ends_in=86400 + 60))
    await subject.refresh()
    assert [key.kid for key in subject.repository.state.signing_keys] == ["old"]
    subject = VerifierUnderTest(build_signing_key("old", ends_in=86400 - 60))
    await subject.refresh()
    assert len(subject.repository.state.signing_keys) == 2
    assert len(subject.verifier.list_public_jwks()) == 2  # published as soon as it is created


async def test_key_is_published_until_its_last_token_expires() -> None:
    subject = VerifierUnderTest(build_signing_key("old", ends_in=5), build_signing_key("new", starts_in=5))
    await subject.refresh()
    token = subject.issue()
    now = time.time()
    with time_machine.travel(now + 10, tick=False):
        signing = subject.verifier.signing_keys.find_signing_key(time.time())
        assert signing
        assert signing.kid == "new"
        assert await subject.verifier.verify(token)
        assert {jwk["kid"] for jwk in subject.verifier.list_public_jwks()} == {"old", "new"}
    with time_machine.travel(now + 5 + ACCESS_TOKEN_SECONDS + 1, tick=False):
        assert {jwk["kid"] for jwk in subject.verifier.list_public_jwks()} == {"new"}
