"""The roll does not depend on the order, splitting and repetition of the submissions of devices.

`RAKORNAS_EXAMPLES` is the number of random variants in the full suite (default 60); the default suite tries a few.
"""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.check_ins.meeting_client import MeetingClient, after_start

FEW_EXAMPLES, MANY_EXAMPLES = 12, int(os.environ.get("RAKORNAS_EXAMPLES", "60"))
# Skews of the clocks in seconds, by device and clock epoch.
CLOCK_SKEWS = {("gate-1", 0): 0.0, ("gate-2", 0): 172_800.0, ("gate-2", 1): -95.5, ("gate-3", 0): -120.25}
BADGES: list[int | str] = [0, 1, 2, 3, 4, 5, "a stranger", "another"]
MIN_LATENCY_SECONDS = 0.125  # exactly one submission of each device takes as little

SELECT_STATE = """
SELECT json_build_array(
    (SELECT json_agg(to_jsonb(line) - 'meeting' ORDER BY participant) FROM attendance AS line WHERE meeting = $1),
    (SELECT json_agg(json_build_array(id, effective_at, classification, session) ORDER BY id)
        FROM classified_scans WHERE meeting = $1),
    (SELECT json_agg(to_jsonb(line) - 'meeting' ORDER BY family, session, organization, office, slot)
        FROM attendance_counts AS line WHERE meeting = $1 AND invited <> 0)
)::text
"""
RESET_STATEMENTS = (
    "DELETE FROM scans WHERE meeting = $1",
    "DELETE FROM devices WHERE meeting = $1",
    "SELECT derive_attendance($1, array_agg(id)) FROM participants WHERE meeting = $1",
)


@dataclass(frozen=True)
class StoredScan:
    """A scan that a device has stored, and the clock epoch in which it was made."""

    device: str
    epoch: int
    scan: dict[str, Any]


@dataclass(frozen=True)
class Submission:
    """Scans of one device, sent `seconds` after the start and received `latency` seconds later."""

    device: str
    epoch: int
    scans: tuple[dict[str, Any], ...]
    seconds: float
    latency: float


def build_scans(meeting: MeetingClient) -> list[StoredScan]:
    """Build forty scans of six participants and two unknown badges at three devices; the same ones in every run."""
    random = Random(5)
    scans = []
    for n in range(40):
        device, epoch = random.choice(list(CLOCK_SKEWS))
        badge = random.choice(BADGES)
        scan = meeting.new_scan(
            badge,
            random.choice((-60, -1, 0, 0.5, 30, 30, 90, 600)),
            skew=CLOCK_SKEWS[device, epoch],
            direction=random.choice(("in", "in", "out")),
            session=random.choice((None, None, "opening", "class-1", "class-2")),
            sequence=n,
        )
        scans.append(StoredScan(device, epoch, scan))
    # This participant is assigned to class-1.
    scans.append(StoredScan("gate-1", 0, meeting.new_scan(1, 40, session="class-2")))
    return scans


def select_scans(scans: list[StoredScan], device: str, epoch: int) -> list[dict[str, Any]]:
    return [stored.scan for stored in scans if (stored.device, stored.epoch) == (device, epoch)]


def split_randomly(scans: list[StoredScan], random: Random) -> list[Submission]:
    """Split the scans into submissions in random order, with some scans sent twice.

    Each device has one submission with the least latency.
    """
    submissions = []
    for device, epoch in CLOCK_SKEWS:
        sent = select_scans(scans, device, epoch)
        sent += random.sample(sent, random.randint(0, len(sent)))
        random.shuffle(sent)
        cuts = sorted(random.randint(0, len(sent)) for _ in range(random.randint(0, 4)))
        parts = [tuple(sent[a:b]) for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True) if a < b]
        quickest = random.randrange(len(parts))
        for n, part in enumerate(parts):
            delay = 0 if n == quickest else random.choice((0.001, 0.3, 45, 700))
            seconds = 1000 + random.randint(0, 5000)
            submissions.append(Submission(device, epoch, part, seconds, MIN_LATENCY_SECONDS + delay))
    random.shuffle(submissions)
    return submissions


@pytest_asyncio.fixture(scope="module")
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    meeting = await MeetingClient.create(app, client, participant_count=6)
    await meeting.admin.patch(meeting.participant_path(1), {"sessions": ["class-1"]})
    await meeting.admin.patch(meeting.participant_path(2), {"represents": meeting.participants[5]})
    old = meeting.badges[3]
    await meeting.client.post(f"{meeting.participant_path(3)}/badge", headers=meeting.admin.headers)
    connection = await meeting.connect()
    await connection.execute("UPDATE badges SET revoked_at = $1 WHERE revoked_at IS NOT NULL", after_start(20))
    await connection.close()
    assert old == meeting.badges[3]
    return meeting


