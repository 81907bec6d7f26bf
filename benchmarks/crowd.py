"""A made-up meeting that everybody was asked to: 100,000 people of all bodies, each in one of five classes."""

import itertools
import random
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from uuid import UUID

import asyncpg

from app.models.vocabulary import AttendanceStatus
from benchmarks import dataset

MEETING = "crowd"
PEOPLE, QUICK = 100_000, 2_000
CLASSES = tuple(f"class-{number}" for number in range(1, 6))
SOURCE = "made up for measuring"
JAKARTA = timezone(timedelta(hours=7))
OPENS = datetime(2022, 6, 13, 9, tzinfo=JAKARTA)
FIRST_PARTICIPANT = dataset.FIRST_ID + (1 << 112)  # beyond the ids of the made-up people

STATUSES: dict[AttendanceStatus, int] = {
    "present": 70,
    "expected": 8,
    "represented": 5,
    "excused": 5,
    "absent": 4,
    "on_duty_elsewhere": 3,
    "sick": 3,
    "on_leave": 2,
}
OFFICES: dict[str | None, int] = {None: 65, "member": 20, "chair": 5, "secretary": 10}

SYLLABLES = "ba da gu hi ja ka li mu na pe ra si ti wa ya zu han lin mar san tor yan"
NAMES = 1_000  # each once as a part of a name among the made-up ones, by how common it is

PARTICIPANT = (
    *("id", "meeting", "official", "name", "organization", "office", "represents", "status", "late", "arrived_at"),
    *("name_as_printed", "source", "verified", "primary"),
)


async def gather(connection: asyncpg.Connection, people: int) -> None:
    """Add the meeting to a database with the made-up people; the same one each time. Without a VACUUM after it."""
    await connection.execute(
        """
        INSERT INTO meetings (code, name, kind, host, time_zone, start_on, end_on, roll, verified, "primary")
        VALUES ($1, 'Rapat Koordinasi Akbar', 'national_coordination', 'kpu', 'Asia/Jakarta',
                '2022-06-13', '2022-06-15', 'open', true, false)
        """,
        MEETING,
    )
    classes = [
        (MEETING, code, n, "class", f"Kelas {n}", n, "classes", True, False) for n, code in enumerate(CLASSES, 1)
    ]
    columns = ("meeting", "code", "position", "kind", "name", "track", "parallel_group", "verified", "primary")
    await connection.copy_records_to_table("sessions", records=classes, columns=columns)
    bodies = [row[0] for row in await connection.fetch("SELECT code FROM organizations ORDER BY code")]
    officials = [row[0] for row in await connection.fetch("SELECT id FROM officials ORDER BY id")]
    rows = made_up(people, bodies, officials)
    await connection.copy_records_to_table("participants", records=rows, columns=PARTICIPANT, timeout=600)
    chance = random.Random(dataset.SEED)
    assigned = [(MEETING, chance.choice(CLASSES), row[0]) for row in rows]
    await connection.copy_records_to_table("participant_sessions", records=assigned, timeout=600)


def made_up(people: int, bodies: Sequence[str], officials: Sequence[UUID]) -> list[dataset.Row]:
    """The rows of the list: one in thirty an official of the record, the others by name; a few for somebody else."""
    chance = random.Random(dataset.SEED)
    names = common_first(chance)
    likelihood = list(itertools.accumulate(1 / (rank + 20) for rank in range(len(names))))
    of_record = iter(chance.sample(officials, min(len(officials), people // 30)))
    rows: list[dataset.Row] = []
    for number in range(people):
        official = next(of_record, None) if number % 30 == 0 else None
        name = None if official else " ".join(chance.choices(names, cum_weights=likelihood, k=3))
        (status,) = chance.choices(list(STATUSES), list(STATUSES.values()))
        (office,) = chance.choices(list(OFFICES), list(OFFICES.values()))
        came = status == "present"
        late = came and chance.random() < 0.1
        rows.append(
            (
                *(dataset.identifier(chance, number, FIRST_PARTICIPANT), MEETING, official, name),
                *(chance.choice(bodies), office),
                chance.choice(rows)[0] if rows and came and chance.random() < 0.05 else None,
                *(status, late),
                OPENS + timedelta(minutes=chance.randint(1, 90) if late else -chance.randint(0, 120)) if came else None,
                name.upper() if name and chance.random() < 0.05 else None,
                *(SOURCE, True, False),
            )
        )
    return rows


def common_first(chance: random.Random) -> list[str]:
    """Parts of names: those of the record's made-up people, then others. One in forty of the crowd bears the first."""
    names = dict.fromkeys(f"{dataset.FORENAMES} {dataset.SURNAMES}".split())
    while len(names) < NAMES:
        names["".join(chance.choices(SYLLABLES.split(), k=chance.randint(2, 4))).capitalize()] = None
    return list(names)
