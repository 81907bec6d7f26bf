"""Send pairs of concurrent PATCH requests with the same ETag; exactly one of each pair must succeed.

The other must be 412, with the ETag of the new revision.
"""

import asyncio
import time
from collections import Counter

import httpx
from rich.console import Console

from benchmarks import dataset
from benchmarks.service import Service

PAIR_COUNT, QUICK_PAIR_COUNT = 10_000, 100
CONCURRENT_PAIRS = 8  # each on another official
MERGE_PATCH = "application/merge-patch+json"


def run(quick: bool) -> bool:
    """Print the numbers of outcomes; return whether exactly one request of each pair succeeded."""
    pair_count = CONCURRENT_PAIRS * ((QUICK_PAIR_COUNT if quick else PAIR_COUNT) // CONCURRENT_PAIRS)
    with dataset.run_temporary_database() as url:
        service = Service(url, workers=2)
        service.start()
        try:
            started_at = time.monotonic()
            token = service.create_client("officials:write").fetch_token()
            outcomes = asyncio.run(race(service.base_url, token, pair_count))
            seconds = time.monotonic() - started_at
        finally:
            service.kill()
    single_success_count = outcomes[(200, 412)]
    Console().print(
        f"{pair_count:,} concurrent pairs in {seconds:.0f} s: exactly one request of {single_success_count:,} pairs"
        f" succeeded; by statuses: {dict(outcomes)}"
    )
    return single_success_count == pair_count


async def race(base_url: str, token: str, pair_count: int) -> Counter[tuple[int, ...]]:
    """Return how often each combination of statuses occurred."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": MERGE_PATCH}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=30) as client:
        officials = (await client.get("/v1/officials", params={"page_size": CONCURRENT_PAIRS})).json()["items"]
        races = [
            race_on_official(client, f"/v1/officials/{official['id']}", pair_count // CONCURRENT_PAIRS)
            for official in officials
        ]
        return sum(await asyncio.gather(*races), Counter())


async def race_on_official(client: httpx.AsyncClient, path: str, pair_count: int) -> Counter[tuple[int, ...]]:
    """Send pairs of requests to one official, one pair after another; return the counts of their statuses.

    The key (412, 0) counts failed requests that were answered with another ETag than the successful one.
    """
    outcomes: Counter[tuple[int, ...]] = Counter()
    etag = (await client.get(path)).headers["etag"]
    for number in range(pair_count):
        responses = await asyncio.gather(*(rename(client, path, etag, f"Nama {number} {suffix}") for suffix in "ab"))
        outcomes[tuple(sorted(response.status_code for response in responses))] += 1
        response_by_status = {response.status_code: response for response in responses}
        if 200 in response_by_status:
            etag = response_by_status[200].headers["etag"]
            if 412 in response_by_status and response_by_status[412].headers["etag"] != etag:
                outcomes[(412, 0)] += 1
    return outcomes


async def rename(client: httpx.AsyncClient, path: str, etag: str, name: str) -> httpx.Response:
    """Change the name of an official, if its ETag is the given one."""
    return await client.patch(path, headers={"If-Match": etag}, json={"name": name})
