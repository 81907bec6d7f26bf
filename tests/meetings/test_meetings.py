# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
import time_machine
from fastapi import FastAPI

from app.core import clock
from app.core.http.dependencies import get_local_day
from tests.meetings.made_up import DAY, MEETINGS, MEMBERS
from tests.scenarios import ListScenarios, code_key, list_items, name_key, updated_at_key

ON_THE_DAY = {
    "rakornas-2022-06": "finished",
    "over": "finished",
    "last-day": "running",
    "one-day": "running",
    "papua": "running",
    "first-day": "running",
    "ahead": "planned",
    "called-off": "cancelled",
    "called-off-next-day": "running",
    "called-off-beforehand": "cancelled",
    "called-off-afterwards": "finished",
}


def of_start(item: Any) -> Any:
    return item["start_on"], item["code"]


async def codes(client: httpx.AsyncClient, **params: str) -> set[str]:
    return {item["code"] for item in await list_items(client, "/v1/meetings", params)}


async def statuses(client: httpx.AsyncClient, day: str) -> dict[str, str]:
    return {item["code"]: item["status"] for item in await list_items(client, "/v1/meetings", {"as_of": day})}


class TestListMeetings(ListScenarios):
    path = "/v1/meetings"
    members = MEMBERS
    sort_keys = {"start_on": of_start, "code": code_key, "name": name_key, "updated_at": updated_at_key}
    search_words = "rapat"
    example_filter = {"kind": "coordination"}
    other_list_path = "/v1/regions"
    invalid_queries = (
        ({"kind": "party"}, "kind", "not_one_of", "national_coordination"),
        ({"status": "over"}, "status", "not_one_of", "finished"),
        ({"host": "kpu-99"}, "host", "unknown_code", "/v1/organizations"),
        ({"election": "pemilu-1955"}, "election", "unknown_code", "/v1/elections"),
        ({"attended_by": "kpu-99"}, "attended_by", "unknown_code", "/v1/organizations"),
        ({"attended_by": "k" * 41}, "attended_by", "too_long", "40"),
        ({"from": "2024-02-30"}, "from", "no_such_date", "calendar"),
        ({"to": "14-06-2022"}, "to", "not_a_date", "YYYY-MM-DD"),
        ({"from": "2024-03-11", "to": "2024-03-10"}, "to", "to_before_from", ""),
        ({"from_": "2024-03-11"}, "from_", "unknown_parameter", "from"),
        ({"roll": "open"}, "roll", "unknown_parameter", "attended_by"),
    )

    async def test_status_on_a_day(self, client: httpx.AsyncClient) -> None:
        assert await statuses(client, DAY.isoformat()) == ON_THE_DAY

    @pytest.mark.parametrize("status", sorted(set(ON_THE_DAY.values())))
    async def test_by_status(self, client: httpx.AsyncClient, status: str) -> None:
        expected = {code for code, one in ON_THE_DAY.items() if one == status}
        assert await codes(client, status=status, as_of=DAY.isoformat()) == expected

    async def test_the_last_day_is_a_day_of_the_meeting(self, client: httpx.AsyncClient) -> None:
        days = ("2022-06-12", "2022-06-13", "2022-06-15", "2022-06-16")
        assert [(await statuses(client, day))["rakornas-2022-06"] for day in days] == [
            "planned",
            "running",
            "running",
            "finished",
        ]

    async def test_cancelled_from_its_day_on(self, client: httpx.AsyncClient) -> None:
        days = ("2024-03-07", "2024-03-09", "2024-03-10", "2024-03-13", "2199-12-31")
        assert [(await statuses(client, day))["called-off"] for day in days] == [
            "planned",
            "running",
            *["cancelled"] * 3,
        ]

    async def test_all_are_there_on_any_day(self, client: httpx.AsyncClient) -> None:
        assert Counter((await statuses(client, "1900-01-01")).values()) == {"planned": len(ON_THE_DAY)}

    async def test_without_a_day_it_is_today(self, client: httpx.AsyncClient, app: FastAPI) -> None:
        paths = ("/v1/meetings", "/v1/meetings?status=running", "/v1/meetings/called-off")
        app.dependency_overrides[get_local_day] = lambda: clock.LocalDay(DAY, 60)
        try:
            answers = [(await client.get(path)).content for path in paths]
        finally:
            app.dependency_overrides.clear()
        for answer, path in zip(answers, paths, strict=True):
            assert answer == (await client.get(f"{path}{'&' if '?' in path else '?'}as_of={DAY}")).content

    async def test_an_answer_about_today_is_over_at_midnight(self, client: httpx.AsyncClient) -> None:
        for path in ("/v1/meetings", "/v1/meetings/called-off"):
            with time_machine.travel("2024-03-10T16:59:30Z", tick=False):  # 23:59:30 in Jakarta
                now, then = await client.get(path), await client.get(f"{path}?as_of=2024-03-10")
            assert now.headers["cache-control"] == "public, max-age=30, stale-while-revalidate=0"
            assert then.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=600"

    async def test_a_walk_through_today_stays_on_its_day(self, client: httpx.AsyncClient) -> None:
        with time_machine.travel("2024-03-10T16:59:30Z", tick=False):
            first = await client.get("/v1/meetings?status=running&page_size=1")
        with time_machine.travel("2024-05-10T16:59:30Z", tick=False):
            rest = await client.get(first.links["next"]["url"].replace("page_size=1", "page_size=50"))
        there = {item["code"] for item in [*first.json()["items"], *rest.json()["items"]]}
        assert there == {code for code, status in ON_THE_DAY.items() if status == "running"}

    @pytest.mark.parametrize(
        ("name", "value", "told"),
        [
            ("host", "kpu", lambda item: item["host"]["code"]),
            ("host", "kpu-31", lambda item: item["host"]["code"]),
            ("kind", "national_coordination", lambda item: item["kind"]),
            ("kind", "induction", lambda item: item["kind"]),
            ("election", "pemilu-2024", lambda item: (item["election"] or {}).get("code")),
            ("election", "pilkada-2024", lambda item: (item["election"] or {}).get("code")),
        ],
    )
    async def test_by_what_it_is(
        self, client: httpx.AsyncClient, name: str, value: str, told: Callable[[Any], Any]
    ) -> None:
        expected = [item for item in await list_items(client, self.path, {}) if told(item) == value]
        assert expected
        assert await list_items(client, self.path, {name: value}) == expected

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            ("2024-03-10", "2024-03-10"),
            ("2024-03-09", "2024-03-09"),
            ("2024-03-12", "2024-03-31"),
            ("2022-06-15", "2024-02-01"),
            ("2022-06-16", "2024-01-31"),
            ("2024-03-12", None),
            ("2024-03-13", None),
            (None, "2022-06-13"),
            (None, "2022-06-12"),
        ],
    )
    async def test_by_days_that_overlap(self, client: httpx.AsyncClient, first: str | None, last: str | None) -> None:
        spans = {
            code: (start, end) for code, start, end in [("rakornas-2022-06", date(2022, 6, 13), date(2022, 6, 15))]
        }
        spans |= {row["code"]: (row["start_on"], row["end_on"]) for row in MEETINGS}
        expected = {
            code
            for code, (start, end) in spans.items()
            if end >= date.fromisoformat(first or "1900-01-01") and start <= date.fromisoformat(last or "2199-12-31")
        }
        given = {name: day for name, day in (("from", first), ("to", last)) if day}
        assert await codes(client, **given) == expected

    @pytest.mark.parametrize(
        ("organization", "expected"),
        [
            ("kpu-36", {"one-day", "ahead"}),
            ("kpu-31", {"rakornas-2022-06", "ahead"}),
            ("kpu-94", {"papua"}),
            ("kpu", {"rakornas-2022-06"}),
            ("kpu-32", set()),
        ],
    )
    async def test_attended_by_who_was_present(
        self, client: httpx.AsyncClient, organization: str, expected: set[str]
    ) -> None:
        """Also where the roll is restricted: that a body was there is no personal data."""
        assert await codes(client, attended_by=organization) == expected

    async def test_filters_narrow_one_another(self, client: httpx.AsyncClient) -> None:
        asked = {"host": "kpu-31", "attended_by": "kpu-36", "from": "2024-03-10", "to": "2024-03-10"}
        assert await codes(client, **asked, status="running", as_of=DAY.isoformat()) == {"one-day"}
        assert await codes(client, **asked, status="finished", as_of=DAY.isoformat()) == set()

    @pytest.mark.parametrize(
        ("q", "best"),
        [
            ("koordinasi nasional", "rakornas-2022-06"),
            ("NATIONAL COORDINATION", "rakornas-2022-06"),
            ("badan", "papua"),
            ("jayapura", "papua"),
            ("elan", "first-day"),
        ],
    )
    async def test_search_finds_the_best_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await self.get(client, {"q": q})).json()["items"][0]["code"] == best

    async def test_all_that_is_unknown_is_named(self, client: httpx.AsyncClient) -> None:
        asked = {"host": "nobody", "attended_by": "kpu-99", "election": "pemilu-2024"}
        errors = (await self.get(client, asked)).json()["errors"]
        assert {(error["parameter"], error["code"]) for error in errors} == {
            ("host", "unknown_code"),
            ("attended_by", "unknown_code"),
        }

    async def test_one_statement_more_to_tell_empty_from_unknown(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        await self.get(client)
        for params, count in (
            ({"attended_by": "kpu-32"}, 2),
            ({"host": "nobody", "election": "none"}, 2),
            ({"from": "2199-01-01"}, 1),
            ({"host": "kpu", "attended_by": "kpu", "status": "finished"}, 1),
        ):
            statements.clear()
            await self.get(client, params)
            assert len(statements) == count
