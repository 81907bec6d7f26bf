"""Two workers over one database: both learn of its changes in time."""

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
from tests.auth.credentials import register_client
from tests.conftest import fetch_value, run_application

LOCK_SIGNING_KEYS = "SELECT pg_advisory_xact_lock(signing_key_lock_key())"
COUNT_WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = pg_locks.database
WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
"""
SELECT_VERIFIER_PIDS = (
    "SELECT array_agg(pid ORDER BY pid) FROM pg_stat_activity"
    " WHERE application_name = 'rakornas token verifier' AND datname = current_database()"
)


@pytest_asyncio.fixture
async def app(own_url: str) -> AsyncIterator[FastAPI]:
    async with run_application(Settings(DATABASE_URL=own_url)) as app:
        yield app


@pytest_asyncio.fixture
async def workers(app: FastAPI, own_url: str) -> AsyncIterator[list[TokenVerifier]]:
    """The verifier of the application and one as of another process."""
    other = TokenVerifier(Settings(DATABASE_URL=own_url))
    await other.start()
    yield [state_of(app).token_verifier, other]
    await other.stop()


async def issue_token(worker: TokenVerifier, client_id: str, secret: str | None = None) -> bytes:
    grant = tokens.Grant(client_id, "a client", 1, ["changes:read"], secret_id=secret)
    key = await worker.get_signing_key()
    return tokens.issue_access_token(
        grant, key, issuer=worker.issuer, audience=worker.audience, now=time.time()
    ).encode()


async def verify_everywhere(workers: list[TokenVerifier], token: bytes) -> None:
    for worker in workers:
        await verify_within(worker, token)
        assert worker.find_cached_caller(token)


async def verify_within(worker: TokenVerifier, token: bytes, timeout: float = 1) -> None:
    """Verify a token, retrying for a while: other workers learn of the first key a moment after it signs."""
    until = time.monotonic() + timeout
    while True:
        try:
            await worker.verify(token)
            return
        except InvalidToken:
            assert time.monotonic() < until
            await asyncio.sleep(0.01)


async def seconds_until_rejected(workers: list[TokenVerifier], token: bytes) -> float:
    """Return the seconds until all workers reject a token; 503 counts as neither valid nor rejected."""
    started_at = time.monotonic()
    remaining = set(range(len(workers)))
    while remaining and time.monotonic() < started_at + 10:
        for index in list(remaining):
            try:
                workers[index].find_cached_caller(token)
            except InvalidToken:
                remaining.discard(index)
            except Unavailable:
                pass
        await asyncio.sleep(0.01)
    assert not remaining
    return time.monotonic() - started_at


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE clients SET revoked_at = now() WHERE id = $1::text::uuid",
        "UPDATE clients SET scopes = '{audit:read}' WHERE id = $1::text::uuid",
        "UPDATE client_secrets SET revoked_at = now() WHERE client = $1::text::uuid",
    ],
)
async def test_revocation_arrives_by_notification(
    app: FastAPI, workers: list[TokenVerifier], own_url: str, sql: str
) -> None:
    id_, _ = await register_client(app)
    secret = await fetch_value(own_url, "SELECT id::text FROM client_secrets WHERE client = $1::text::uuid", id_)
    token = await issue_token(workers[0], id_, secret)
    await verify_everywhere(workers, token)
    await fetch_value(own_url, sql, id_)
    assert await seconds_until_rejected(workers, token) < 1


@pytest.fixture
def frequent_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the poll interval, which must be less than half of the maximum age of the state."""
    assert verifier.RETRY_SECONDS < verifier.POLL_INTERVAL_SECONDS < verifier.MAX_STATE_AGE_SECONDS / 2
    monkeypatch.setattr(verifier, "POLL_INTERVAL_SECONDS", 0.1)
    monkeypatch.setattr(verifier, "RETRY_SECONDS", 0.1)


@pytest.mark.usefixtures("frequent_polls")
async def test_revocation_without_notification_is_found_by_polling(
    app: FastAPI, workers: list[TokenVerifier], own_url: str
) -> None:
    id_, _ = await register_client(app)
    token = await issue_token(workers[0], id_)
    await verify_everywhere(workers, token)
    await fetch_value(own_url, "ALTER TABLE clients DISABLE TRIGGER notify_clients")
    await fetch_value(own_url, "UPDATE clients SET revoked_at = now() WHERE id = $1::text::uuid", id_)
    assert await seconds_until_rejected(workers, token) < 5


