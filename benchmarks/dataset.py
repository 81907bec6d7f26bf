"""Synthetic officials in a realistic number: 4,000 people with one to four offices in the 553 commissions."""

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
from benchmarks.processes import reserve_data_dir

OFFICIAL_COUNT = 4_000
SEED = 2024
BASE_ID = 0x0196_0000_0000 << 80 | 7 << 76 | 2 << 62  # UUID version 7, variant 2; time and random bits are added
FORENAMES = (
    "Abdul Agus Andi Ayu Budi Dewi Dian Eko Fitri Hendra Ika Indah Joko Komang Lina Made Nur Putu Rina Siti Sri Tri"
)
SURNAMES = "Asy'ari Harahap Hidayat Kurniawan Lestari Lubis Manullang Nasution Pratama Rahman Saragih Setiawan Siregar"
TERMS = ("2003-2008", "2008-2013", "2013-2018", "2018-2023", "2023-2028")

OFFICIAL_COLUMNS = ("id", "name", "other_names", "source", "verified", "primary")
APPOINTMENT_COLUMNS = (
    *("id", "official", "organization", "office", "standing", "division", "term", "start_on", "end_on", "end_reason"),
    *("legal_basis", "source", "verified", "primary"),
)

Row = tuple[Any, ...]


class Commission(NamedTuple):
    """The code of a commission, and the codes of the divisions of its level."""

    code: str
    divisions: Sequence[str]


@contextmanager
def run_temporary_database() -> Iterator[str]:
    """Run an embedded server on a new directory, with the shipped dataset and synthetic officials; yield its URL."""
    with reserve_data_dir() as data_dir, run_database(data_dir) as url:
        yield url


@contextmanager
def run_database(data_dir: Path) -> Iterator[str]:
    """Run an embedded server on this directory, with the shipped dataset and synthetic officials; yield its URL."""
    with embedded.run_server(data_dir) as server:
        operations.migrate(server.url)
        operations.load_if_empty(server.url)
        asyncio.run(insert_officials(server.url))
        yield server.url


async def insert_officials(url: str) -> None:
    """Insert the synthetic officials, the same ones each time, into a database that contains the shipped dataset."""
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
        officials, appointments = build_rows(commissions)
        await connection.copy_records_to_table("officials", records=officials, columns=OFFICIAL_COLUMNS)
        await connection.copy_records_to_table("appointments", records=appointments, columns=APPOINTMENT_COLUMNS)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def build_rows(commissions: Sequence[Commission]) -> tuple[list[Row], list[Row]]:
    """Return the rows of officials and of their appointments.

    Each appointment of an official is in another term; those of the last term have not ended.
    """
    rng = random.Random(SEED)  # own seed: the same rows on every machine
    officials: list[Row] = []
    appointments: list[Row] = []
    for number in range(OFFICIAL_COUNT):
        official_id = build_id(rng, number)
        source = f"kpu.go.id, pengumuman nomor {number} tentang susunan keanggotaan (synthetic)"
        other_names = [build_name(rng)] if rng.random() < 0.2 else []
        officials.append((official_id, build_name(rng), other_names, source, True, rng.random() < 0.5))
        term_count = rng.randint(1, 4)
        first_term = rng.randint(0, len(TERMS) - term_count)
        for term in TERMS[first_term : first_term + term_count]:
            commission = rng.choice(commissions)
            division = rng.choice(commission.divisions) if commission.divisions and rng.random() < 0.7 else None
            start_year, end_year = term.split("-")
            has_ended = term != TERMS[-1]
            appointments.append(
                (
                    *(build_id(rng, len(appointments)), official_id, commission.code),
                    *("member", "definitive", division, term),
                    start_year if rng.random() < 0.3 else f"{start_year}-05-24",
                    f"{end_year}-05-24" if has_ended else None,
                    "term ended" if has_ended else None,
                    f"Keputusan KPU Nomor {number} Tahun {start_year}",
                    *(source, True, False),
                )
            )
    return officials, appointments


def build_id(rng: random.Random, number: int, base: int = BASE_ID) -> UUID:
    """Return a UUID that sorts by `number`; its last 62 bits are random."""
    return UUID(int=base + (number << 80) + rng.getrandbits(62))


def build_name(rng: random.Random) -> str:
    """Return a random name of two forenames and a surname."""
    return " ".join([*rng.sample(FORENAMES.split(), 2), rng.choice(SURNAMES.split())])
