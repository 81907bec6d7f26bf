"""A synthetic meeting of 100,000 participants from all organizations, each assigned to one of five classes."""

import itertools
import random
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from uuid import UUID

import asyncpg

from app.models.vocabulary import AttendanceStatus
from benchmarks import dataset

MEETING_CODE = "large-meeting"
PARTICIPANT_COUNT, QUICK_PARTICIPANT_COUNT = 100_000, 2_000
CLASS_CODES = tuple(f"class-{number}" for number in range(1, 6))
SOURCE = "synthetic"
JAKARTA_TIME = timezone(timedelta(hours=7))
STARTS_AT = datetime(2022, 6, 13, 9, tzinfo=JAKARTA_TIME)
PARTICIPANT_BASE_ID = dataset.BASE_ID + (1 << 112)  # greater than the ids of the synthetic officials

STATUS_WEIGHTS: dict[AttendanceStatus, int] = {
    "present": 70,
    "expected": 8,
    "represented": 5,
    "excused": 5,
    "absent": 4,
    "on_duty_elsewhere": 3,
    "sick": 3,
    "on_leave": 2,
}
OFFICE_WEIGHTS: dict[str | None, int] = {None: 65, "member": 20, "chair": 5, "secretary": 10}

SYLLABLES = "ba da gu hi ja ka li mu na pe ra si ti wa ya zu han lin mar san tor yan"
NAME_PART_COUNT = 1_000

PARTICIPANT_COLUMNS = (
    *("id", "meeting", "official", "name", "organization", "office", "represents", "status", "late", "arrived_at"),
    *("name_as_printed", "source", "verified", "primary"),
)


async def insert_meeting(connection: asyncpg.Connection, participant_count: int) -> None:
    """Insert the meeting, the same one each time, into a database that contains the synthetic officials.

    The caller runs VACUUM afterwards.
    """
    await connection.execute(
        """
        INSERT INTO meetings (code, name, kind, host, time_zone, start_on, end_on, roll, verified, "primary")
        VALUES ($1, 'Rapat Koordinasi Akbar', 'national_coordination', 'kpu', 'Asia/Jakarta',
                '2022-06-13', '2022-06-15', 'open', true, false)
        """,
        MEETING_CODE,
    )
    classes = [
        (MEETING_CODE, code, n, "class", f"Kelas {n}", n, "classes", True, False)
        for n, code in enumerate(CLASS_CODES, 1)
    ]
    columns = ("meeting", "code", "position", "kind", "name", "track", "parallel_group", "verified", "primary")
    await connection.copy_records_to_table("sessions", records=classes, columns=columns)
    organizations = [row[0] for row in await connection.fetch("SELECT code FROM organizations ORDER BY code")]
    officials = [row[0] for row in await connection.fetch("SELECT id FROM officials ORDER BY id")]
    participants = build_participant_rows(participant_count, organizations, officials)
    await connection.copy_records_to_table(
        "participants", records=participants, columns=PARTICIPANT_COLUMNS, timeout=600
    )
    rng = random.Random(dataset.SEED)
    assignments = [(MEETING_CODE, rng.choice(CLASS_CODES), row[0]) for row in participants]
    await connection.copy_records_to_table("participant_sessions", records=assignments, timeout=600)


def build_participant_rows(count: int, organizations: Sequence[str], officials: Sequence[UUID]) -> list[dataset.Row]:
    """Return the rows of participants.

    One in thirty is an official; the others have only a name. A few represent another participant.
    """
    rng = random.Random(dataset.SEED)
    name_parts = build_name_parts(rng)
    cumulative_weights = list(itertools.accumulate(1 / (rank + 20) for rank in range(len(name_parts))))
    remaining_officials = iter(rng.sample(officials, min(len(officials), count // 30)))
    rows: list[dataset.Row] = []
    for number in range(count):
        official = next(remaining_officials, None) if number % 30 == 0 else None
        name = None if official else " ".join(rng.choices(name_parts, cum_weights=cumulative_weights, k=3))
        (status,) = rng.choices(list(STATUS_WEIGHTS), list(STATUS_WEIGHTS.values()))
        (office,) = rng.choices(list(OFFICE_WEIGHTS), list(OFFICE_WEIGHTS.values()))
        is_present = status == "present"
        is_late = is_present and rng.random() < 0.1
        rows.append(
            (
                *(dataset.build_id(rng, number, PARTICIPANT_BASE_ID), MEETING_CODE, official, name),
                *(rng.choice(organizations), office),
                rng.choice(rows)[0] if rows and is_present and rng.random() < 0.05 else None,
                *(status, is_late),
                STARTS_AT + timedelta(minutes=rng.randint(1, 90) if is_late else -rng.randint(0, 120))
                if is_present
                else None,
                name.upper() if name and rng.random() < 0.05 else None,
                *(SOURCE, True, False),
            )
        )
    return rows


def build_name_parts(rng: random.Random) -> list[str]:
    """Return 1,000 different parts of names, the most frequent first: those of the officials, then random ones.

    The first part is in the name of one in forty participants.
    """
    parts = dict.fromkeys(f"{dataset.FORENAMES} {dataset.SURNAMES}".split())
    while len(parts) < NAME_PART_COUNT:
        parts["".join(rng.choices(SYLLABLES.split(), k=rng.randint(2, 4))).capitalize()] = None
    return list(parts)
