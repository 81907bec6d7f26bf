"""What the service said at an instant, it says again."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import database
from tests.conftest import fetch
from tests.writing.calls import Calls
from tests.writing.objects import HASYIM, MEETING, OBJECTS

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


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No write runs while these tests ask, so what has just been said is settled."""
    monkeypatch.setattr(database, "SETTLED", timedelta(0))


def asked(path: str, instant: datetime) -> str:
    return f"{path}{'&' if '?' in path else '?'}known_at={instant.isoformat().replace('+', '%2B')}"


def content(answer: httpx.Response) -> Any:
    """All that is said; the token of the next page is bound to the instant, and so another one."""
    body = answer.json()
    return answer.status_code, {name: body[name] for name in body if name not in ("next_page_token", "request_id")}


class Writer:
    """Writes at random, and remembers the answers after each write."""

    def __init__(self, calls: Calls, url: str, seed: int) -> None:
        self.calls, self.url, self.random = calls, url, random.Random(seed)
        self.made: list[str] = []
        self.said: list[tuple[datetime, dict[str, Any]]] = []

    async def remember(self) -> None:
        answers = {path: content(await self.calls.client.get(path)) for path in WATCHED}
        self.said.append((await fetch(self.url, "SELECT clock_timestamp()"), answers))

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
        else:
            speakers = [{"name": f"Pembicara {number}"}] if number % 2 else []
            await self.calls.patch(f"{MEETING}/sessions/class-1", {"topics": [f"Topik {number}"], "speakers": speakers})


@given(kinds=st.lists(st.integers(0, 4), min_size=3, max_size=8), seed=st.integers(0, 10_000))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_past_answer_is_given_again(calls: Calls, own_url: str, kinds: list[int], seed: int) -> None:
    """All examples write to one record: each goes on from where the last one ended."""
    writer = Writer(calls, own_url, seed)
    await writer.remember()
    for kind in kinds:
        await writer.step(kind)
        await writer.remember()
    for instant, answers in writer.said:
        for path, answer in answers.items():
            assert content(await calls.client.get(asked(path, instant))) == answer, (path, instant)
    for address in writer.made:
        await calls.delete(address)


async def test_it_was_another_day_then(calls: Calls, own_url: str) -> None:
    """A status without `as_of` is that of the day on which it was said, in the zone of the service."""
    stage = {"code": "pu-99", "election": "pemilu-2024", "position": 99, "kind": "stage", "name": "X"}
    await calls.post("/v1/stages", {**stage, "start_on": "2026-11-22", "end_on": "2026-11-22"})
    await fetch(own_url, "UPDATE history.commits SET stamp = '2026-11-01T00:00:00Z'")
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
    instant = await fetch(own_url, "SELECT clock_timestamp()")
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
