"""Whatever the network makes of the scans of some devices, the roll comes to the same: order, splits, repetitions.

`RAKORNAS_EXAMPLES` is how many ways the full suite tries (60 where it is not set); the default suite tries a few.
"""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
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

FEW, EXAMPLES = 12, int(os.environ.get("RAKORNAS_EXAMPLES", "60"))
# Of each device the skew of its clock in each of its epochs, in seconds.
SKEWS = {("gate-1", 0): 0.0, ("gate-2", 0): 172_800.0, ("gate-2", 1): -95.5, ("gate-3", 0): -120.25}
BADGES: list[int | str] = [0, 1, 2, 3, 4, 5, "a stranger", "another"]
QUICKEST = 0.125  # what no post of a device is quicker than, and one of them takes

STATE = """
SELECT json_build_array(
    (SELECT json_agg(to_jsonb(one) - 'meeting' ORDER BY participant) FROM attendance AS one WHERE meeting = $1),
    (SELECT json_agg(json_build_array(id, effective_at, classification, session) ORDER BY id)
        FROM classified_scans WHERE meeting = $1),
    (SELECT json_agg(to_jsonb(one) - 'meeting' ORDER BY family, session, organization, office, slot)
        FROM attendance_counts AS one WHERE meeting = $1 AND invited <> 0)
)::text
"""
EMPTY = (
    "DELETE FROM scans WHERE meeting = $1",
    "DELETE FROM device_clocks WHERE meeting = $1",
    "SELECT derive_attendance($1, array_agg(id)) FROM participants WHERE meeting = $1",
)


@dataclass(frozen=True)
class Kept:
    """A scan that a device has kept, with the epoch in which it was made."""

    device: str
    epoch: int
    scan: dict[str, Any]


@dataclass(frozen=True)
class Post:
    """Some of them, sent at an instant and received `latency` seconds later."""

    device: str
    epoch: int
    scans: tuple[dict[str, Any], ...]
    when: float
    latency: float


def keep(meeting: MeetingClient) -> list[Kept]:
    """Forty scans of six people and two strangers, in and out, at three doors; the same in every run."""
    chance = Random(5)
    kept = []
    for n in range(40):
        device, epoch = chance.choice(list(SKEWS))
        badge = chance.choice(BADGES)
        scan = meeting.new_scan(
            badge,
            chance.choice((-60, -1, 0, 0.5, 30, 30, 90, 600)),
            skew=SKEWS[device, epoch],
            direction=chance.choice(("in", "in", "out")),
            session=chance.choice((None, None, "opening", "class-1", "class-2")),
            sequence=n,
        )
        kept.append(Kept(device, epoch, scan))
    kept.append(Kept("gate-1", 0, meeting.new_scan(1, 40, session="class-2")))  # who sits in class-1
    return kept


def posts(kept: list[Kept], chance: Random) -> list[Post]:
    """One way in which they may arrive: some twice, in parts, each device once as quickly as can be."""
    made = []
    for (device, epoch), _ in SKEWS.items():
        scans = [one.scan for one in kept if (one.device, one.epoch) == (device, epoch)]
        scans += chance.sample(scans, chance.randint(0, len(scans)))
        chance.shuffle(scans)
        cuts = sorted(chance.randint(0, len(scans)) for _ in range(chance.randint(0, 4)))
        parts = [tuple(scans[a:b]) for a, b in zip([0, *cuts], [*cuts, len(scans)], strict=True) if a < b]
        quick = chance.randrange(len(parts))
        for n, part in enumerate(parts):
            latency = QUICKEST if n == quick else QUICKEST + chance.choice((0.001, 0.3, 45, 7200))
            made.append(Post(device, epoch, part, 1000 + chance.randint(0, 5000), latency))
    chance.shuffle(made)
    return made


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
def kept(meeting: MeetingClient) -> list[Kept]:
    return keep(meeting)


async def state_after(
    meeting: MeetingClient, connection: asyncpg.Connection, arriving: list[Post], *, at_once: bool = False
) -> str:
    """The hash of what a meeting comes to, from nothing."""
    for statement in EMPTY:
        await connection.execute(statement, meeting.code)
    sending = (
        meeting.send_batch(
            one.scans,
            one.when,
            device=one.device,
            epoch=one.epoch,
            skew=SKEWS[one.device, one.epoch],
            latency=one.latency,
        )
        for one in arriving
    )
    answers = await asyncio.gather(*sending) if at_once else [await one for one in sending]
    assert [answer.status_code for answer in answers] == [207] * len(arriving)
    return await state(meeting, connection)


async def state(meeting: MeetingClient, connection: asyncpg.Connection) -> str:
    found = json.loads(await connection.fetchval(STATE, meeting.code))
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


async def test_the_roll_is_what_the_scans_say(
    meeting: MeetingClient, connection: asyncpg.Connection, kept: list[Kept]
) -> None:
    """In the order in which they were made, each device at once: what all other ways are held against."""
    arriving = [
        Post(
            device, epoch, tuple(one.scan for one in kept if (one.device, one.epoch) == (device, epoch)), 1000, QUICKEST
        )
        for device, epoch in SKEWS
    ]
    first = await state_after(meeting, connection, arriving)
    assert first == await state_after(meeting, connection, arriving[::-1])
    people = await connection.fetch(
        "SELECT status FROM attendance WHERE meeting = $1 ORDER BY participant", meeting.code
    )
    assert {row["status"] for row in people} >= {"present"}
    judged = await connection.fetch(
        "SELECT DISTINCT classification FROM classified_scans WHERE meeting = $1", meeting.code
    )
    assert {row["classification"] for row in judged} == {
        "entry",
        "exit",
        "badge_unknown",
        "badge_revoked",
        "not_invited",
    }


@pytest.mark.parametrize(
    "examples", [pytest.param(FEW, id="few"), pytest.param(EXAMPLES, id="many", marks=pytest.mark.full)]
)
async def test_any_way_of_arriving_leads_to_one_state(
    meeting: MeetingClient, connection: asyncpg.Connection, kept: list[Kept], examples: int
) -> None:
    expected = await state_after(meeting, connection, posts(kept, Random(0)))
    loop = asyncio.get_running_loop()
    tried = 0

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(st.randoms(use_true_random=False), st.booleans())
    def any_way(chance: Random, repeated: bool) -> None:
        nonlocal tried
        tried += 1
        arriving = posts(kept, chance)
        arriving += arriving[: len(arriving) // 2] if repeated else []
        going = asyncio.run_coroutine_threadsafe(state_after(meeting, connection, arriving), loop)
        assert going.result() == expected

    await asyncio.to_thread(any_way)
    assert tried >= min(examples, 10)


@pytest.mark.parametrize("seed", range(3))
async def test_posts_that_come_at_once_lead_to_it_too(
    meeting: MeetingClient, connection: asyncpg.Connection, kept: list[Kept], seed: int
) -> None:
    expected = await state_after(meeting, connection, posts(kept, Random(0)))
    arriving = posts(kept, Random(seed))
    # All are received at one instant of the test's clock, so each device's quickest post is the one sent last.
    together = [Post(one.device, one.epoch, one.scans, 9000 - one.latency, one.latency) for one in arriving]
    assert await state_after(meeting, connection, together, at_once=True) == expected


async def test_deriving_it_anew_changes_nothing(
    meeting: MeetingClient, connection: asyncpg.Connection, kept: list[Kept]
) -> None:
    before = await state_after(meeting, connection, posts(kept, Random(7)))
    await connection.execute(EMPTY[2], meeting.code)
    assert await state(meeting, connection) == before
