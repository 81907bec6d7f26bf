"""Two workers over one database: what changes there, both know in time."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import TokenVerifier, tokens, verifier
from app.auth.jwt import InvalidToken
from app.core.problems import Unavailable
from app.settings import Settings
from app.state import state_of
from tests.auth.made import made_client
from tests.conftest import fetch, running

LOCK = "SELECT pg_advisory_xact_lock(signing_key_lock_key())"
WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = pg_locks.database
WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
"""
FOLLOWING = (
    "SELECT array_agg(pid ORDER BY pid) FROM pg_stat_activity"
    " WHERE application_name = 'rakornas token verifier' AND datname = current_database()"
)


@pytest_asyncio.fixture
async def app(own_url: str) -> AsyncIterator[FastAPI]:
    async with running(Settings(DATABASE_URL=own_url)) as app:
        yield app


@pytest_asyncio.fixture
async def workers(app: FastAPI, own_url: str) -> AsyncIterator[list[TokenVerifier]]:
    """The app's, and another process's as it were."""
    other = TokenVerifier(Settings(DATABASE_URL=own_url))
    await other.start()
    yield [state_of(app).token_verifier, other]
    await other.stop()


async def issue(trust: TokenVerifier, client: str, secret: str | None = None) -> bytes:
    grant = tokens.Grant(client, "a client", 1, ["changes:read"], secret_id=secret)
    key = await trust.get_signing_key()
    return tokens.issue_access_token(grant, key, issuer=trust.issuer, audience=trust.audience, now=time.time()).encode()


async def known_by_all(workers: list[TokenVerifier], token: bytes) -> None:
    for one in workers:
        await passes(one, token)
        assert one.find_cached_caller(token)


async def passes(trust: TokenVerifier, token: bytes, within: float = 1) -> None:
    """The first key signs at once: the others hear of it an instant later."""
    until = time.monotonic() + within
    while True:
        try:
            await trust.verify(token)
            return
        except InvalidToken:
            assert time.monotonic() < until
            await asyncio.sleep(0.01)


async def seconds_until_refused(workers: list[TokenVerifier], token: bytes) -> float:
    """Asked as often as clients would; a doubt (503) is no pass."""
    began = time.monotonic()
    left = set(range(len(workers)))
    while left and time.monotonic() < began + 10:
        for one in list(left):
            try:
                workers[one].find_cached_caller(token)
            except InvalidToken:
                left.discard(one)
            except Unavailable:
                pass
        await asyncio.sleep(0.01)
    assert not left
    return time.monotonic() - began


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE clients SET revoked_at = now() WHERE id = $1::text::uuid",
        "UPDATE clients SET scopes = '{audit:read}' WHERE id = $1::text::uuid",
        "UPDATE client_secrets SET revoked_at = now() WHERE client = $1::text::uuid",
    ],
)
async def test_a_revocation_is_heard_at_once(
    app: FastAPI, workers: list[TokenVerifier], own_url: str, sql: str
) -> None:
    id_, _ = await made_client(app)
    secret = await fetch(own_url, "SELECT id::text FROM client_secrets WHERE client = $1::text::uuid", id_)
    token = await issue(workers[0], id_, secret)
    await known_by_all(workers, token)
    await fetch(own_url, sql, id_)
    assert await seconds_until_refused(workers, token) < 1


