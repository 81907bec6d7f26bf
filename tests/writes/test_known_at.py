"""Reads with known_at: the answer of an earlier instant is given again."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.db import database
from tests.conftest import fetch_value
from tests.writes.object_examples import MEETING_PATH, OBJECT_EXAMPLES, OFFICIAL_ID, ObjectExample
from tests.writes.write_client import WriteClient

# Documents that show other objects too: names of references, parts, statuses on a day, filters.
STABLE_PATHS = [
    "/v1/regions?page_size=5&sort=-updated_at",
    "/v1/regions/31",
    "/v1/organizations/kpu-31",
    "/v1/organizations?region=31",
    "/v1/organizations/kpu/officials?as_of=2022-06-14",
    f"/v1/officials/{OFFICIAL_ID}?as_of=2023-01-01",
    "/v1/officials?organization=kpu-31&sort=name",
    "/v1/appointments?organization=kpu&office=chair",
    "/v1/divisions/p7-4?organization=kpu-31&as_of=2022-06-14",
    "/v1/elections",
    "/v1/stages/pu-08",
    "/v1/stages?election=pemilu-2024&parent=none&status=finished",
    "/v1/elections/pemilu-2024/tree?as_of=2022-06-14",
    MEETING_PATH,
    f"{MEETING_PATH}/sessions?kind=class",
    f"{MEETING_PATH}/statements",
    f"{MEETING_PATH}/attendance?organization=kpu-31",
    "/v1/meetings?from=2022-01-01&to=2026-12-31",
]
PATHS_PER_EXAMPLE = 10  # chosen at random for each example, because reading all of them takes long
# Objects that are created, deleted or moved.
CHANGING_PATHS = [
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
# Resources whose example is deleted and created, and regions that may get the former code. The last one does not
# always exist.
DELETED_AND_CREATED = ["regions", "organizations", "meetings"]
REGIONS_WITH_FORMER_CODE = ["31.71", "31.72", "31.99"]
FORMER_CODE = {"code": "31.98", "parent": "31", "until": "2023-01-01"}


@pytest.fixture(autouse=True)
def without_commit_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow known_at of this moment: no write runs while these tests read."""
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))


def with_known_at(path: str, instant: datetime) -> str:
    """Add the parameter known_at to a path."""
    return f"{path}{'&' if '?' in path else '?'}known_at={instant.isoformat().replace('+', '%2B')}"


Answer = tuple[str | None, int, dict[str, Any]]


async def read_answer(client: httpx.AsyncClient, path: str) -> Answer:
    """Return the redirect, the status and the body, without members that differ between two reads."""
    response = await client.get(path, follow_redirects=True)
    redirect = response.history[0].headers["location"] if response.history else None
    document = response.json()
    body = {name: document[name] for name in document if name not in ("next_page_token", "request_id")}
    return redirect, response.status_code, body


class RandomWriter:
    """Makes random writes, and records the answers after each of them."""

    def __init__(self, api: WriteClient, url: str, seed: int) -> None:
        self.api, self.url, self.random = api, url, random.Random(seed)
        self.paths = [*self.random.sample(STABLE_PATHS, PATHS_PER_EXAMPLE), *CHANGING_PATHS]
        self.created: list[str] = []
        self.recorded: list[tuple[datetime, dict[str, Answer]]] = []

    async def record_answers(self) -> None:
        """Record the answers of all paths, with the instant after them."""
        answers = {path: await read_answer(self.api.http, path) for path in self.paths}
        self.recorded.append((await fetch_value(self.url, "SELECT clock_timestamp()"), answers))

    async def write(self, kind: int) -> None:
        """Make a random write of this kind."""
        number = self.random.randrange(1000)
        if kind == 0:
            example = OBJECT_EXAMPLES[self.random.choice(list(OBJECT_EXAMPLES))]
            response = await self.api.post(example.list_path, example.payload)
            self.created += [response.headers["location"]] if response.status_code == 201 else []
        elif kind == 1 and self.created:
            await self.api.delete(self.created.pop(self.random.randrange(len(self.created))))
        elif kind == 2:
            path, member = self.random.choice(
                [
                    *[("/v1/organizations/kpu-31", "name"), ("/v1/regions/31", "name"), ("/v1/divisions/p7-4", "name")],
                    *[
                        (f"/v1/officials/{OFFICIAL_ID}", "name"),
                        (MEETING_PATH, "place"),
                        ("/v1/elections/pemilu-2024", "name"),
                    ],
                ]
            )
            await self.api.patch(path, {member: f"Nama {number}"})
        elif kind == 3:
            await self.api.patch("/v1/stages/pu-08", {"end_on": f"2024-02-{11 + number % 10}", "reason": "shift"})
        elif kind == 4:
            for name in self.random.sample(DELETED_AND_CREATED, 2):
                await self.delete_or_create(OBJECT_EXAMPLES[name])
        elif kind == 5:
            await self.move_former_code(self.random.choice([*REGIONS_WITH_FORMER_CODE, None]))
        else:
            speakers = [{"name": f"Pembicara {number}"}] if number % 2 else []
            await self.api.patch(
                f"{MEETING_PATH}/sessions/class-1", {"topics": [f"Topik {number}"], "speakers": speakers}
            )

    async def delete_or_create(self, example: ObjectExample) -> None:
        """Create the object of the example if it does not exist; otherwise delete it, and sometimes create it again."""
        deleted = await self.api.delete(f"{example.list_path}/{example.payload['code']}")
        assert deleted.status_code in (204, 404)
        if deleted.status_code == 404 or self.random.random() < 0.3:
            created = await self.api.post(example.list_path, example.payload)
            assert created.status_code == 201
            self.created.append(created.headers["location"])

    async def move_former_code(self, region: str | None) -> None:
        """Give the former code to this region, and so to its commission, or to none."""
        for code in REGIONS_WITH_FORMER_CODE:
            await self.api.patch(f"/v1/regions/{code}", {"previous_codes": []})
        if region:
            await self.api.patch(f"/v1/regions/{region}", {"previous_codes": [FORMER_CODE]})