@pytest_asyncio.fixture(scope="module")
async def connection(meeting: MeetingClient) -> AsyncIterator[asyncpg.Connection]:
    connection = await meeting.connect()
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
def scans(meeting: MeetingClient) -> list[StoredScan]:
    return build_scans(meeting)


async def hash_state_after(
    meeting: MeetingClient, connection: asyncpg.Connection, submissions: list[Submission], *, concurrently: bool = False
) -> str:
    """Delete all scans, send the submissions, and return a hash of the resulting state."""
    for statement in RESET_STATEMENTS:
        await connection.execute(statement, meeting.code)
    requests = (
        meeting.send_batch(
            submission.scans,
            submission.seconds,
            device=submission.device,
            epoch=submission.epoch,
            skew=CLOCK_SKEWS[submission.device, submission.epoch],
            latency=submission.latency,
        )
        for submission in submissions
    )
    responses = await asyncio.gather(*requests) if concurrently else [await request for request in requests]
    assert [response.status_code for response in responses] == [207] * len(submissions)
    return await hash_state(meeting, connection)


async def hash_state(meeting: MeetingClient, connection: asyncpg.Connection) -> str:
    state = json.loads(await connection.fetchval(SELECT_STATE, meeting.code))
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


async def test_scans_sent_in_order_lead_to_expected_classifications(
    meeting: MeetingClient, connection: asyncpg.Connection, scans: list[StoredScan]
) -> None:
    submissions = [
        Submission(device, epoch, tuple(select_scans(scans, device, epoch)), 1000, MIN_LATENCY_SECONDS)
        for device, epoch in CLOCK_SKEWS
    ]
    expected = await hash_state_after(meeting, connection, submissions)
    assert await hash_state_after(meeting, connection, submissions[::-1]) == expected
    attendance = await connection.fetch(
        "SELECT status FROM attendance WHERE meeting = $1 ORDER BY participant", meeting.code
    )
    assert {row["status"] for row in attendance} >= {"present"}
    classifications = await connection.fetch(
        "SELECT DISTINCT classification FROM classified_scans WHERE meeting = $1", meeting.code
    )
    assert {row["classification"] for row in classifications} == {
        "entry",
        "exit",
        "badge_unknown",
        "badge_revoked",
        "not_invited",
    }


@pytest.mark.parametrize(
    "examples", [pytest.param(FEW_EXAMPLES, id="few"), pytest.param(MANY_EXAMPLES, id="many", marks=pytest.mark.full)]
)
async def test_any_order_split_and_repetition_leads_to_same_state(
    meeting: MeetingClient, connection: asyncpg.Connection, scans: list[StoredScan], examples: int
) -> None:
    expected = await hash_state_after(meeting, connection, split_randomly(scans, Random(0)))
    loop = asyncio.get_running_loop()
    tried = 0

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(st.randoms(use_true_random=False), st.booleans())
    def check_variant(random: Random, is_repeated: bool) -> None:
        nonlocal tried
        tried += 1
        submissions = split_randomly(scans, random)
        submissions += submissions[: len(submissions) // 2] if is_repeated else []
        future = asyncio.run_coroutine_threadsafe(hash_state_after(meeting, connection, submissions), loop)
        assert future.result() == expected

    await asyncio.to_thread(check_variant)
    assert tried >= min(examples, 10)


@pytest.mark.parametrize("seed", range(3))
async def test_concurrent_submissions_lead_to_same_state(
    meeting: MeetingClient, connection: asyncpg.Connection, scans: list[StoredScan], seed: int
) -> None:
    expected = await hash_state_after(meeting, connection, split_randomly(scans, Random(0)))
    # All are received at the same instant of the test's clock, so that the latency decides when each is sent.
    submissions = [
        replace(submission, seconds=9000 - submission.latency) for submission in split_randomly(scans, Random(seed))
    ]
    assert await hash_state_after(meeting, connection, submissions, concurrently=True) == expected


async def test_rederiving_attendance_changes_nothing(
    meeting: MeetingClient, connection: asyncpg.Connection, scans: list[StoredScan]
) -> None:
    before = await hash_state_after(meeting, connection, split_randomly(scans, Random(7)))
    await connection.execute(RESET_STATEMENTS[2], meeting.code)
    assert await hash_state(meeting, connection) == before