@pytest.fixture
def asks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a worker ask far more often than it must."""
    assert verifier.RETRY_SECONDS < verifier.POLL_INTERVAL_SECONDS < verifier.MAX_STATE_AGE_SECONDS / 2
    monkeypatch.setattr(verifier, "POLL_INTERVAL_SECONDS", 0.1)
    monkeypatch.setattr(verifier, "RETRY_SECONDS", 0.1)


@pytest.mark.usefixtures("asks_often")
async def test_what_is_not_told_is_found_by_asking(app: FastAPI, workers: list[TokenVerifier], own_url: str) -> None:
    id_, _ = await made_client(app)
    token = await issue(workers[0], id_)
    await known_by_all(workers, token)
    await fetch(own_url, "ALTER TABLE clients DISABLE TRIGGER notify_clients")
    await fetch(own_url, "UPDATE clients SET revoked_at = now() WHERE id = $1::text::uuid", id_)
    assert await seconds_until_refused(workers, token) < 5


async def test_what_changes_nothing_ends_no_token(app: FastAPI, workers: list[TokenVerifier], own_url: str) -> None:
    id_, _ = await made_client(app)
    token = await issue(workers[0], id_)
    await known_by_all(workers, token)
    await fetch(own_url, "UPDATE clients SET name = name, updated_at = '2000-01-01', revision = 77")
    revision, recent = await fetch(
        own_url,
        "SELECT (revision, updated_at > now() - interval '1 minute') FROM clients WHERE id = $1::text::uuid",
        id_,
    )
    assert (revision, recent) == (1, True)
    await asyncio.sleep(0.3)
    await known_by_all(workers, token)


async def test_a_connection_that_is_cut_is_made_anew(
    app: FastAPI, workers: list[TokenVerifier], own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "RETRY_SECONDS", 0.05)
    id_, _ = await made_client(app)
    token = await issue(workers[0], id_)
    await known_by_all(workers, token)
    before = await fetch(own_url, FOLLOWING)
    assert len(before) == 2
    await fetch(own_url, "SELECT count(pg_terminate_backend(pid)) FROM unnest($1::int[]) AS pid", before)
    async with asyncio.timeout(10):
        while len(set(await fetch(own_url, FOLLOWING) or ()) - set(before)) < 2:
            await asyncio.sleep(0.02)
    await known_by_all(workers, token)
    await fetch(own_url, "UPDATE clients SET revoked_at = now() WHERE id = $1::text::uuid", id_)
    assert await seconds_until_refused(workers, token) < 1


async def test_the_first_key_is_made_once(workers: list[TokenVerifier], own_url: str) -> None:
    """Though all workers need one at the same instant: held up here, so that they do."""
    other = await asyncpg.connect(own_url)
    async with other.transaction():
        await other.execute(LOCK)
        asked = [asyncio.create_task(one.get_signing_key()) for one in workers]
        async with asyncio.timeout(10):
            while await other.fetchval(WAITING) < 2:
                await asyncio.sleep(0.01)
    await other.close()
    keys = await asyncio.gather(*asked)
    assert keys[0].kid == keys[1].kid
    assert await fetch(own_url, "SELECT count(*) FROM signing_keys") == 1


@pytest.mark.usefixtures("asks_often")
async def test_the_next_key_is_made_a_day_ahead_and_follows_the_one_before(
    workers: list[TokenVerifier], own_url: str
) -> None:
    old = await workers[0].get_signing_key()
    token = await issue(workers[0], "a client of no table")
    back = "UPDATE signing_keys SET signs_from = signs_from - $1::float8 * interval '1 s',"
    await fetch(own_url, f"{back} signs_until = signs_until - $1::float8 * interval '1 s'", 6 * 86400 + 60.0)
    rows = 0
    until = time.monotonic() + 5
    while rows < 2 and time.monotonic() < until:
        await asyncio.sleep(0.05)
        rows = await fetch(own_url, "SELECT count(*) FROM signing_keys")
    assert rows == 2
    follows = (
        "SELECT max(signs_from) = min(signs_until) AND max(signs_from) > now() + interval '23 hours' FROM signing_keys"
    )
    assert await fetch(own_url, follows)
    for one in workers:
        assert (await one.get_signing_key()).kid == old.kid
        await passes(one, token)
    async with asyncio.timeout(5):
        while [len(one.list_public_jwks()) for one in workers] != [2, 2]:
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("asks_often")
async def test_after_a_long_sleep_a_key_is_made_that_signs_at_once(workers: list[TokenVerifier], own_url: str) -> None:
    old = await workers[0].get_signing_key()
    back = "signs_from = signs_from - interval '30 days', signs_until = signs_until - interval '30 days'"
    await fetch(own_url, f"UPDATE signing_keys SET {back}")
    until = time.monotonic() + 5
    while (key := await workers[0].get_signing_key()).kid == old.kid and time.monotonic() < until:
        await asyncio.sleep(0.05)
    assert key.kid != old.kid
    assert key.signs_from <= time.time()
