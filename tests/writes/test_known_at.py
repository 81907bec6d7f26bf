"""What the service said at an instant, it says again."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.db import database
from tests.conftest import fetch_value
from tests.writes.calls import Calls
from tests.writes.objects import HASYIM, MEETING, OBJECTS, Made

# What shows most of what else is on record: names of others, parts, days, searches of nothing.
WATCHED = [
    "/v1/regions?page_size=5&sort=-updated_at",
    "/v1/regions/31",
    "/v1/organizations/kpu-31",
    "/v1/organizations?region=31",
    "/v1/organizations/kpu/officials?as_of=2022-06-14",
    f"/v1/officials/{HASYIM}?as_of=2023-01-01",
    "/v1/officials?organization=kpu-31&sort=name",
    "/v1/appointments?organization=kpu&office=chair",
    "/v1/divisions/p7-4?organization=kpu-31&as_of=2022-06-14",
    "/v1/elections",
    "/v1/stages/pu-08",
    "/v1/stages?election=pemilu-2024&parent=none&status=finished",
    "/v1/elections/pemilu-2024/tree?as_of=2022-06-14",
    MEETING,
    f"{MEETING}/sessions?kind=class",
    f"{MEETING}/statements",
    f"{MEETING}/attendance?organization=kpu-31",
    "/v1/meetings?from=2022-01-01&to=2026-12-31",
]
AT_ONCE = 10  # of them, others in each example: all of them together take their time
# What may not be there, or be elsewhere.
ELUSIVE = [
    "/v1/regions/31.98?as_of=2022-06-14",
    "/v1/organizations/kpu-31.98",
    "/v1/organizations/kpu-31.98/officials?as_of=2022-06-14&office=chair",
    "/v1/organizations/bawaslu-31/officials",
    "/v1/officials?organization=bawaslu-31",
    "/v1/meetings/rakor-2026",
    "/v1/meetings/rakor-2026/sessions",
    "/v1/meetings/rakor-2026/statements",
    "/v1/meetings/rakor-2026/attendance",
]
# Those that go and come back, and those that a former code may lead to; the last one is there at times only.
COMING = ["regions", "organizations", "meetings"]
HOLDERS = ["31.71", "31.72", "31.99"]
FORMER = {"code": "31.98", "parent": "31", "until": "2023-01-01"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No write runs while these tests ask, so what has just been said is settled."""
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))


def asked(path: str, instant: datetime) -> str:
    return f"{path}{'&' if '?' in path else '?'}known_at={instant.isoformat().replace('+', '%2B')}"


Said = tuple[str | None, int, dict[str, Any]]


async def ask(client: httpx.AsyncClient, path: str) -> Said:
    """Where the answer leads, and all that is said there; the token of the next page is bound to the instant."""
    answer = await client.get(path, follow_redirects=True)
    leads = answer.history[0].headers["location"] if answer.history else None
    body = answer.json()
    said = {name: body[name] for name in body if name not in ("next_page_token", "request_id")}
    return leads, answer.status_code, said


class Writer:
    """Writes at random, and remembers the answers after each write."""

    def __init__(self, calls: Calls, url: str, seed: int) -> None:
        self.calls, self.url, self.random = calls, url, random.Random(seed)
        self.watched = [*self.random.sample(WATCHED, AT_ONCE), *ELUSIVE]
        self.made: list[str] = []
        self.said: list[tuple[datetime, dict[str, Said]]] = []

    async def remember(self) -> None:
        answers = {path: await ask(self.calls.client, path) for path in self.watched}
        self.said.append((await fetch_value(self.url, "SELECT clock_timestamp()"), answers))

    async def step(self, kind: int) -> None:
        number = self.random.randrange(1000)
        if kind == 0:
            made = OBJECTS[self.random.choice(list(OBJECTS))]
            answer = await self.calls.post(made.at, made.content)
            self.made += [answer.headers["location"]] if answer.status_code == 201 else []
        elif kind == 1 and self.made:
            await self.calls.delete(self.made.pop(self.random.randrange(len(self.made))))
        elif kind == 2:
            place, member = self.random.choice(
                [
                    *[("/v1/organizations/kpu-31", "name"), ("/v1/regions/31", "name"), ("/v1/divisions/p7-4", "name")],
                    *[(f"/v1/officials/{HASYIM}", "name"), (MEETING, "place"), ("/v1/elections/pemilu-2024", "name")],
                ]
            )
            await self.calls.patch(place, {member: f"Nama {number}"})
        elif kind == 3:
            await self.calls.patch("/v1/stages/pu-08", {"end_on": f"2024-02-{11 + number % 10}", "reason": "shift"})
        elif kind == 4:
            for name in self.random.sample(COMING, 2):
                await self.come_or_go(OBJECTS[name])
        elif kind == 5:
            await self.lead_to(self.random.choice([*HOLDERS, None]))
        else:
            speakers = [{"name": f"Pembicara {number}"}] if number % 2 else []
            await self.calls.patch(f"{MEETING}/sessions/class-1", {"topics": [f"Topik {number}"], "speakers": speakers})

    async def come_or_go(self, made: Made) -> None:
        """What is not there comes, what is there goes, and at times is back at once."""
        gone = await self.calls.delete(f"{made.at}/{made.content['code']}")
        assert gone.status_code in (204, 404)
        if gone.status_code == 404 or self.random.random() < 0.3:
            back = await self.calls.post(made.at, made.content)
            assert back.status_code == 201
            self.made.append(back.headers["location"])

    async def lead_to(self, region: str | None) -> None:
        """The former code leads to this region and its commission, or to none."""
        for holder in HOLDERS:
            await self.calls.patch(f"/v1/regions/{holder}", {"previous_codes": []})
        if region:
            await self.calls.patch(f"/v1/regions/{region}", {"previous_codes": [FORMER]})


