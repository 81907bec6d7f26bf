"""Simulate a meeting during which the service is killed three times, and one during which Postgres is stopped.

The ledger of the simulation is compared with the roll, scan by scan: no scan may be lost. Meanwhile a device may get
regular responses, 503, or lost connections.
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
from benchmarks.processes import reserve_data_dir
from benchmarks.service import Service

OPTIONS = SimulationOptions(
    participants=2_000, gates=20, offline_share=0.4, repeated_share=0.3, max_batch_size=100, seconds=30
)
QUICK_OPTIONS = SimulationOptions(
    participants=60, gates=4, offline_share=0.4, repeated_share=0.3, max_batch_size=20, seconds=3
)
CRASH_SHARES, QUICK_CRASH_SHARES = (0.2, 0.5, 0.8), (0.5,)  # of the scans that are made before a crash
POSTGRES_DOWN_SECONDS = 0.5
POSTGRES_STOP_TIMEOUT_SECONDS = 60.0
EXPECTED_STATUSES = frozenset({"200", "201", "204", "207", "503"})
# Some commits are delayed, so that a crash also hits transactions that wrote a scan and have not yet committed it.
CREATE_DELAY_FUNCTION = """
    CREATE FUNCTION delay_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF random() < 0.05 THEN PERFORM pg_sleep(0.05); END IF;
        RETURN NULL;
    END $$"""
CREATE_DELAY_TRIGGER = """
    CREATE CONSTRAINT TRIGGER delay_commit AFTER INSERT ON scans DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION delay_commit()"""

CauseCrash = Callable[[], Awaitable[None]]


def run(quick: bool) -> bool:
    """Print the results; return whether the rolls agree with the ledgers and all statuses were expected."""
    options, crash_shares = (QUICK_OPTIONS, QUICK_CRASH_SHARES) if quick else (OPTIONS, CRASH_SHARES)
    with reserve_data_dir() as data_dir, ExitStack() as servers:
        url = servers.enter_context(embedded.run_server(data_dir)).url
        operations.migrate(url)
        operations.load_if_empty(url)
        return asyncio.run(measure(url, data_dir, servers, options, crash_shares))


async def measure(
    url: str, data_dir: Path, servers: ExitStack, options: SimulationOptions, crash_shares: Sequence[float]
) -> bool:
    """Simulate two meetings, one for each kind of crash. A restarted Postgres is entered into `servers`."""
    connection = await asyncpg.connect(url)
    await connection.execute(CREATE_DELAY_FUNCTION)
    await connection.execute(CREATE_DELAY_TRIGGER)
    await connection.close()
    service = Service(url, workers=2)

    async def restart_service() -> None:
        await asyncio.to_thread(service.kill)
        await asyncio.to_thread(service.start)

    async def restart_postgres() -> None:
        await asyncio.to_thread(stop_postgres_immediately, data_dir)
        await asyncio.sleep(POSTGRES_DOWN_SECONDS)
        await asyncio.to_thread(lambda: servers.enter_context(embedded.run_server(data_dir)))

    await asyncio.to_thread(service.start)
    try:
        count = len(crash_shares)
        result = await simulate_with_crashes(service, options, crash_shares, restart_service)
        is_correct = report(f"{count} x kill -9 of the service", result)
        result = await simulate_with_crashes(service, options, crash_shares, restart_postgres)
        is_correct = report(f"{count} x immediate stop of Postgres", result) and is_correct
    finally:
        await asyncio.to_thread(service.kill)
    return is_correct


async def simulate_with_crashes(
    service: Service, options: SimulationOptions, crash_shares: Sequence[float], cause_crash: CauseCrash
) -> SimulationResult:
    """Simulate a meeting, and cause a crash when each of these shares of its scans has been made."""
    client = await asyncio.to_thread(service.create_client, *SCOPES)
    events = {share: asyncio.Event() for share in crash_shares}

    def on_progress(made: int, planned: int) -> None:
        for share, event in events.items():
            if made >= share * planned:
                event.set()

    async def cause_crashes() -> None:
        for event in events.values():
            await event.wait()
            await cause_crash()

    async with httpx.AsyncClient(base_url=service.base_url, timeout=30, limits=httpx.Limits()) as http:
        crash_task = asyncio.create_task(cause_crashes())
        result = await run_simulation(http, (client.id, client.secret), options, on_progress)
        await crash_task
    return result


def stop_postgres_immediately(data_dir: Path) -> None:
    """Stop the embedded server as `pg_ctl stop -m immediate` does: without a checkpoint, so that it must recover."""
    cluster = data_dir / "pg"
    pid_file = postmaster.read_live_pid_file(cluster)
    if pid_file is None:
        raise RuntimeError("Postgres is not running")
    os.kill(pid_file.pid, signal.SIGQUIT)
    deadline = time.monotonic() + POSTGRES_STOP_TIMEOUT_SECONDS
    while postmaster.list_server_processes(cluster):
        if time.monotonic() > deadline:
            raise RuntimeError("Postgres did not stop in time")
        time.sleep(0.02)


def report(crashes: str, result: SimulationResult) -> bool:
    """Print a result; return whether the roll agrees with the ledger and all statuses were expected."""
    ledger, statistics = result.ledger, result.statistics
    acknowledged_count = sum(scan.reported_outcome is not None for scan in ledger.scans.values())
    unexpected_statuses = sorted(
        status for status in statistics.statuses if status.isdecimal() and status not in EXPECTED_STATUSES
    )
    Console().print(
        f"{crashes}: {len(ledger.scans):,} scans, {acknowledged_count:,} acknowledged in {result.seconds:.0f} s,"
        f" {ledger.counters['posts']:,} submissions and {statistics.retries:,} retries;"
        f" {len(ledger.differences)} differences, {len(unexpected_statuses)} unexpected statuses;"
        f" {dict(statistics.statuses)}",
        soft_wrap=True,
    )
    for sentence in ledger.differences[:10]:
        Console().print(sentence, soft_wrap=True, markup=False)
    return not ledger.differences and not unexpected_statuses
