"""A made-up record of a realistic size: 4,000 people with one to four offices in the 553 commissions."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from app import operations
from app.core import embedded
from benchmarks.processes import scratch

PEOPLE = 4_000
SEED = 2024
FIRST_ID = 0x0196_0000_0000 << 80 | 7 << 76 | 2 << 62  # version 7, variant 2; time and random bits to be filled in
FORENAMES = (
    "Abdul Agus Andi Ayu Budi Dewi Dian Eko Fitri Hendra Ika Indah Joko Komang Lina Made Nur Putu Rina Siti Sri Tri"
)
SURNAMES = "Asy'ari Harahap Hidayat Kurniawan Lestari Lubis Manullang Nasution Pratama Rahman Saragih Setiawan Siregar"
TERMS = ("2003-2008", "2008-2013", "2013-2018", "2018-2023", "2023-2028")

PERSON = ("id", "name", "other_names", "source", "verified", "primary")
OFFICE = (
    *("id", "official", "organization", "office", "standing", "division", "term", "start_on", "end_on", "end_reason"),
    *("legal_basis", "source", "verified", "primary"),
)

Row = tuple[Any, ...]


class Commission(NamedTuple):
    code: str
    divisions: Sequence[str]


@contextmanager
def filled() -> Iterator[str]:
    """The address of an embedded server of its own that holds the shipped data and the made-up people."""
    with scratch() as data_dir, running(data_dir) as url:
        yield url


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """The embedded server on this directory, filled as long as it lives."""
    with embedded.run_server(data_dir) as server:
        operations.migrate(server.url)
        operations.load_if_empty(server.url)
        asyncio.run(fill(server.url))
        yield server.url


async def fill(url: str) -> None:
    """Add the made-up people to a database with the shipped data; the same ones each time."""
    connection = await asyncpg.connect(url)
    try:
        commissions = [
            Commission(*row)
            for row in await connection.fetch(
                """
                SELECT code, (SELECT coalesce(array_agg(divisions.code ORDER BY divisions.code), '{}') FROM divisions
                              WHERE divisions.kind = 'division' AND divisions.level = organizations.level)
                FROM organizations WHERE kind = 'commission' ORDER BY code
                """
            )
        ]
        people, offices = made_up(commissions)
        await connection.copy_records_to_table("officials", records=people, columns=PERSON)
        await connection.copy_records_to_table("appointments", records=offices, columns=OFFICE)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def made_up(commissions: Sequence[Commission]) -> tuple[list[Row], list[Row]]:
    """The rows of people and of their offices, each office in a term of its own, the latest ones still open."""
    chance = random.Random(SEED)  # a seed of its own: the same rows on every machine
    people: list[Row] = []
    offices: list[Row] = []
    for number in range(PEOPLE):
        person = identifier(chance, number)
        source = f"kpu.go.id, pengumuman nomor {number} tentang susunan keanggotaan (made up for measuring)"
        others = [name(chance)] if chance.random() < 0.2 else []
        people.append((person, name(chance), others, source, True, chance.random() < 0.5))
        count = chance.randint(1, 4)
        first = chance.randint(0, len(TERMS) - count)
        for term in TERMS[first : first + count]:
            commission = chance.choice(commissions)
            division = chance.choice(commission.divisions) if commission.divisions and chance.random() < 0.7 else None
            start, end = term.split("-")
            ended = term != TERMS[-1]
            offices.append(
                (
                    *(
                        identifier(chance, len(offices)),
                        person,
                        commission.code,
                        "member",
                        "definitive",
                        division,
                        term,
                    ),
                    start if chance.random() < 0.3 else f"{start}-05-24",
                    f"{end}-05-24" if ended else None,
                    "term ended" if ended else None,
                    f"Keputusan KPU Nomor {number} Tahun {start}",
                    *(source, True, False),
                )
            )
    return people, offices


def identifier(chance: random.Random, number: int, first: int = FIRST_ID) -> UUID:
    return UUID(int=first + (number << 80) + chance.getrandbits(62))


def name(chance: random.Random) -> str:
    return " ".join([*chance.sample(FORENAMES.split(), 2), chance.choice(SURNAMES.split())])
