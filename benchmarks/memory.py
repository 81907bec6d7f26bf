"""What one worker holds in memory while it answers 10,000 requests of every kind."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks import dataset, processes

TARGET = 120.0  # MB
FLAT = 0.05  # of the memory at the middle: how much more it may be at the end
REQUESTS, QUICK = 10_000, 500
STEPS = 10
AT_ONCE = 16


class Sample(NamedTuple):
    """What the requests ask about."""

    officials: Sequence[str]
    commissions: Sequence[str]
    tag: str


class Request(NamedTuple):
    path: str
    status: int = 200
    method: str = "GET"
    headers: dict[str, str] = {}  # noqa: RUF012


def run(quick: bool) -> bool:
    """Print the curve; whether it stayed low and flat."""
    with dataset.filled() as url, processes.rakornas(database_url=url) as server:
        curve = asyncio.run(measure(server, QUICK if quick else REQUESTS))
    table = Table("requests", "RSS in MB")
    for asked, megabytes in curve.items():
        table.add_row(f"{asked:,}", f"{megabytes:.1f}")
    Console().print(table)
    *_, middle, last = [*curve.values()][STEPS // 2 :: STEPS // 2]
    return max(curve.values()) <= TARGET and last <= middle * (1 + FLAT)


async def measure(server: processes.Server, requests: int) -> dict[int, float]:
    """The resident megabytes by the number of requests answered so far."""
    chance = random.Random(1)  # the same requests each time
    curve = {0: megabytes(server)}
    async with httpx.AsyncClient(base_url=server.base_url, headers={"Accept-Encoding": "identity"}) as client:
        sample = await look_around(client)
        for step in range(1, STEPS + 1):
            asked = iter([mixed(chance, sample) for _ in range(requests // STEPS)])
            await asyncio.gather(*(ask(client, asked) for _ in range(AT_ONCE)))
            curve[step * requests // STEPS] = megabytes(server)
    return curve


def megabytes(server: processes.Server) -> float:
    return float(server.process.memory_info().rss) / 2**20


async def look_around(client: httpx.AsyncClient) -> Sample:
    officials = await client.get("/v1/officials?page_size=200")
    commissions = await client.get("/v1/organizations?kind=commission&page_size=200")
    return Sample(
        [item["id"] for item in officials.json()["items"]],
        [item["code"] for item in commissions.json()["items"]],
        (await client.get("/v1/regions")).headers["etag"],
    )


async def ask(client: httpx.AsyncClient, requests: Iterator[Request]) -> None:
    for request in requests:
        answer = await client.request(request.method, request.path, headers=request.headers)
        if answer.status_code != request.status:
            raise RuntimeError(f"{request} was answered {answer.status_code}: {answer.text}")


def mixed(chance: random.Random, sample: Sample) -> Request:
    """A request of one kind among many."""
    day = f"{chance.randint(2003, 2028)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    official, commission = chance.choice(sample.officials), chance.choice(sample.commissions)
    return chance.choice(
        [
            Request("/v1/officials"),
            Request(f"/v1/officials?{some(chance, **filters_of_officials(commission, day))}"),
            Request(f"/v1/officials?q={chance.choice(['siti', 'harahap', 'nasution', 'budi rahman'])}&page_size=20"),
            Request("/v1/officials", headers={"Accept-Encoding": chance.choice(["gzip", "br", "zstd"])}),
            Request("/v1/officials?page_size=200", method="HEAD"),
            Request(f"/v1/officials/{official}"),
            Request(f"/v1/officials/{official}?as_of={day}&fields=id,name,appointments"),
            Request(f"/v1/organizations/{commission}"),
            Request(f"/v1/organizations/{commission}/officials?as_of={day}"),
            Request(f"/v1/organizations?{some(chance, kind='commission', level='regency', as_of=day, q='kota')}"),
            Request(f"/v1/divisions?{some(chance, kind='division', level='province', fields='code,name')}"),
            Request(f"/v1/regions?{some(chance, type='regency', as_of=day, sort='-name', page_size='200')}"),
            Request("/v1/regions", 304, headers={"If-None-Match": sample.tag}),
            Request(f"/v1/officials/{official[:-4]}0000", 404),
            Request(f"/v1/nothing/{chance.getrandbits(64):x}", 404),
            Request(f"/v1/officials?p{chance.getrandbits(64):x}=1", 422),
            Request(f"/v1/officials?as_of={day}x", 422),
        ]
    )


def filters_of_officials(commission: str, day: str) -> dict[str, str]:
    return {
        "organization": commission,
        "office": "member",
        "standing": "definitive",
        "as_of": day,
        "sort": "-updated_at",
        "fields": "id,name",
        "page_size": "20",
    }


def some(chance: random.Random, **parameters: str) -> str:
    """Any of these parameters, at least one, as a query."""
    names = chance.sample(sorted(parameters), chance.randint(1, len(parameters)))
    return "&".join(f"{name}={parameters[name]}" for name in names)
