"""Two writers, one tag: exactly one of each pair of racing PATCHes wins, the other is told what it has missed."""

import asyncio
import time
from collections import Counter

import httpx
from rich.console import Console

from benchmarks import dataset
from benchmarks.writers import Service

PAIRS, QUICK_PAIRS = 10_000, 100
LANES = 8  # pairs at a time, each for an object of its own
MERGE_PATCH = "application/merge-patch+json"


def run(quick: bool) -> bool:
    """Print what became of the pairs; whether each had one winner."""
    pairs = LANES * ((QUICK_PAIRS if quick else PAIRS) // LANES)
    with dataset.filled() as url:
        service = Service(url, workers=2)
        service.start()
        try:
            began = time.monotonic()
            outcomes = asyncio.run(race(service.base_url, service.client("officials:write").token(), pairs))
            seconds = time.monotonic() - began
        finally:
            service.kill()
    right = outcomes[(200, 412)]
    Console().print(f"{pairs:,} racing pairs in {seconds:.0f} s: {right:,} with one winner; all: {dict(outcomes)}")
    return right == pairs


async def race(base_url: str, token: str, pairs: int) -> Counter[tuple[int, ...]]:
    """How often which statuses came of a pair."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": MERGE_PATCH}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=30) as client:
        listed = (await client.get("/v1/officials", params={"page_size": LANES})).json()["items"]
        lanes = [lane(client, f"/v1/officials/{item['id']}", pairs // LANES) for item in listed]
        return sum(await asyncio.gather(*lanes), Counter())


async def lane(client: httpx.AsyncClient, address: str, pairs: int) -> Counter[tuple[int, ...]]:
    outcomes: Counter[tuple[int, ...]] = Counter()
    tag = (await client.get(address)).headers["etag"]
    for n in range(pairs):
        answers = await asyncio.gather(*(change(client, address, tag, f"Nama {n} {item}") for item in ("a", "b")))
        outcomes[tuple(sorted(answer.status_code for answer in answers))] += 1
        told = {answer.status_code: answer for answer in answers}
        if 200 in told:
            tag = told[200].headers["etag"]
            if 412 in told and told[412].headers["etag"] != tag:
                outcomes[(412, 0)] += 1  # the loser was told another tag than the winner's
    return outcomes


async def change(client: httpx.AsyncClient, address: str, tag: str, name: str) -> httpx.Response:
    return await client.patch(address, headers={"If-Match": tag}, json={"name": name})