KINDS, SEED = st.lists(st.integers(0, 6), min_size=1, max_size=6), st.integers(0, 10_000)
ON_ONE_RECORD = [HealthCheck.function_scoped_fixture]


@given(kinds=KINDS, seed=SEED)
@settings(max_examples=4, suppress_health_check=ON_ONE_RECORD)
async def test_every_past_answer_is_given_again(calls: Calls, own_url: str, kinds: list[int], seed: int) -> None:
    await write_and_look_back(calls, own_url, kinds, seed)


@pytest.mark.full
@given(kinds=KINDS, seed=SEED)
@settings(max_examples=30, suppress_health_check=ON_ONE_RECORD)
async def test_every_past_answer_is_given_again_at_length(
    calls: Calls, own_url: str, kinds: list[int], seed: int
) -> None:
    await write_and_look_back(calls, own_url, kinds, seed)


async def write_and_look_back(calls: Calls, own_url: str, kinds: list[int], seed: int) -> None:
    """Assert that what was said after each of some writes is said of its instant afterwards.

    All examples write to one record: each goes on from where the last one ended. The last writes of each
    change what is there, so that today is no answer to what was asked before them.
    """
    writer = Writer(calls, own_url, seed)
    await writer.remember()
    for kind in (*kinds, 4, 5):
        await writer.step(kind)
        await writer.remember()
    for instant, answers in writer.said:
        for path, answer in answers.items():
            leads, *said = answer
            then = (asked(leads, instant) if leads else None, *said)
            again = await ask(calls.client, asked(path, instant))
            if again != then:  # not an assertion: of long answers pytest looks for the lines that differ for minutes
                pytest.fail(f"{path} at {instant}\nthen  {str(then)[:2000]}\nagain {str(again)[:2000]}")
    await writer.lead_to(None)
    for address in writer.made:
        await calls.delete(address)


async def test_it_was_another_day_then(calls: Calls, own_url: str) -> None:
    """A status without `as_of` is that of the day on which it was said, in the zone of the service."""
    stage = {"code": "pu-99", "election": "pemilu-2024", "position": 99, "kind": "stage", "name": "X"}
    await calls.post("/v1/stages", {**stage, "start_on": "2026-11-22", "end_on": "2026-11-22"})
    await fetch_value(own_url, "UPDATE history.commits SET stamp = '2026-11-01T00:00:00Z'")
    statuses = {
        instant: (await calls.client.get(f"/v1/stages/pu-99?known_at={instant}")).json()["status"]
        for instant in ("2026-11-20T00:00:00Z", "2026-11-21T16:59:59Z", "2026-11-21T17:00:00Z", "2026-11-22T17:00:00Z")
    }
    assert list(statuses.values()) == ["upcoming", "upcoming", "running", "finished"]


async def test_before_anything_was_kept_nothing_was_said(client: httpx.AsyncClient) -> None:
    listed = await client.get("/v1/regions?known_at=2020-01-01T00:00:00Z")
    assert (listed.status_code, listed.json()["items"]) == (200, [])
    assert (await client.get("/v1/regions/31?known_at=2020-01-01T00:00:00Z")).status_code == 404


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("known_at=2026-11-24", "not_an_instant"),
        ("known_at=2026-11-24T10:00:00", "not_an_instant"),
        ("known_at=2026-02-30T10:00:00Z", "no_such_date"),
        ("known_at=1899-12-31T10:00:00Z", "not_an_instant"),
        ("known_at=2026-11-24T10:00:00Z&q=jakarta", "q_with_known_at"),
    ],
)
async def test_refusals(client: httpx.AsyncClient, query: str, code: str) -> None:
    answer = await client.get(f"/v1/regions?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


async def test_a_walk_stays_with_its_instant(calls: Calls, own_url: str) -> None:
    instant = await fetch_value(own_url, "SELECT clock_timestamp()")
    first = await calls.client.get(asked("/v1/elections?page_size=1", instant))
    await calls.post("/v1/elections", {"code": "pemilu-2029", "name": "Pemilu", "kind": "general"})
    second = await calls.client.get(first.links["next"]["url"])
    assert second.status_code == 200
    assert (len(second.json()["items"]), second.json()["next_page_token"]) == (1, None)


class TestTooRecent:
    @pytest.fixture(autouse=True)
    def at_once(self) -> None:
        """As it is in service."""

    @pytest.mark.parametrize(("seconds", "status"), [(-11, 200), (-9, 422), (0, 422), (3600, 422)])
    async def test_what_may_still_be_committing_is_not_told(
        self, client: httpx.AsyncClient, seconds: int, status: int
    ) -> None:
        instant = datetime.now(UTC) + timedelta(seconds=seconds)
        answer = await client.get(asked("/v1/elections", instant))
        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "too_recent"
