"""The roll of several days does not depend on the order, splitting and repetition of what devices send.

Neither do the periods of their clocks, nor the late uploads of a closed roll. `RAKORNAS_EXAMPLES` is the number of
random variants in the full suite (default 60); the default suite tries a few.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from random import Random

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.check_ins.meeting_client import MeetingClient
from tests.check_ins.shuffled_days import DAY, ShuffledDays

FEW_EXAMPLES, MANY_EXAMPLES = 6, int(os.environ.get("RAKORNAS_EXAMPLES", "60"))
EXAMPLES = [pytest.param(FEW_EXAMPLES, id="few"), pytest.param(MANY_EXAMPLES, id="many", marks=pytest.mark.full)]
SELECT_CLOCKS = """
SELECT json_build_array(
    (SELECT json_agg(to_jsonb(clock) ORDER BY period) FROM device_clocks AS clock WHERE meeting = $1),
    (SELECT json_agg(to_jsonb(reading) ORDER BY received_at, shift) FROM clock_readings AS reading WHERE meeting = $1),
    (SELECT json_agg(json_build_array(id, period, effective_at) ORDER BY id) FROM classified_scans WHERE meeting = $1)
)::text
"""


@pytest_asyncio.fixture(scope="module")
async def days(app: FastAPI, client: httpx.AsyncClient) -> AsyncIterator[ShuffledDays]:
    days = await ShuffledDays.create(await MeetingClient.create(app, client, participant_count=6))
    yield days
    await days.connection.close()


@pytest.mark.parametrize("examples", EXAMPLES)
async def test_any_order_leads_to_one_roll(days: ShuffledDays, examples: int) -> None:
    states = {await days.send_and_close(Random(seed)) for seed in range(examples)}
    assert len(states) == 1
    attendance, scans, _, presence, lines, clocks = json.loads(states.pop())
    assert {line["status"] for line in attendance} >= {"present"}
    assert {scan[2] for scan in scans} >= {
        *("entry", "exit", "badge_unknown", "badge_revoked", "not_invited", "session_unknown", "outside_meeting"),
        *("clock_implausible", "late_upload"),
    }
    assert {scan[4] for scan in scans} == {"2026-12-07", "2026-12-08", None}
    assert {interval["ended_by"] for line in presence for interval in line["intervals"]} == {"exit", "day_end"}
    assert len(lines) == 6
    assert [clock["period"] for clock in clocks if clock["device_id"] == "gate-4"] == [0, 1, 2]
    assert [clock["period"] for clock in clocks if clock["device_id"] == "gate-3"] == [0, 1]


@pytest.mark.parametrize("examples", EXAMPLES)
async def test_periods_are_a_function_of_the_readings(days: ShuffledDays, examples: int) -> None:
    """Readings at one, fourteen or fifteen minutes from each other, stored in the order of receipt and in another."""
    random = Random(3)
    for _ in range(examples):
        skews = [random.choice((0, 1, 60, 840, 899.999999, 900, 1740, -900, 3600)) for _ in range(7)]
        readings = [
            (days.meeting.new_scan(n % 6, n, skew=skew), DAY + random.randint(0, 4) * 10, skew)
            for n, skew in enumerate(skews)
        ]
        states = set()
        for is_shuffled in (False, True, True):
            random.shuffle(readings) if is_shuffled else readings.sort(key=lambda reading: reading[1])
            await days.clear()
            for scan, seconds, skew in readings:
                await days.meeting.check_in([scan], seconds, skew=skew)
            states.add(await days.connection.fetchval(SELECT_CLOCKS, days.meeting.code))
        assert len(states) == 1


async def test_concurrent_submissions_lead_to_the_same_periods(days: ShuffledDays) -> None:
    """All are received at one instant; the device sends them with seven different clocks."""
    states = set()
    scans = [days.meeting.new_scan(n % 6, n, skew=n * 400) for n in range(7)]
    for _ in range(3):
        await days.clear()
        requests = (days.meeting.check_in([scan], DAY, skew=n * 400) for n, scan in enumerate(scans))
        await asyncio.gather(*requests)
        states.add(await days.connection.fetchval(SELECT_CLOCKS, days.meeting.code))
    assert len(states) == 1
