"""Keyed POSTs sent again and again, 16 at once on one key, while the service is killed: one effect, one answer each."""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress

import asyncpg
import httpx
from rich.console import Console

from benchmarks import dataset
from benchmarks.writers import Client, Service

KEYS, QUICK_KEYS = 1_250, 20
AT_ONCE = 16
LANES = 4  # keys at a time
RENEWED = 300.0  # seconds after which another token is fetched
BETWEEN_KILLS = (0.3, 3.0)  # seconds after it answers again
# Every fifth transaction lingers within its commit, so that a kill finds it there: effect and answer written, not kept.
LINGER = """
    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF random() < 0.2 THEN PERFORM pg_sleep(0.05); END IF;
        RETURN NULL;
    END $$"""
ON_COMMIT = """
    CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON idempotency_keys DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION linger()"""
MADE = "SELECT count(*), count(DISTINCT name) FROM officials WHERE name LIKE 'Replay %'"
LINES = "SELECT count(*) FROM audit_lines WHERE operation = 'create_official'"


def run(quick: bool) -> bool:
    """Print what became of the keys; whether each had one effect and one answer."""
    keys = QUICK_KEYS if quick else KEYS
    with dataset.filled() as url:
        return asyncio.run(measure(url, keys))


async def measure(url: str, keys: int) -> bool:
    connection = await asyncpg.connect(url)
    await connection.execute(LINGER)
    await connection.execute(ON_COMMIT)
    service = Service(url, workers=2)
    await asyncio.to_thread(service.start)
    seen: Counter[str] = Counter()
    try:
        caller = await asyncio.to_thread(service.client, "officials:write")
        began = time.monotonic()
        killing = asyncio.create_task(kill_again_and_again(service, seen))
        answers = await replay(caller, keys, seen)
        killing.cancel()
        with suppress(asyncio.CancelledError):
            await killing
        seconds = time.monotonic() - began
    finally:
        await asyncio.to_thread(service.kill)
    [(made, different)] = await connection.fetch(MADE)
    lines = await connection.fetchval(LINES)
    await connection.close()
    one_answer = sum(len(given) == 1 for given in answers)
    Console().print(
        f"{keys * AT_ONCE:,} keyed POSTs on {keys:,} keys in {seconds:.0f} s, {seen['kills']} kills: {made:,} effects "
        f"({different:,} different), {lines:,} audit lines, {one_answer:,} keys with one answer; {dict(seen)}"
    )
    return {made, different, lines, one_answer} == {keys}


async def kill_again_and_again(service: Service, seen: Counter[str]) -> None:
    while True:
        await asyncio.sleep(random.uniform(*BETWEEN_KILLS))
        await asyncio.to_thread(service.kill)
        seen["kills"] += 1
        await asyncio.to_thread(service.start)


async def replay(caller: Client, keys: int, seen: Counter[str]) -> list[set[bytes]]:
    """The different answers that were given for each key. A token lasts for ten minutes, the replays may for longer."""
    numbers = iter(range(keys))
    given: list[set[bytes]] = []
    async with httpx.AsyncClient(base_url=caller.base_url, timeout=10, limits=httpx.Limits()) as client:
        fetched = time.monotonic()
        client.headers["Authorization"] = f"Bearer {await asyncio.to_thread(caller.token)}"

        async def lane() -> None:
            nonlocal fetched
            for number in numbers:
                if time.monotonic() - fetched > RENEWED:
                    fetched = time.monotonic()
                    client.headers["Authorization"] = f"Bearer {await asyncio.to_thread(caller.token)}"
                given.append(set(await asyncio.gather(*(send(client, number, seen) for _ in range(AT_ONCE)))))

        await asyncio.gather(*(lane() for _ in range(LANES)))
    return given


async def send(client: httpx.AsyncClient, number: int, seen: Counter[str]) -> bytes:
    """Send one request until it is answered."""
    while True:
        try:
            answer = await client.post(
                "/v1/officials", json={"name": f"Replay {number}"}, headers={"Idempotency-Key": f"key-{number}"}
            )
        except httpx.TransportError as error:
            seen[type(error).__name__] += 1
            await asyncio.sleep(0.1)
            continue
        seen[f"{answer.status_code} {'again' if 'idempotency-replayed' in answer.headers else ''}".strip()] += 1
        if answer.status_code == 201:
            return answer.content
        if answer.status_code not in (409, 503):
            raise RuntimeError(answer.text)
        await asyncio.sleep(0.05 if answer.status_code == 409 else 0.3)
