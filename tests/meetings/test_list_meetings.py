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
from tests.meetings.synthetic_meetings import DAY, MEETINGS, MEMBERS
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

    async def test_status_is_that_of_as_of(self, client: httpx.AsyncClient) -> None:
        assert await statuses(client, DAY.isoformat()) == ON_THE_DAY

    @pytest.mark.parametrize("status", sorted(set(ON_THE_DAY.values())))
    async def test_status_filter_selects_meetings(self, client: httpx.AsyncClient, status: str) -> None:
        expected = {code for code, entry in ON_THE_DAY.items() if entry == status}
        assert await codes(client, status=status, as_of=DAY.isoformat()) == expected

    async def test_meeting_runs_on_its_first_and_last_day(self, client: httpx.AsyncClient) -> None:
        days = ("2022-06-12", "2022-06-13", "2022-06-15", "2022-06-16")
        assert [(await statuses(client, day))["rakornas-2022-06"] for day in days] == [
            "planned",
            "running",
            "running",
            "finished",
        ]

    async def test_status_is_cancelled_from_cancelled_on(self, client: httpx.AsyncClient) -> None:
        days = ("2024-03-07", "2024-03-09", "2024-03-10", "2024-03-13", "2199-12-31")
        assert [(await statuses(client, day))["called-off"] for day in days] == [
            "planned",
            "running",
            *["cancelled"] * 3,
        ]

    async def test_as_of_hides_no_meeting(self, client: httpx.AsyncClient) -> None:
        assert Counter((await statuses(client, "1900-01-01")).values()) == {"planned": len(ON_THE_DAY)}

    async def test_default_day_is_today(self, client: httpx.AsyncClient, app: FastAPI) -> None:
        paths = ("/v1/meetings", "/v1/meetings?status=running", "/v1/meetings/called-off")
        app.dependency_overrides[get_local_day] = lambda: clock.LocalDay(DAY, 60)
        try:
            responses = [(await client.get(path)).content for path in paths]
        finally:
            app.dependency_overrides.clear()
        for response, path in zip(responses, paths, strict=True):
            assert response == (await client.get(f"{path}{'&' if '?' in path else '?'}as_of={DAY}")).content

    async def test_max_age_ends_at_midnight(self, client: httpx.AsyncClient) -> None:
        for path in ("/v1/meetings", "/v1/meetings/called-off"):
            with time_machine.travel("2024-03-10T16:59:30Z", tick=False):  # 23:59:30 in Jakarta
                now, then = await client.get(path), await client.get(f"{path}?as_of=2024-03-10")
            assert now.headers["cache-control"] == "public, max-age=30, stale-while-revalidate=0"
            assert then.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=600"

    async def test_next_pages_keep_the_day_of_the_first_page(self, client: httpx.AsyncClient) -> None:
        with time_machine.travel("2024-03-10T16:59:30Z", tick=False):
            first = await client.get("/v1/meetings?status=running&page_size=1")
        with time_machine.travel("2024-05-10T16:59:30Z", tick=False):
            rest = await client.get(first.links["next"]["url"].replace("page_size=1", "page_size=50"))
        there = {item["code"] for item in [*first.json()["items"], *rest.json()["items"]]}
        assert there == {code for code, status in ON_THE_DAY.items() if status == "running"}

    @pytest.mark.parametrize(
        ("name", "value", "get_value"),
        [
            ("host", "kpu", lambda item: item["host"]["code"]),
            ("host", "kpu-31", lambda item: item["host"]["code"]),
            ("kind", "national_coordination", lambda item: item["kind"]),
            ("kind", "induction", lambda item: item["kind"]),
            ("election", "pemilu-2024", lambda item: (item["election"] or {}).get("code")),
            ("election", "pilkada-2024", lambda item: (item["election"] or {}).get("code")),
        ],
    )
    async def test_filters_select_meetings(
        self, client: httpx.AsyncClient, name: str, value: str, get_value: Callable[[Any], Any]
    ) -> None:
        expected = [item for item in await list_items(client, self.path, {}) if get_value(item) == value]
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
    async def test_from_and_to_select_overlapping_meetings(
        self, client: httpx.AsyncClient, first: str | None, last: str | None
    ) -> None:
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
    async def test_attended_by_selects_meetings_with_present_participants(
        self, client: httpx.AsyncClient, organization: str, expected: set[str]
    ) -> None:
        """This also holds for a restricted roll: the presence of an organization is not personal data."""
        assert await codes(client, attended_by=organization) == expected

    async def test_filters_combine(self, client: httpx.AsyncClient) -> None:
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
    async def test_search_ranks_best_match_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await self.get(client, {"q": q})).json()["items"][0]["code"] == best

    async def test_each_unknown_code_is_reported(self, client: httpx.AsyncClient) -> None:
        asked = {"host": "nobody", "attended_by": "kpu-99", "election": "pemilu-2024"}
        errors = (await self.get(client, asked)).json()["errors"]
        assert {(error["parameter"], error["code"]) for error in errors} == {
            ("host", "unknown_code"),
            ("attended_by", "unknown_code"),
        }

    async def test_empty_list_runs_a_second_statement_to_check_references(
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
