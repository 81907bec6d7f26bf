"""The list of a meeting's attendance: the scenarios of each list, its filters, and the number of statements."""
# ruff: noqa: RUF012  (the class attributes that describe the endpoint are never changed)

import dataclasses
from typing import Any

import httpx
import pytest

from app.attendance import repository
from tests.attendance.synthetic_rolls import MIXED, SESSIONS_OF_MIXED
from tests.meetings.problem_comparison import comparable_problem
from tests.scenarios import ListScenarios, list_items, updated_at_key

RAKORNAS = "/v1/meetings/rakornas-2022-06/attendance"
NAMED = "/v1/meetings/named/attendance"


def get_id(item: Any) -> Any:
    return item["id"]


def public_status(status: str) -> str:
    return "excused" if status == "sick" else status


class TestListAttendance(ListScenarios):
    path = "/v1/meetings/mixed/attendance"
    has_as_of = False
    members = (
        "id official name organization office capacity represents status late arrived_at left_at name_as_printed note"
        " source verified primary revision updated_at"
    )
    sort_keys = {"id": get_id, "updated_at": updated_at_key}
    search_words = "peserta 12"
    example_filter = {"organization": "kpu"}
    other_list_path = RAKORNAS
    common_sort = "id"
    invalid_queries = (
        ({"status": "ill"}, "status", "not_one_of", "on_duty_elsewhere"),
        ({"office": "king"}, "office", "not_one_of", "secretary_general"),
        ({"organization": "kpu-99"}, "organization", "unknown_code", "/v1/organizations"),
        ({"session": "class-1"}, "session", "unknown_code", "/v1/meetings/{code}/sessions"),
        ({"session": "s" * 41}, "session", "too_long", "40"),
        ({"sort": "name"}, "sort", "not_one_of", "updated_at"),
        ({"capacity": "guest"}, "capacity", "unknown_parameter", "office"),
        ({"as_of": "2022-06-14"}, "as_of", "unknown_parameter", "status"),
    )

    @pytest.mark.parametrize(
        "filters",
        [
            {"organization": "kpu-31.71"},
            {"session": "zulu"},
            {"session": "nobody"},
            {"office": "member"},
            *({"status": status} for status in ("expected", "present", "represented", "excused", "absent")),
            *({"status": status} for status in ("on_duty_elsewhere", "on_leave")),
            {"session": "alfa", "status": "excused", "organization": "kpu"},
            {"office": "chair", "organization": "kemendagri", "session": "zulu"},
        ],
        ids=lambda filters: "&".join(map("=".join, filters.items())),
    )
    async def test_filters_select_matching_participants(
        self, client: httpx.AsyncClient, filters: dict[str, str]
    ) -> None:
        expected = {
            row["id"]
            for row in MIXED
            if ("organization" not in filters or row["organization"] == filters["organization"])
            and ("office" not in filters or row["office"] == filters["office"])
            and ("status" not in filters or public_status(row["status"]) == filters["status"])
            and ("session" not in filters or filters["session"] in SESSIONS_OF_MIXED[row["id"]])
        }
        items = await list_items(client, self.path, filters)
        assert [item["id"] for item in items] == sorted(expected)
        assert bool(items) == (filters != {"session": "nobody"})

    async def test_empty_page_costs_one_statement_more_and_each_unknown_code_check_another(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        await self.get(client)
        for params, count in (
            ({"organization": "kpu", "session": "zulu", "status": "present"}, 1),
            ({"status": "sick"}, 2),
            ({"session": "nobody"}, 3),
            ({"organization": "kpu-99", "session": "class-1"}, 3),
        ):
            statements.clear()
            await self.get(client, params)
            assert len(statements) == count

    @pytest.mark.parametrize(
        "query_string", ["", "?organization=kpu-99", "?session=alfa", "?session=nothing", "?status=sick", "?q=sunardi"]
    )
    async def test_unknown_meeting_is_404(
        self, client: httpx.AsyncClient, statements: list[str], query_string: str
    ) -> None:
        await self.get(client)
        statements.clear()
        response = await client.get(f"/v1/meetings/rakornas-2024-06/attendance{query_string}")
        assert len(statements) == 2
        assert comparable_problem(response) == comparable_problem(await client.get("/v1/regions/99"))
        assert response.status_code == 404

    async def test_meeting_without_participants_has_an_empty_list(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        await self.get(client)
        statements.clear()
        response = await client.get("/v1/meetings/empty/attendance")
        assert (response.status_code, response.json()) == (200, {"items": [], "next_page_token": None})
        assert len(statements) == 2

    async def test_open_roll_is_cacheable_for_30_seconds(self, client: httpx.AsyncClient) -> None:
        response = await self.get(client)
        assert response.headers["cache-control"] == "public, max-age=30, stale-while-revalidate=300"


async def test_only_the_first_matches_are_ranked(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of a large roll may match, and ranking all of them would take too long."""
    path, params = "/v1/meetings/mixed/attendance", {"q": "peserta 12"}
    matches = {item["id"] for item in await list_items(client, path, params)}
    assert len(matches) > 7
    few_ranked = dataclasses.replace(repository.PUBLIC_LINES, rank_limit=7)
    monkeypatch.setattr(repository, "PUBLIC_LINES", few_ranked)
    assert {item["id"] for item in await list_items(client, path, params)} == set(sorted(matches)[:7])
