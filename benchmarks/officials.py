"""Compare the throughput of officials with all their offices, uncached, with FastAPI and an ORM; one worker each.

Both servers read the same database and are measured in turns. First the benchmark checks that their responses are
equal.
"""

import statistics
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks import dataset, load, processes

TARGET_RATIO = 5.0  # of the throughput of pages, Rakornas to the peer
ROUNDS, SECONDS = 3, 5.0
QUICK_ROUNDS, QUICK_SECONDS = 1, 0.5
LIST_PATH = f"{processes.OFFICIALS_PATH}?page_size=50"


class Measurement(NamedTuple):
    """The load result of one server in one round, and the processor seconds that it used per response."""

    result: load.LoadResult
    cpu_seconds: float


class Target(NamedTuple):
    """A server, and the paths that are requested from it."""

    server: processes.Server
    paths: Sequence[str]


def run(quick: bool) -> bool:
    """Print both comparisons; return whether the throughput of pages met the target."""
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if quick else (ROUNDS, SECONDS)
    with (
        dataset.run_temporary_database() as url,
        processes.run_rakornas(database_url=url) as rakornas,
        processes.run_uvicorn("benchmarks.peers.fastapi_orm:app", url) as peer,
    ):
        rakornas_pages, rakornas_items = fetch_all_pages(rakornas)
        peer_pages, peer_items = fetch_all_pages(peer)
        if rakornas_items != peer_items:
            raise RuntimeError("the responses of the two servers differ")
        item_paths = [f"{processes.OFFICIALS_PATH}/{item['id']}" for item in rakornas_items[::7]]
        ratio = compare(
            "50 nested officials", Target(rakornas, rakornas_pages), Target(peer, peer_pages), rounds, seconds
        )
        compare("one official", Target(rakornas, item_paths), Target(peer, item_paths), rounds, seconds)
    return ratio >= TARGET_RATIO


def fetch_all_pages(server: processes.Server) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the paths of all pages of officials, and the items of all pages."""
    paths, items, path = [], [], LIST_PATH
    with httpx.Client(base_url=server.base_url) as client:
        while True:
            page = client.get(path).raise_for_status().json()
            paths.append(path)
            items += page["items"]
            if page["next_page_token"] is None:
                break
            path = f"{LIST_PATH}&page_token={page['next_page_token']}"
    for item in items:
        item["updated_at"] = datetime.fromisoformat(item["updated_at"])  # +00:00 and Z are equal
    return paths, items


def compare(title: str, rakornas: Target, peer: Target, rounds: int, seconds: float) -> float:
    """Measure both servers in turns, print the medians, and return the median ratio of their throughput."""
    measurements: dict[str, list[Measurement]] = {"Rakornas": [], "FastAPI + ORM": []}
    for number in range(-1, rounds):
        for name, target in zip(measurements, (rakornas, peer), strict=True):
            measurement = measure(target, seconds if number >= 0 else min(seconds, 1))
            if number >= 0:  # the first round is a warm-up
                measurements[name].append(measurement)
    ratio: float = statistics.median(
        ours.result.responses_per_second / theirs.result.responses_per_second
        for ours, theirs in zip(*measurements.values(), strict=True)
    )
    table = Table("", "requests/s", "p50 ms", "p99 ms", "CPU ms/request", title=f"{title}: {ratio:.1f} x")
    for name, rows in measurements.items():
        table.add_row(
            name,
            f"{statistics.median(row.result.responses_per_second for row in rows):,.0f}",
            f"{statistics.median(row.result.p50 for row in rows) * 1000:.1f}",
            f"{statistics.median(row.result.p99 for row in rows) * 1000:.1f}",
            f"{statistics.median(row.cpu_seconds for row in rows) * 1000:.2f}",
        )
    Console().print(table)
    return ratio


def measure(target: Target, seconds: float) -> Measurement:
    """Measure the capacity of a server, and its processor time per response."""
    cpu_seconds_before = target.server.get_cpu_seconds()
    result = load.measure_capacity(target.server.port, target.paths, seconds)
    return Measurement(result, (target.server.get_cpu_seconds() - cpu_seconds_before) / result.response_count)
