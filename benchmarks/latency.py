"""Measure the latency of reads at half the capacity: one worker, 16 connections, no request sent twice.

For each endpoint the capacity is measured first; then requests are sent at half of that rate, at random times.
"""

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import quote_plus

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks import dataset, load, processes

P99_TARGET_MS = 25.0
LOAD_SHARE = 0.5  # of the capacity
PATHS_PER_ENDPOINT = 12_000  # more than one run requests
CAPACITY_SECONDS, LATENCY_SECONDS = 5.0, 10.0
QUICK_SECONDS = 0.5
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
FIRST_ACTIVE_DAY, LAST_ACTIVE_DAY = date(2022, 1, 1), date(2025, 12, 31)  # days on which stages of elections run

SEARCH_PHRASES = (
    *("kpu", "kpu", "kpu jakarta", "kpu provinsi", "kpu kota", "kabupaten bogor", "sekretariat"),
    *("kampanye", "kampanye pilpres", "pemungutan suara", "penetapan calon", "masa tenang", "pencalonan anggota dpr"),
    *("rekapitulasi", "rakornas", "rapat koordinasi", "divisi hukum", "divisi data", "bawaslu", "kemendagri"),
    *("election", "hasyim asyari", "afifudin", "betty idroos", "tarmidzi", "parsadaan harahap"),
)


class EndpointResult(NamedTuple):
    """The results of one endpoint at its capacity and at half of it; `rate` is that half, in requests per second."""

    at_capacity: load.LoadResult
    rate: float
    at_half: load.LoadResult


def run(quick: bool) -> bool:
    """Print the table; return whether every p99 met the target."""
    capacity_seconds, latency_seconds = (QUICK_SECONDS, QUICK_SECONDS) if quick else (CAPACITY_SECONDS, LATENCY_SECONDS)
    with dataset.run_temporary_database() as url, processes.run_rakornas(database_url=url) as server:
        results = {
            endpoint: measure(server, paths, capacity_seconds, latency_seconds)
            for endpoint, paths in build_paths(server).items()
        }
    table = Table(
        *("", "capacity/s", "p99 ms", "at half/s", "p50 ms", "p99 ms"), title=f"target: {P99_TARGET_MS:g} ms at half"
    )
    for endpoint, (at_capacity, rate, at_half) in results.items():
        table.add_row(
            endpoint,
            f"{at_capacity.responses_per_second:,.0f}",
            f"{at_capacity.p99 * 1000:.1f}",
            f"{rate:,.0f}",
            f"{at_half.p50 * 1000:.1f}",
            f"{at_half.p99 * 1000:.1f}",
        )
    Console().print(table)
    return all(result.at_half.p99 * 1000 <= P99_TARGET_MS for result in results.values())


def measure(
    server: processes.Server, paths: Sequence[str], capacity_seconds: float, latency_seconds: float
) -> EndpointResult:
    """Warm up, measure the capacity, then the latency at half of it; each with other paths."""
    warm_up_end, capacity_end = len(paths) // 10, len(paths) * 4 // 10
    load.measure_capacity(server.port, paths[:warm_up_end], min(capacity_seconds, 1))
    at_capacity = load.measure_capacity(server.port, paths[warm_up_end:capacity_end], capacity_seconds)
    rate = at_capacity.responses_per_second * LOAD_SHARE
    at_half = load.measure_at_rate(server.port, paths[capacity_end:], latency_seconds, rate)
    return EndpointResult(at_capacity, rate, at_half)


def build_paths(server: processes.Server) -> dict[str, list[str]]:
    """Return the paths to request by endpoint, each path once."""
    rng = random.Random(dataset.SEED)
    regions = httpx.get(f"{server.base_url}/v1/regions?page_size=200").raise_for_status().json()["items"]
    generators = {
        "/v1/today": generate_today_paths(rng),
        "/v1/search": generate_search_paths(rng, [region["name"] for region in regions]),
        "/v1/elections/{code}/tree": generate_tree_paths(rng),
        "/v1/meetings/{code}": generate_meeting_paths(rng),
    }
    return {
        endpoint: list(dict.fromkeys(itertools.islice(paths, PATHS_PER_ENDPOINT)))
        for endpoint, paths in generators.items()
    }


def generate_today_paths(rng: random.Random) -> Iterator[str]:
    """Generate paths of `/v1/today` on random days, for random numbers of days."""
    while True:
        yield f"/v1/today?as_of={_choose_day(rng, FIRST_ACTIVE_DAY, LAST_ACTIVE_DAY)}&days={rng.randint(1, 90)}"


def generate_tree_paths(rng: random.Random) -> Iterator[str]:
    """Generate paths of the tree of stages of two elections on random days."""
    while True:
        election = rng.choice(["pemilu-2024", "pilkada-2024"])
        yield f"/v1/elections/{election}/tree?as_of={_choose_day(rng, FIRST_DAY, LAST_DAY)}"


def generate_meeting_paths(rng: random.Random) -> Iterator[str]:
    """Generate paths of a meeting on random days."""
    while True:
        yield f"/v1/meetings/rakornas-2022-06?as_of={_choose_day(rng, FIRST_DAY, LAST_DAY)}"


def generate_search_paths(rng: random.Random, regions: Sequence[str]) -> Iterator[str]:
    """Generate searches for names of people (correct, misspelt or partial), organizations of a region, and phrases.

    Repeated words have another page size, up to 100.
    """
    searches: Counter[str] = Counter()
    while True:
        name = dataset.build_name(rng)
        words = rng.choice(
            [
                *(name, misspell(rng, name), rng.choice(name.split())),
                *(f"kpu {rng.choice(regions)}", rng.choice(SEARCH_PHRASES)),
            ]
        )
        yield f"/v1/search?q={quote_plus(words)}&page_size={1 + searches[words] * 37 % 100}"
        searches[words] += 1


def misspell(rng: random.Random, text: str) -> str:
    """Return the text with two neighbouring letters swapped, a letter omitted, or a letter doubled."""
    index = rng.randrange(len(text) - 1)
    head, letter, next_letter, tail = text[:index], text[index], text[index + 1], text[index + 2 :]
    return head + rng.choice([next_letter + letter, next_letter, letter + letter + next_letter]) + tail


def _choose_day(rng: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randint(0, (last - first).days))
