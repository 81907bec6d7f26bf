"""A meeting at whose gates the service is killed three times, and one under which its Postgres is: nothing lost.

The simulator's own ledger is held against the roll, scan by scan. Whatever a gate sees on the way is an answer, a 503
or a dropped connection.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import httpx
from rich.console import Console

from app import operations
from app.core import embedded
from app.core.embedded import postmaster
from app.simulation.organizer import SCOPES
from app.simulation.runner import SimulationOptions, SimulationResult, run_simulation
from benchmarks.processes import PATIENCE, scratch
from benchmarks.writers import Service

WISHES = SimulationOptions(
    participants=2_000, gates=20, offline_share=0.4, repeated_share=0.3, max_batch_size=100, seconds=30
)
QUICK = SimulationOptions(participants=60, gates=4, offline_share=0.4, repeated_share=0.3, max_batch_size=20, seconds=3)
STRIKES, QUICK_STRIKES = (0.2, 0.5, 0.8), (0.5,)  # of the scans are made when it strikes
DOWN = 0.5  # seconds until Postgres is started again
ANSWERS = frozenset({"200", "201", "204", "207", "503"})
# Some transactions linger within their commit, so that a strike finds them there: a scan written, its answer not given.
LINGER = """
    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF random() < 0.05 THEN PERFORM pg_sleep(0.05); END IF;
        RETURN NULL;
    END $$"""
ON_COMMIT = """
    CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON scans DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION linger()"""

Strike = Callable[[], Awaitable[None]]


def run(quick: bool) -> bool:
    """Print what became of the meetings; whether each roll is what the gates have seen."""
    wishes, strikes = (QUICK, QUICK_STRIKES) if quick else (WISHES, STRIKES)
    with scratch() as data_dir, ExitStack() as uses:
        url = uses.enter_context(embedded.run_server(data_dir)).url
        operations.migrate(url)
        operations.load_if_empty(url)
        return asyncio.run(measure(url, data_dir, uses, wishes, strikes))


async def measure(
    url: str, data_dir: Path, uses: ExitStack, wishes: SimulationOptions, strikes: Sequence[float]
) -> bool:
    connection = await asyncpg.connect(url)
    await connection.execute(LINGER)
    await connection.execute(ON_COMMIT)
    await connection.close()
    service = Service(url, workers=2)

    async def kill_the_service() -> None:
        await asyncio.to_thread(service.kill)
        await asyncio.to_thread(service.start)

    async def stop_postgres() -> None:
        await asyncio.to_thread(stop_at_once, data_dir)
        await asyncio.sleep(DOWN)
        await asyncio.to_thread(lambda: uses.enter_context(embedded.run_server(data_dir)))

    await asyncio.to_thread(service.start)
    try:
        often = len(strikes)
        killed = told(f"{often} x kill -9 of the service", await storm(service, wishes, strikes, kill_the_service))
        stopped = told(f"{often} x immediate stop of Postgres", await storm(service, wishes, strikes, stop_postgres))
    finally:
        await asyncio.to_thread(service.kill)
    return killed and stopped


async def storm(
    service: Service, wishes: SimulationOptions, strikes: Sequence[float], strike: Strike
) -> SimulationResult:
    """Play a meeting, and strike whenever such a share of its scans is made."""
    client = await asyncio.to_thread(service.client, *SCOPES)
    due = {share: asyncio.Event() for share in strikes}

    def note(made: int, total: int) -> None:
        for share, event in due.items():
            if made >= share * total:
                event.set()

    async def strike_again_and_again() -> None:
        for event in due.values():
            await event.wait()
            await strike()

    async with httpx.AsyncClient(base_url=service.base_url, timeout=30, limits=httpx.Limits()) as http:
        striking = asyncio.create_task(strike_again_and_again())
        outcome = await run_simulation(http, (client.id, client.secret), wishes, note)
        await striking
    return outcome


def stop_at_once(data_dir: Path) -> None:
    """What `pg_ctl stop -m immediate` does: no goodbye to anybody, and recovery at the next start."""
    cluster = data_dir / "pg"
    served = postmaster.read_live_pid_file(cluster)
    if served is None:
        raise RuntimeError("there is no Postgres to stop")
    os.kill(served.pid, signal.SIGQUIT)
    deadline = time.monotonic() + PATIENCE
    while postmaster.list_server_processes(cluster):
        if time.monotonic() > deadline:
            raise RuntimeError("Postgres does not stop")
        time.sleep(0.02)


def told(what: str, outcome: SimulationResult) -> bool:
    """Print it; whether nothing differs, and nobody was answered anything else than they should be."""
    ledger, seen = outcome.ledger, outcome.statistics
    acknowledged = sum(scan.reported_outcome is not None for scan in ledger.scans.values())
    strange = sorted(name for name in seen.statuses if name.isdecimal() and name not in ANSWERS)
    Console().print(
        f"{what}: {len(ledger.scans):,} scans, {acknowledged:,} acknowledged in {outcome.seconds:.0f} s,"
        f" {ledger.counters['posts']:,} posts and {seen.retries:,} retries; {len(ledger.differences)} differences,"
        f" {len(strange)} strange answers; {dict(seen.statuses)}",
        soft_wrap=True,
    )
    for sentence in ledger.differences[:10]:
        Console().print(sentence, soft_wrap=True, markup=False)
    return not ledger.differences and not strange
