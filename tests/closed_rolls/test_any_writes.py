"""Any sequence of any writes by any clients changes nothing of a closed roll, except what two clients confirm.

`RAKORNAS_SEQUENCES` is the number of random sequences in the full suite (default 400); the default suite tries a few.
"""

import asyncio
import os
from random import Random
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.closed_rolls.closed_plenary import ClosedPlenary
from tests.closed_rolls.confirmed_corrections import CORRECTIONS, Correction, ExpectedRoll
from tests.closed_rolls.random_writes import WRITES, RandomWriter, Write, load_reference_data

FEW_EXAMPLES, MANY_EXAMPLES = 50, int(os.environ.get("RAKORNAS_SEQUENCES", "400"))
SHARDS = 4  # of the many, so that pytest can divide them among its processes
EXAMPLES_PER_MEETING = 200
KINDS = (*WRITES, *CORRECTIONS)
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2**20)), min_size=1, max_size=8)
REQUESTS_PER_KIND = 6  # by different clients, before the random sequences


class Scenario:
    """A closed roll that many examples write around; a new one after a number of examples, and after a failure."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        self.app, self.client = app, client
        self.roll: ExpectedRoll | None = None
        self.examples_left = 0
        self.statuses: dict[int, int] = {}

    async def run(self, steps: list[tuple[Any, int]]) -> None:
        if self.roll is None or self.examples_left == 0:
            self.roll, self.examples_left = await self._close_roll(), EXAMPLES_PER_MEETING
        roll, self.roll = self.roll, None
        self.examples_left -= 1
        for step, seed in steps:
            writer = RandomWriter(roll.plenary, Random(seed))
            if step in CORRECTIONS:
                await step(roll, writer.random)
            else:
                await step(writer)
            for _, _, status in writer.sent:
                self.statuses[status] = self.statuses.get(status, 0) + 1
        await roll.check()
        self.roll = roll

    async def _close_roll(self) -> ExpectedRoll:
        plenary = ClosedPlenary(self.app, self.client, "", None)  # type: ignore[arg-type]
        await load_reference_data(RandomWriter(plenary, Random(0)))
        return await ExpectedRoll.create(await ClosedPlenary.create(self.app, self.client))


@pytest.mark.parametrize(
    "examples",
    [
        pytest.param(FEW_EXAMPLES, id="few"),
        *(pytest.param(MANY_EXAMPLES // SHARDS, id=f"many-{n}", marks=pytest.mark.full) for n in range(SHARDS)),
    ],
)
async def test_any_writes_change_nothing_of_a_closed_roll(
    own_app: FastAPI, own_client: httpx.AsyncClient, examples: int
) -> None:
    loop, scenario, tried = asyncio.get_running_loop(), Scenario(own_app, own_client), 0

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(STEPS)
    def check_sequence(steps: list[tuple[Write | Correction, int]]) -> None:
        nonlocal tried
        tried += 1
        asyncio.run_coroutine_threadsafe(scenario.run(steps), loop).result()

    for kind in KINDS:
        await scenario.run([(kind, seed) for seed in range(REQUESTS_PER_KIND)])
    assert scenario.statuses.keys() >= {200, 201, 207, 403, 404, 409}
    await asyncio.to_thread(check_sequence)
    assert tried >= examples
