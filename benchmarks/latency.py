"""How long callers wait while the service is half busy: one worker, 16 connections, no question asked twice.

First each address is pressed for all that it can give; then it is asked for half of that, at moments of their own.
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

TARGET = 25.0  # ms
SHARE = 0.5  # of the capacity
PATHS = 12_000  # of each kind: more than one run asks for
PRESSED, STREAMED = 5.0, 10.0  # seconds
QUICK = 0.5
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)
BEGINS, ENDS = date(2022, 1, 1), date(2025, 12, 31)  # the days on which something runs

PHRASES = (
    *("kpu", "kpu", "kpu jakarta", "kpu provinsi", "kpu kota", "kabupaten bogor", "sekretariat"),
    *("kampanye", "kampanye pilpres", "pemungutan suara", "penetapan calon", "masa tenang", "pencalonan anggota dpr"),
    *(
        "rekapitulasi",
        "rakornas",
        "rapat koordinasi",
        "divisi hukum",
        "divisi data",
        "bawaslu",
        "kemendagri",
        "election",
    ),
    *("hasyim asyari", "afifudin", "betty idroos", "tarmidzi", "parsadaan harahap"),
)


class Run(NamedTuple):
    """What one address gave when pressed, and at the share of that."""

    capacity: load.Figures
    rate: float
    shared: load.Figures


def run(quick: bool) -> bool:
    """Print the table; whether every p99 met the target."""
    pressed, streamed = (QUICK, QUICK) if quick else (PRESSED, STREAMED)
    with dataset.filled() as url, processes.rakornas(database_url=url) as server:
        runs = {name: measure(server, paths, pressed, streamed) for name, paths in questions(server).items()}
    table = Table("", "capacity/s", "p99 ms", "at half/s", "p50 ms", "p99 ms", title=f"target: {TARGET:g} ms at half")
    for name, (capacity, rate, shared) in runs.items():
        table.add_row(
            name,
            f"{capacity.answers_per_second:,.0f}",
            f"{capacity.p99 * 1000:.1f}",
            f"{rate:,.0f}",
            f"{shared.p50 * 1000:.1f}",
            f"{shared.p99 * 1000:.1f}",
        )
    Console().print(table)
    return all(shared.p99 * 1000 <= TARGET for _, _, shared in runs.values())


def measure(server: processes.Server, paths: Sequence[str], pressed: float, streamed: float) -> Run:
    """Press, then ask for the share; each with paths of its own, the first of which only warm up."""
    warm, third = len(paths) // 10, len(paths) * 4 // 10
    load.press(server.port, paths[:warm], min(pressed, 1))
    capacity = load.press(server.port, paths[warm:third], pressed)
    rate = capacity.answers_per_second * SHARE
    return Run(capacity, rate, load.stream(server.port, paths[third:], streamed, rate))


def questions(server: processes.Server) -> dict[str, list[str]]:
    """The paths by address, no two of them the same."""
    chance = random.Random(dataset.SEED)
    regions = httpx.get(f"{server.base_url}/v1/regions?page_size=200").raise_for_status().json()["items"]
    kinds = {
        "/v1/today": today(chance),
        "/v1/search": search(chance, [region["name"] for region in regions]),
        "/v1/elections/{code}/tree": tree(chance),
        "/v1/meetings/{code}": meeting(chance),
    }
    return {name: list(dict.fromkeys(itertools.islice(paths, PATHS))) for name, paths in kinds.items()}


def today(chance: random.Random) -> Iterator[str]:
    while True:
        yield f"/v1/today?as_of={_day(chance, BEGINS, ENDS)}&days={chance.randint(1, 90)}"


def tree(chance: random.Random) -> Iterator[str]:
    while True:
        yield f"/v1/elections/{chance.choice(['pemilu-2024', 'pilkada-2024'])}/tree?as_of={_day(chance, FIRST, LAST)}"


def meeting(chance: random.Random) -> Iterator[str]:
    while True:
        yield f"/v1/meetings/rakornas-2022-06?as_of={_day(chance, FIRST, LAST)}"


def search(chance: random.Random, regions: Sequence[str]) -> Iterator[str]:
    """Names of people, right and misspelt, parts of them, bodies by their region, and what else is searched for.

    The same words come again with another size of page, up to 100.
    """
    asked: Counter[str] = Counter()
    while True:
        name = dataset.name(chance)
        words = chance.choice(
            [
                *(name, misspelt(chance, name), chance.choice(name.split())),
                *(f"kpu {chance.choice(regions)}", chance.choice(PHRASES)),
            ]
        )
        yield f"/v1/search?q={quote_plus(words)}&page_size={1 + asked[words] * 37 % 100}"
        asked[words] += 1


def misspelt(chance: random.Random, words: str) -> str:
    """With two neighbours in the wrong order, a letter left out, or one doubled."""
    at = chance.randrange(len(words) - 1)
    head, item, other, rest = words[:at], words[at], words[at + 1], words[at + 2 :]
    return head + chance.choice([other + item, other, item + item + other]) + rest


def _day(chance: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=chance.randint(0, (last - first).days))
