"""Tokens in the real service: revocation with two workers, and a database that is not available."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from app import operations
from app.clients import maintenance
from tests.conftest import fetch_value
from tests.service.conftest import Service, create_directory, run_service
from tests.service.failing_postgres import FailingPostgres
from tests.service.test_workers import list_workers

FORM = {"grant_type": "client_credentials"}

pytestmark = pytest.mark.full  # tests/auth tests the same within one process


async def create_client(url: str, *scopes: str) -> tuple[str, str]:
    content = {"name": "a client", "scopes": list(scopes)}
    id_, secret = await asyncio.to_thread(
        operations.run_in_transaction, url, lambda write: maintenance.create_client(write, content)
    )
    assert secret
    return id_, secret


async def fetch_token(service: Service, id_: str, secret: str) -> str:
    async with httpx.AsyncClient(base_url=service.base_url, timeout=60) as client:  # workers may be starting
        response = await client.post("/oauth/token", data=FORM, auth=httpx.BasicAuth(id_, secret))
    assert response.status_code == 200, response.text
    return str(response.json()["access_token"])


@contextlib.asynccontextmanager
async def open_clients(service: Service, token: str, count: int) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Yield clients with a connection each, so that all workers get one."""
    async with contextlib.AsyncExitStack() as open_ones:
        headers = {"Authorization": f"Bearer {token}"}
        created = [httpx.AsyncClient(base_url=service.base_url, headers=headers, timeout=20) for _ in range(count)]
        yield [await open_ones.enter_async_context(item) for item in created]


async def fetch_statuses(clients: list[httpx.AsyncClient], path: str = "/v1/clients") -> list[int]:
    return [response.status_code for response in await asyncio.gather(*(item.get(path) for item in clients))]


def count_connected_workers(service: Service) -> int:
    """Return the number of workers with a connection of a client."""
    found = [worker.net_connections("tcp") for worker in list_workers(service)]
    return sum(any(item.status == "ESTABLISHED" and item.laddr.port == service.port for item in of) for of in found)


async def test_revocation_reaches_both_workers_within_5_seconds(own_url: str) -> None:
    following = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'rakornas token verifier' AND datname = current_database()"
    )
    with run_service("--database-url", own_url, "--workers", "2") as service:
        started = time.monotonic()
        while await fetch_value(own_url, following) < 2:  # one connection per worker
            assert time.monotonic() < started + 60
            await asyncio.sleep(0.1)
        id_, secret = await create_client(own_url, "clients:admin")
        token = await fetch_token(service, id_, secret)
        async with contextlib.AsyncExitStack() as open_ones:
            clients: list[httpx.AsyncClient] = []
            while count_connected_workers(service) < 2:
                assert len(clients) < 300
                clients += await open_ones.enter_async_context(open_clients(service, token, 6))
                await fetch_statuses(clients)
            assert set(await fetch_statuses(clients)) == {200}
            await fetch_value(own_url, "UPDATE clients SET revoked_at = now() WHERE id = $1::text::uuid", id_)
            began = time.monotonic()
            while set(found := await fetch_statuses(clients)) != {401}:
                assert time.monotonic() < began + 5, found
                await asyncio.sleep(0.05)
            assert count_connected_workers(service) == 2


@pytest.fixture(scope="module")
def postgres() -> Iterator[FailingPostgres]:
    with create_directory() as directory, contextlib.ExitStack() as uses:
        postgres = FailingPostgres(directory / "data", uses)
        operations.migrate(postgres.url)
        yield postgres


async def test_token_without_database_is_503_after_5_seconds(postgres: FailingPostgres) -> None:
    """A verified token is accepted for 5 more seconds, then 503 until the database returns. A forged one is 401."""
    with run_service("--database-url", postgres.url) as service:
        id_, secret = await create_client(postgres.url, "changes:read")
        token = await fetch_token(service, id_, secret)
        async with open_clients(service, token, 1) as clients:
            (client,) = clients

            async def status(**headers: str) -> int:
                # 403 for a missing scope needs no database.
                return (await client.get("/v1/clients", headers=headers)).status_code

            assert await status() == 403
            await postgres.stop(signal.SIGQUIT)
            stopped = time.monotonic()
            seen: list[tuple[float, int]] = []
            while time.monotonic() < stopped + 7:
                seen.append((time.monotonic() - stopped, await status()))
                await asyncio.sleep(0.1)
            assert {found for after, found in seen if after < 2.4} == {403}  # the last check is at most 2 s old
            assert {found for after, found in seen if after > 5.1} == {503}
            assert await status(Authorization=f"Bearer {token}x") == 401
            response = await client.post("/oauth/token", data=FORM, auth=httpx.BasicAuth(id_, secret))
            assert (response.status_code, "retry-after" in response.headers) == (503, True)
            await postgres.start()
            began = time.monotonic()
            while await status() != 403:
                assert time.monotonic() < began + 5
                await asyncio.sleep(0.05)


async def test_token_with_frozen_database_is_503(postgres: FailingPostgres) -> None:
    """A frozen server refuses nothing, answers nothing and closes no connection."""
    with run_service("--database-url", postgres.url) as service:
        token = await fetch_token(service, *await create_client(postgres.url, "changes:read"))
        async with open_clients(service, token, 1) as (client,):
            assert (await client.get("/v1/clients")).status_code == 403
            with postgres.freeze():
                await asyncio.sleep(5.2)
                asked = time.monotonic()
                assert (await client.get("/v1/clients")).status_code == 503
                assert time.monotonic() - asked < 1
            began = time.monotonic()
            while (await client.get("/v1/clients")).status_code != 403:
                assert time.monotonic() < began + 6
                await asyncio.sleep(0.05)
