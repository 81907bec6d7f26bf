"""Tokens as clients meet them: two workers, revocation, and a database that is gone."""

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
from tests.service.conftest import Service, reachable_directory, serving
from tests.service.failing import Postgres
from tests.service.test_workers import children

FORM = {"grant_type": "client_credentials"}

pytestmark = pytest.mark.full  # tests/auth says the same within one process


async def client_in(url: str, *scopes: str) -> tuple[str, str]:
    content = {"name": "a client", "scopes": list(scopes)}
    id_, secret = await asyncio.to_thread(
        operations.run_in_transaction, url, lambda write: maintenance.create_client(write, content)
    )
    assert secret
    return id_, secret


async def fetched(service: Service, id_: str, secret: str) -> str:
    async with httpx.AsyncClient(base_url=service.base, timeout=60) as client:  # workers may still be starting
        answer = await client.post("/oauth/token", data=FORM, auth=httpx.BasicAuth(id_, secret))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


@contextlib.asynccontextmanager
async def callers(service: Service, token: str, count: int) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Each with a connection of its own, so that all workers are met."""
    async with contextlib.AsyncExitStack() as open_ones:
        headers = {"Authorization": f"Bearer {token}"}
        made = [httpx.AsyncClient(base_url=service.base, headers=headers, timeout=20) for _ in range(count)]
        yield [await open_ones.enter_async_context(item) for item in made]


async def statuses(clients: list[httpx.AsyncClient], path: str = "/v1/clients") -> list[int]:
    return [answer.status_code for answer in await asyncio.gather(*(item.get(path) for item in clients))]


def met(service: Service) -> int:
    """How many of the workers hold a connection of a caller."""
    found = [worker.net_connections("tcp") for worker in children(service)]
    return sum(any(item.status == "ESTABLISHED" and item.laddr.port == service.port for item in of) for of in found)


async def test_a_revocation_reaches_both_workers_within_5_seconds(own_url: str) -> None:
    following = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'rakornas token verifier' AND datname = current_database()"
    )
    with serving("--database-url", own_url, "--workers", "2") as service:
        started = time.monotonic()
        while await fetch_value(own_url, following) < 2:  # each over a connection of its own
            assert time.monotonic() < started + 60
            await asyncio.sleep(0.1)
        id_, secret = await client_in(own_url, "clients:admin")
        token = await fetched(service, id_, secret)
        async with contextlib.AsyncExitStack() as open_ones:
            clients: list[httpx.AsyncClient] = []
            while met(service) < 2:
                assert len(clients) < 300
                clients += await open_ones.enter_async_context(callers(service, token, 6))
                await statuses(clients)
            assert set(await statuses(clients)) == {200}
            await fetch_value(own_url, "UPDATE clients SET revoked_at = now() WHERE id = $1::text::uuid", id_)
            began = time.monotonic()
            while set(found := await statuses(clients)) != {401}:
                assert time.monotonic() < began + 5, found
                await asyncio.sleep(0.05)
            assert met(service) == 2


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with reachable_directory() as directory, contextlib.ExitStack() as uses:
        postgres = Postgres(directory / "data", uses)
        operations.migrate(postgres.url)
        yield postgres


async def test_without_a_database_it_is_doubt_and_never_a_pass(postgres: Postgres) -> None:
    """A token that was seen is good for 5 seconds more; then 503, and well again by itself. Forged ones stay 401."""
    with serving("--database-url", postgres.url) as service:
        id_, secret = await client_in(postgres.url, "changes:read")
        token = await fetched(service, id_, secret)
        async with callers(service, token, 1) as clients:
            (client,) = clients

            async def status(**headers: str) -> int:
                # A scope that is lacking is told without the database.
                return (await client.get("/v1/clients", headers=headers)).status_code

            assert await status() == 403
            await postgres.stop(signal.SIGQUIT)
            stopped = time.monotonic()
            seen: list[tuple[float, int]] = []
            while time.monotonic() < stopped + 7:
                seen.append((time.monotonic() - stopped, await status()))
                await asyncio.sleep(0.1)
            assert {found for after, found in seen if after < 2.4} == {403}  # the last answer is 2 s old at most
            assert {found for after, found in seen if after > 5.1} == {503}
            assert await status(Authorization=f"Bearer {token}x") == 401
            answer = await client.post("/oauth/token", data=FORM, auth=httpx.BasicAuth(id_, secret))
            assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
            await postgres.start()
            began = time.monotonic()
            while await status() != 403:
                assert time.monotonic() < began + 5
                await asyncio.sleep(0.05)


async def test_frozen_it_is_doubt_too(postgres: Postgres) -> None:
    """Nothing is refused then, and nothing is answered: no end of a connection is heard."""
    with serving("--database-url", postgres.url) as service:
        token = await fetched(service, *await client_in(postgres.url, "changes:read"))
        async with callers(service, token, 1) as (client,):
            assert (await client.get("/v1/clients")).status_code == 403
            with postgres.frozen():
                await asyncio.sleep(5.2)
                asked = time.monotonic()
                assert (await client.get("/v1/clients")).status_code == 503
                assert time.monotonic() - asked < 1
            began = time.monotonic()
            while (await client.get("/v1/clients")).status_code != 403:
                assert time.monotonic() < began + 6
                await asyncio.sleep(0.05)
