"""The race: officials with all their offices, uncached, from one worker, beside the usual way of building it.

Both answer from the same database, in turns, and first have to show that they answer the same.
"""

import statistics
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks import dataset, load, processes

TARGET = 5.0  # times as many lists as the peer
ROUNDS, SECONDS = 3, 5.0
QUICK = 1, 0.5
LIST = f"{processes.OFFICIALS}?page_size=50"


class Turn(NamedTuple):
    """One runner's figures of one turn, and the processor time that its process took for an answer."""

    figures: load.Figures
    cpu: float


def run(quick: bool) -> bool:
    """Print both races; whether the lists met the target."""
    rounds, seconds = QUICK if quick else (ROUNDS, SECONDS)
    with (
        dataset.filled() as url,
        processes.rakornas(database_url=url) as ours,
        processes.uvicorn("benchmarks.peers.fastapi_orm:app", url) as peer,
    ):
        our_pages, our_items = walk(ours)
        peer_pages, peer_items = walk(peer)
        if our_items != peer_items:
            raise RuntimeError("the two do not answer the same")
        items = [f"{processes.OFFICIALS}/{item['id']}" for item in our_items[::7]]
        ratio = race("50 nested officials", (ours, our_pages), (peer, peer_pages), rounds, seconds)
        race("one official", (ours, items), (peer, items), rounds, seconds)
    return ratio >= TARGET


def walk(server: processes.Server) -> tuple[list[str], list[dict[str, Any]]]:
    """The addresses of all pages, so that each request is for another one, and all items in them."""
    pages, items, path = [], [], LIST
    with httpx.Client(base_url=server.base_url) as client:
        while True:
            page = client.get(path).raise_for_status().json()
            pages.append(path)
            items += page["items"]
            if page["next_page_token"] is None:
                break
            path = f"{LIST}&page_token={page['next_page_token']}"
    for item in items:
        item["updated_at"] = datetime.fromisoformat(item["updated_at"])  # +00:00 and Z are the same
    return pages, items


Runner = tuple[processes.Server, Sequence[str]]


def race(title: str, ours: Runner, peer: Runner, rounds: int, seconds: float) -> float:
    """Take turns, print the medians, and return how many times as many answers ours gave."""
    turns: dict[str, list[Turn]] = {"Rakornas": [], "FastAPI + ORM": []}
    for number in range(-1, rounds):
        for name, (server, paths) in zip(turns, (ours, peer), strict=True):
            turn = take_turn(server, paths, seconds if number >= 0 else min(seconds, 1))
            if number >= 0:  # the round before is to warm up
                turns[name].append(turn)
    ratio: float = statistics.median(
        mine.figures.answers_per_second / theirs.figures.answers_per_second
        for mine, theirs in zip(*turns.values(), strict=True)
    )
    table = Table("", "requests/s", "p50 ms", "p99 ms", "CPU ms/request", title=f"{title}: {ratio:.1f} x")
    for name, taken in turns.items():
        table.add_row(
            name,
            f"{statistics.median(turn.figures.answers_per_second for turn in taken):,.0f}",
            f"{statistics.median(turn.figures.p50 for turn in taken) * 1000:.1f}",
            f"{statistics.median(turn.figures.p99 for turn in taken) * 1000:.1f}",
            f"{statistics.median(turn.cpu for turn in taken) * 1000:.2f}",
        )
    Console().print(table)
    return ratio


def take_turn(server: processes.Server, paths: Sequence[str], seconds: float) -> Turn:
    before = server.cpu_seconds()
    figures = load.press(server.port, paths, seconds)
    return Turn(figures, (server.cpu_seconds() - before) / figures.answers)
