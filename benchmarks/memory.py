"""Measure the resident memory of one worker while it answers 10,000 requests of many kinds."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks import dataset, processes

TARGET_MB = 120.0
MAX_GROWTH = 0.05  # of the memory from the middle to the end of the run, as a share
REQUEST_COUNT, QUICK_REQUEST_COUNT = 10_000, 500
STEP_COUNT = 10
CONCURRENCY = 16


class Sample(NamedTuple):
    """Ids of officials, codes of commissions and the ETag of the regions, for use in requests."""

    officials: Sequence[str]
    commissions: Sequence[str]
    regions_etag: str


class Request(NamedTuple):
    """A request, and the status that its response must have."""

    path: str
    status: int = 200
    method: str = "GET"
    headers: dict[str, str] = {}  # noqa: RUF012


def run(quick: bool) -> bool:
    """Print the memory over time; return whether it met the target and did not grow."""
    with dataset.run_temporary_database() as url, processes.run_rakornas(database_url=url) as server:
        megabytes_by_count = asyncio.run(measure(server, QUICK_REQUEST_COUNT if quick else REQUEST_COUNT))
    table = Table("requests", "RSS in MB")
    for count, megabytes in megabytes_by_count.items():
        table.add_row(f"{count:,}", f"{megabytes:.1f}")
    Console().print(table)
    *_, middle, last = [*megabytes_by_count.values()][STEP_COUNT // 2 :: STEP_COUNT // 2]
    return max(megabytes_by_count.values()) <= TARGET_MB and last <= middle * (1 + MAX_GROWTH)


async def measure(server: processes.Server, request_count: int) -> dict[int, float]:
    """Return the resident memory in megabytes by the number of requests answered so far."""
    rng = random.Random(1)  # the same requests in each run
    megabytes_by_count = {0: get_resident_megabytes(server)}
    async with httpx.AsyncClient(base_url=server.base_url, headers={"Accept-Encoding": "identity"}) as client:
        sample = await fetch_sample(client)
        for step in range(1, STEP_COUNT + 1):
            requests = iter([choose_request(rng, sample) for _ in range(request_count // STEP_COUNT)])
            await asyncio.gather(*(send_requests(client, requests) for _ in range(CONCURRENCY)))
            megabytes_by_count[step * request_count // STEP_COUNT] = get_resident_megabytes(server)
    return megabytes_by_count


def get_resident_megabytes(server: processes.Server) -> float:
    """Return the resident set size of the server's process in megabytes."""
    return float(server.process.memory_info().rss) / 2**20


async def fetch_sample(client: httpx.AsyncClient) -> Sample:
    """Fetch the ids, codes and the ETag that the requests use."""
    officials = await client.get("/v1/officials?page_size=200")
    commissions = await client.get("/v1/organizations?kind=commission&page_size=200")
    return Sample(
        [item["id"] for item in officials.json()["items"]],
        [item["code"] for item in commissions.json()["items"]],
        (await client.get("/v1/regions")).headers["etag"],
    )


async def send_requests(client: httpx.AsyncClient, requests: Iterator[Request]) -> None:
    """Send requests one after another, and check the status of each response."""
    for request in requests:
        response = await client.request(request.method, request.path, headers=request.headers)
        if response.status_code != request.status:
            raise RuntimeError(f"{request} was answered with {response.status_code}: {response.text}")


def choose_request(rng: random.Random, sample: Sample) -> Request:
    """Return a request of a random kind with random parameters."""
    day = f"{rng.randint(2003, 2028)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    official, commission = rng.choice(sample.officials), rng.choice(sample.commissions)
    return rng.choice(
        [
            Request("/v1/officials"),
            Request(f"/v1/officials?{build_query(rng, **build_official_filters(commission, day))}"),
            Request(f"/v1/officials?q={rng.choice(['siti', 'harahap', 'nasution', 'budi rahman'])}&page_size=20"),
            Request("/v1/officials", headers={"Accept-Encoding": rng.choice(["gzip", "br", "zstd"])}),
            Request("/v1/officials?page_size=200", method="HEAD"),
            Request(f"/v1/officials/{official}"),
            Request(f"/v1/officials/{official}?as_of={day}&fields=id,name,appointments"),
            Request(f"/v1/organizations/{commission}"),
            Request(f"/v1/organizations/{commission}/officials?as_of={day}"),
            Request(f"/v1/organizations?{build_query(rng, kind='commission', level='regency', as_of=day, q='kota')}"),
            Request(f"/v1/divisions?{build_query(rng, kind='division', level='province', fields='code,name')}"),
            Request(f"/v1/regions?{build_query(rng, type='regency', as_of=day, sort='-name', page_size='200')}"),
            Request("/v1/regions", 304, headers={"If-None-Match": sample.regions_etag}),
            Request(f"/v1/officials/{official[:-4]}0000", 404),
            Request(f"/v1/nothing/{rng.getrandbits(64):x}", 404),
            Request(f"/v1/officials?p{rng.getrandbits(64):x}=1", 422),
            Request(f"/v1/officials?as_of={day}x", 422),
        ]
    )


def build_official_filters(commission: str, day: str) -> dict[str, str]:
    """Return all query parameters of the list of officials that may be combined."""
    return {
        "organization": commission,
        "office": "member",
        "standing": "definitive",
        "as_of": day,
        "sort": "-updated_at",
        "fields": "id,name",
        "page_size": "20",
    }


def build_query(rng: random.Random, **parameters: str) -> str:
    """Return a query string of a random selection of the parameters, at least one."""
    names = rng.sample(sorted(parameters), rng.randint(1, len(parameters)))
    return "&".join(f"{name}={parameters[name]}" for name in names)