async def test_update_without_change_ends_no_token(app: FastAPI, workers: list[TokenVerifier], own_url: str) -> None:
    id_, _ = await register_client(app)
    token = await issue_token(workers[0], id_)
    await verify_everywhere(workers, token)
    await fetch_value(own_url, "UPDATE clients SET name = name, updated_at = '2000-01-01', revision = 77")
    revision, recent = await fetch_value(
        own_url,
        "SELECT (revision, updated_at > now() - interval '1 minute') FROM clients WHERE id = $1::text::uuid",
        id_,
    )
    assert (revision, recent) == (1, True)
    await asyncio.sleep(0.3)
    await verify_everywhere(workers, token)


async def test_terminated_connection_is_replaced(
    app: FastAPI, workers: list[TokenVerifier], own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "RETRY_SECONDS", 0.05)
    id_, _ = await register_client(app)
    token = await issue_token(workers[0], id_)
    await verify_everywhere(workers, token)
    before = await fetch_value(own_url, SELECT_VERIFIER_PIDS)
    assert len(before) == 2
    await fetch_value(own_url, "SELECT count(pg_terminate_backend(pid)) FROM unnest($1::int[]) AS pid", before)
    async with asyncio.timeout(10):
        while len(set(await fetch_value(own_url, SELECT_VERIFIER_PIDS) or ()) - set(before)) < 2:
            await asyncio.sleep(0.02)
    await verify_everywhere(workers, token)
    await fetch_value(own_url, "UPDATE clients SET revoked_at = now() WHERE id = $1::text::uuid", id_)
    assert await seconds_until_rejected(workers, token) < 1


async def test_workers_create_the_first_key_once(workers: list[TokenVerifier], own_url: str) -> None:
    """Even if they need it at the same time, as here, where a lock delays them."""
    other = await asyncpg.connect(own_url)
    async with other.transaction():
        await other.execute(LOCK_SIGNING_KEYS)
        tasks = [asyncio.create_task(worker.get_signing_key()) for worker in workers]
        async with asyncio.timeout(10):
            while await other.fetchval(COUNT_WAITING) < 2:
                await asyncio.sleep(0.01)
    await other.close()
    keys = await asyncio.gather(*tasks)
    assert keys[0].kid == keys[1].kid
    assert await fetch_value(own_url, "SELECT count(*) FROM signing_keys") == 1


@pytest.mark.usefixtures("frequent_polls")
async def test_next_key_is_created_a_day_ahead_and_follows_the_previous_one(
    workers: list[TokenVerifier], own_url: str
) -> None:
    old = await workers[0].get_signing_key()
    token = await issue_token(workers[0], "no client of the table")
    back = "UPDATE signing_keys SET signs_from = signs_from - $1::float8 * interval '1 s',"
    await fetch_value(own_url, f"{back} signs_until = signs_until - $1::float8 * interval '1 s'", 6 * 86400 + 60.0)
    rows = 0
    until = time.monotonic() + 5
    while rows < 2 and time.monotonic() < until:
        await asyncio.sleep(0.05)
        rows = await fetch_value(own_url, "SELECT count(*) FROM signing_keys")
    assert rows == 2
    follows = (
        "SELECT max(signs_from) = min(signs_until) AND max(signs_from) > now() + interval '23 hours' FROM signing_keys"
    )
    assert await fetch_value(own_url, follows)
    for worker in workers:
        assert (await worker.get_signing_key()).kid == old.kid
        await verify_within(worker, token)
    async with asyncio.timeout(5):
        while [len(worker.list_public_jwks()) for worker in workers] != [2, 2]:
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("frequent_polls")
async def test_key_created_after_all_ended_signs_at_once(workers: list[TokenVerifier], own_url: str) -> None:
    old = await workers[0].get_signing_key()
    back = "signs_from = signs_from - interval '30 days', signs_until = signs_until - interval '30 days'"
    await fetch_value(own_url, f"UPDATE signing_keys SET {back}")
    until = time.monotonic() + 5
    while (key := await workers[0].get_signing_key()).kid == old.kid and time.monotonic() < until:
        await asyncio.sleep(0.05)
    assert key.kid != old.kid
    assert key.signs_from <= time.time()
