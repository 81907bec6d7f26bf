"""Send the same POST request 16 times at once with one idempotency key, while the service is killed again and again.

Each key must have exactly one effect and one response.
"""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress

import asyncpg
import httpx
from rich.console import Console

from benchmarks import dataset
from benchmarks.service import Client, Service

KEY_COUNT, QUICK_KEY_COUNT = 1_250, 20
REQUESTS_PER_KEY = 16
CONCURRENT_KEYS = 4
TOKEN_RENEWAL_SECONDS = 300.0  # a token is valid for ten minutes, and the benchmark may take longer
KILL_INTERVAL_SECONDS = (0.3, 3.0)  # since the service was ready again
# Every fifth commit is delayed, so that some transactions are killed after the last write and before their commit.
CREATE_DELAY_FUNCTION = """
    CREATE FUNCTION delay_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF random() < 0.2 THEN PERFORM pg_sleep(0.05); END IF;
        RETURN NULL;
    END $$"""
CREATE_DELAY_TRIGGER = """
    CREATE CONSTRAINT TRIGGER delay_commit AFTER INSERT ON idempotency_keys DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION delay_commit()"""
COUNT_CREATED = "SELECT count(*), count(DISTINCT name) FROM officials WHERE name LIKE 'Replay %'"
COUNT_AUDIT_LINES = "SELECT count(*) FROM audit_lines WHERE operation = 'create_official'"


def run(quick: bool) -> bool:
    """Print the numbers of effects and responses; return whether each key had one effect and one response."""
    key_count = QUICK_KEY_COUNT if quick else KEY_COUNT
    with dataset.run_temporary_database() as url:
        return asyncio.run(measure(url, key_count))


async def measure(url: str, key_count: int) -> bool:
    """Send all requests while the service is killed, and compare the effects and responses with the keys."""
    connection = await asyncpg.connect(url)
    await connection.execute(CREATE_DELAY_FUNCTION)
    await connection.execute(CREATE_DELAY_TRIGGER)
    service = Service(url, workers=2)
    await asyncio.to_thread(service.start)
    event_counts: Counter[str] = Counter()
    try:
        client = await asyncio.to_thread(service.create_client, "officials:write")
        started_at = time.monotonic()
        kill_task = asyncio.create_task(kill_repeatedly(service, event_counts))
        responses_by_key = await send_all_keys(client, key_count, event_counts)
        kill_task.cancel()
        with suppress(asyncio.CancelledError):
            await kill_task
        seconds = time.monotonic() - started_at
    finally:
        await asyncio.to_thread(service.kill)
    [(created_count, name_count)] = await connection.fetch(COUNT_CREATED)
    audit_line_count = await connection.fetchval(COUNT_AUDIT_LINES)
    await connection.close()
    single_response_count = sum(len(responses) == 1 for responses in responses_by_key)
    Console().print(
        f"{key_count * REQUESTS_PER_KEY:,} POST requests with {key_count:,} keys in {seconds:.0f} s,"
        f" {event_counts['kills']} kills: {created_count:,} officials created ({name_count:,} names),"
        f" {audit_line_count:,} audit lines, {single_response_count:,} keys with one response; {dict(event_counts)}"
    )
    return {created_count, name_count, audit_line_count, single_response_count} == {key_count}


async def kill_repeatedly(service: Service, event_counts: Counter[str]) -> None:
    """Kill and restart the service at random intervals, until cancelled."""
    while True:
        await asyncio.sleep(random.uniform(*KILL_INTERVAL_SECONDS))
        await asyncio.to_thread(service.kill)
        event_counts["kills"] += 1
        await asyncio.to_thread(service.start)


async def send_all_keys(client: Client, key_count: int, event_counts: Counter[str]) -> list[set[bytes]]:
    """Send the requests of all keys; return the set of different response bodies for each key."""
    numbers = iter(range(key_count))
    responses_by_key: list[set[bytes]] = []
    async with httpx.AsyncClient(base_url=client.base_url, timeout=10, limits=httpx.Limits()) as http:
        token_fetched_at = time.monotonic()
        http.headers["Authorization"] = f"Bearer {await asyncio.to_thread(client.fetch_token)}"

        async def send_remaining_keys() -> None:
            nonlocal token_fetched_at
            for number in numbers:
                if time.monotonic() - token_fetched_at > TOKEN_RENEWAL_SECONDS:
                    token_fetched_at = time.monotonic()
                    http.headers["Authorization"] = f"Bearer {await asyncio.to_thread(client.fetch_token)}"
                requests = (send_until_created(http, number, event_counts) for _ in range(REQUESTS_PER_KEY))
                responses_by_key.append(set(await asyncio.gather(*requests)))

        await asyncio.gather(*(send_remaining_keys() for _ in range(CONCURRENT_KEYS)))
    return responses_by_key


async def send_until_created(http: httpx.AsyncClient, number: int, event_counts: Counter[str]) -> bytes:
    """Send the request with the key of this number until the response is 201, and return its body."""
    while True:
        try:
            response = await http.post(
                "/v1/officials", json={"name": f"Replay {number}"}, headers={"Idempotency-Key": f"key-{number}"}
            )
        except httpx.TransportError as error:
            event_counts[type(error).__name__] += 1
            await asyncio.sleep(0.1)
            continue
        is_replayed = "idempotency-replayed" in response.headers
        event_counts[f"{response.status_code} replayed" if is_replayed else str(response.status_code)] += 1
        if response.status_code == 201:
            return response.content
        if response.status_code not in (409, 503):
            raise RuntimeError(response.text)
        await asyncio.sleep(0.05 if response.status_code == 409 else 0.3)