KINDS, SEED = st.lists(st.integers(0, 6), min_size=1, max_size=6), st.integers(0, 10_000)
SUPPRESSED_HEALTH_CHECKS = [HealthCheck.function_scoped_fixture]


@given(kinds=KINDS, seed=SEED)
@settings(max_examples=4, suppress_health_check=SUPPRESSED_HEALTH_CHECKS)
async def test_known_at_returns_every_recorded_answer(
    api: WriteClient, own_url: str, kinds: list[int], seed: int
) -> None:
    await assert_answers_can_be_read_again(api, own_url, kinds, seed)


@pytest.mark.full
@given(kinds=KINDS, seed=SEED)
@settings(max_examples=30, suppress_health_check=SUPPRESSED_HEALTH_CHECKS)
async def test_known_at_returns_every_recorded_answer_in_long_runs(
    api: WriteClient, own_url: str, kinds: list[int], seed: int
) -> None:
    await assert_answers_can_be_read_again(api, own_url, kinds, seed)


async def assert_answers_can_be_read_again(api: WriteClient, own_url: str, kinds: list[int], seed: int) -> None:
    """Assert that the answers recorded after each write can be read again with known_at.

    All examples use the same database: each continues where the last one ended. The last writes of each change the
    objects again, so that the current answers differ from the recorded ones.
    """
    writer = RandomWriter(api, own_url, seed)
    await writer.record_answers()
    for kind in (*kinds, 4, 5):
        await writer.write(kind)
        await writer.record_answers()
    for instant, answers in writer.recorded:
        for path, answer in answers.items():
            redirect, *rest = answer
            expected = (with_known_at(redirect, instant) if redirect else None, *rest)
            answer_now = await read_answer(api.http, with_known_at(path, instant))
            if answer_now != expected:  # not an assertion, because pytest compares long answers for minutes
                pytest.fail(f"{path} at {instant}\nexpected {str(expected)[:2000]}\nread     {str(answer_now)[:2000]}")
    await writer.move_former_code(None)
    for path in writer.created:
        await api.delete(path)


async def test_status_at_an_instant_is_that_of_its_day(api: WriteClient, own_url: str) -> None:
    """Without `as_of`, the day is that of known_at in the time zone of the service."""
    stage = {"code": "pu-99", "election": "pemilu-2024", "position": 99, "kind": "stage", "name": "X"}
    await api.post("/v1/stages", {**stage, "start_on": "2026-11-22", "end_on": "2026-11-22"})
    await fetch_value(own_url, "UPDATE history.commits SET stamp = '2026-11-01T00:00:00Z'")
    statuses = {
        instant: (await api.http.get(f"/v1/stages/pu-99?known_at={instant}")).json()["status"]
        for instant in ("2026-11-20T00:00:00Z", "2026-11-21T16:59:59Z", "2026-11-21T17:00:00Z", "2026-11-22T17:00:00Z")
    }
    assert list(statuses.values()) == ["upcoming", "upcoming", "running", "finished"]


async def test_known_at_before_the_first_commit_is_empty(client: httpx.AsyncClient) -> None:
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
async def test_invalid_known_at_is_422(client: httpx.AsyncClient, query: str, code: str) -> None:
    response = await client.get(f"/v1/regions?{query}")
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, code)


async def test_next_page_has_the_same_instant(api: WriteClient, own_url: str) -> None:
    instant = await fetch_value(own_url, "SELECT clock_timestamp()")
    first = await api.http.get(with_known_at("/v1/elections?page_size=1", instant))
    await api.post("/v1/elections", {"code": "pemilu-2029", "name": "Pemilu", "kind": "general"})
    second = await api.http.get(first.links["next"]["url"])
    assert second.status_code == 200
    assert (len(second.json()["items"]), second.json()["next_page_token"]) == (1, None)


class TestTooRecent:
    """An instant of the last 10 seconds is refused, because a transaction may still commit before it."""

    @pytest.fixture(autouse=True)
    def without_commit_delay(self) -> None:
        """Override: use the delay of the service."""

    @pytest.mark.parametrize(("seconds", "status"), [(-11, 200), (-9, 422), (0, 422), (3600, 422)])
    async def test_known_at_younger_than_10_seconds_is_422(
        self, client: httpx.AsyncClient, seconds: int, status: int
    ) -> None:
        instant = datetime.now(UTC) + timedelta(seconds=seconds)
        response = await client.get(with_known_at("/v1/elections", instant))
        assert response.status_code == status
        assert status == 200 or response.json()["code"] == "too_recent"
