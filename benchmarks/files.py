"""Measure what other requests wait while rolls of 4,000 lines are rendered as PDF, and how the files are answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import asyncpg
import httpx
from rich.console import Console
from rich.table import Table

from benchmarks import dataset, large_meeting, processes

LINE_COUNT, QUICK_LINE_COUNT = 4_000, 200
FILE_COUNT, QUICK_FILE_COUNT = 24, 4
INTERVAL_SECONDS = 0.02  # between two small requests
IDLE_SECONDS, QUICK_IDLE_SECONDS = 5.0, 0.5
P99_TARGET_MS = 100.0
ROLL_PATH = f"/v1/meetings/{large_meeting.MEETING_CODE}/attendance"
SMALL_PATHS = ("/health/live", "/v1/regions/31")


class Result(NamedTuple):
    """The statuses of the files, the seconds until the last one, and the small requests.

    `small_ms` are the milliseconds of all small requests, sorted; `refused` is the number of those not answered with
    200.
    """

    statuses: Counter[int]
    seconds: float
    small_ms: Sequence[float]
    refused: int

    def percentile(self, share: float) -> float:
        """Return the milliseconds that this share of the small requests did not exceed."""
        return self.small_ms[min(int(len(self.small_ms) * share), len(self.small_ms) - 1)]


def run(quick: bool) -> bool:
    """Print the table; return whether small requests met the target while files were rendered, and all had a status."""
    line_count, file_count = (QUICK_LINE_COUNT, QUICK_FILE_COUNT) if quick else (LINE_COUNT, FILE_COUNT)
    with dataset.run_temporary_database() as url:
        asyncio.run(insert_meeting(url, line_count))
        with processes.run_rakornas(database_url=url) as server:
            results = asyncio.run(measure(server.base_url, file_count, QUICK_IDLE_SECONDS if quick else IDLE_SECONDS))
    table = Table("files at once", "statuses", "seconds", "small requests", "refused", "p50 ms", "p99 ms", "max ms")
    for title, result in results.items():
        statuses = ", ".join(f"{count} x {status}" for status, count in sorted(result.statuses.items()))
        figures = [f"{value:.1f}" for value in (result.percentile(0.5), result.percentile(0.99), result.small_ms[-1])]
        table.add_row(
            title, statuses, f"{result.seconds:.1f}", str(len(result.small_ms)), str(result.refused), *figures
        )
    Console().print(table)
    return all(result.percentile(0.99) <= P99_TARGET_MS and not result.refused for result in results.values())


async def insert_meeting(url: str, line_count: int) -> None:
    """Insert the synthetic meeting with this number of participants."""
    connection = await asyncpg.connect(url)
    try:
        await large_meeting.insert_meeting(connection, line_count)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def measure(base_url: str, file_count: int, idle_seconds: float) -> dict[str, Result]:
    """Measure small requests without files, during one PDF after another, and during many PDFs at once."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=base_url, timeout=120, limits=limits) as client:

        async def fetch_file() -> int:
            return (await client.get(ROLL_PATH, headers={"Accept": "application/pdf"})).status_code

        async def fetch_one_after_another() -> list[int]:
            return [await fetch_file() for _ in range(4)]

        async def fetch_at_once() -> list[int]:
            return await asyncio.gather(*(fetch_file() for _ in range(file_count)))

        async def fetch_none() -> list[int]:
            await asyncio.sleep(idle_seconds)
            return []

        await fetch_file()  # loads the renderer
        works = {"0": fetch_none, "1": fetch_one_after_another, str(file_count): fetch_at_once}
        return {title: await measure_during(client, work) for title, work in works.items()}


async def measure_during(client: httpx.AsyncClient, work: Callable[[], Awaitable[list[int]]]) -> Result:
    """Send small requests at a constant rate until the work ends; their time counts from when each was due."""
    started = time.perf_counter()
    files = asyncio.ensure_future(work())
    small: list[asyncio.Task[tuple[float, int]]] = []
    while not files.done():
        small.append(asyncio.create_task(fetch_small(client, SMALL_PATHS[len(small) % len(SMALL_PATHS)])))
        await asyncio.sleep(INTERVAL_SECONDS)
    statuses = Counter(await files)
    seconds = time.perf_counter() - started
    answers = await asyncio.gather(*small)
    refused = sum(status != 200 for _, status in answers)
    return Result(statuses, seconds, sorted(milliseconds for milliseconds, _ in answers), refused)


async def fetch_small(client: httpx.AsyncClient, path: str) -> tuple[float, int]:
    """Return the milliseconds and the status of a small request."""
    due = time.perf_counter()
    status = (await client.get(path)).status_code
    return (time.perf_counter() - due) * 1000, status
