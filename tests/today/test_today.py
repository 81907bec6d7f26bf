# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.today.schemas import Today
from tests.scenarios import assert_invalid, list_items
from tests.scenarios.documents import DocumentScenarios
from tests.stages.expected_days import expected_day_members, expected_status, list_turning_days, parse_known_day

STAGE_MEMBERS = (
    "code election parent kind name name_en start_on end_on status days_until_start days_until_end legal_basis"
)
MEETING_MEMBERS = "code name name_en kind host place time_zone start_on end_on status"


@pytest_asyncio.fixture(scope="module")
async def stages(client: httpx.AsyncClient) -> list[Any]:
    return await list_items(client, "/v1/stages", {"as_of": "2022-06-14"})


@pytest_asyncio.fixture(scope="module")
async def meetings(client: httpx.AsyncClient) -> list[Any]:
    return await list_items(client, "/v1/meetings", {"as_of": "2022-06-14"})


def summarize_stages(stages: list[Any], day: date, sort_member: str) -> list[Any]:
    """Return the members of stages that the overview shows, ordered by a date."""
    shown = [
        {name: {**stage, **expected_day_members(stage, day)}[name] for name in STAGE_MEMBERS.split()}
        for stage in stages
    ]
    return sorted(shown, key=lambda item: (item[sort_member], item["code"]))


def build_expected(stages: list[Any], day: date, days: int) -> dict[str, Any]:
    last = day + timedelta(days)
    starting = [item for item in stages if (start := parse_known_day(item["start_on"])) and day <= start <= last]
    ending = [item for item in stages if (end := parse_known_day(item["end_on"])) and day <= end <= last]
    return {
        "as_of": str(day),
        "running": summarize_stages(
            [item for item in stages if expected_status(item, day) == "running"], day, "end_on"
        ),
        "starting": summarize_stages(starting, day, "start_on"),
        "ending": summarize_stages(ending, day, "end_on"),
    }


class TestGetToday(DocumentScenarios):
    path = "/v1/today"
    base_params = {"as_of": "2022-06-14"}
    members = "as_of running starting ending meetings"
    invalid_queries = (
        ({"days": "0"}, "days", "too_small", "1"),
        ({"days": "91"}, "days", "too_large", "90"),
        ({"days": "1" * 90}, "days", "too_large", "90"),
        *(
            ({"days": bad}, "days", "not_an_integer", "digits 0-9")
            for bad in ("-1", "+7", "1.5", "week", "\u0667", " 7")
        ),
        ({"days": ""}, "days", "empty_parameter", "value"),
        ({"election": "pemilu-2024"}, "election", "unknown_parameter", "days"),
        ({"page_size": "5"}, "page_size", "unknown_parameter", "days"),
    )

    async def test_overview_matches_the_stage_list(self, client: httpx.AsyncClient, stages: list[Any]) -> None:
        for day in list_turning_days(stages)[::3]:
            shown = (await client.get(f"/v1/today?as_of={day}")).json()
            del shown["meetings"]
            assert shown == build_expected(stages, day, 14)

    @pytest.mark.parametrize("days", [1, 2, 13, 15, 89, 90])
    async def test_days_sets_the_period_ahead(self, client: httpx.AsyncClient, stages: list[Any], days: int) -> None:
        for day in (date(2022, 6, 14), date(2024, 2, 12), date(2024, 9, 1)):
            shown = (await client.get(f"/v1/today?as_of={day}&days={days}")).json()
            del shown["meetings"]
            assert shown == build_expected(stages, day, days)

    @pytest.mark.parametrize(("day", "ahead"), [("2024-01-30", None), ("2024-01-31", 14), ("2024-02-13", 1)])
    async def test_default_period_is_14_days(self, client: httpx.AsyncClient, day: str, ahead: int | None) -> None:
        starting = (await client.get(f"/v1/today?as_of={day}")).json()["starting"]
        assert {item["code"]: item["days_until_start"] for item in starting}.get("pu-09a") == ahead

    async def test_overview_of_the_first_day_of_the_stages(self, client: httpx.AsyncClient) -> None:
        shown = (await self.get(client)).json()
        assert [item["code"] for item in shown["running"]] == ["pu-01b", "pu-01", "pu-01a"]
        assert [item["code"] for item in shown["starting"]] == ["pu-01", "pu-01a", "pu-01b"]
        assert shown["ending"] == []
        assert [(item["code"], item["status"]) for item in shown["meetings"]] == [("rakornas-2022-06", "running")]

    async def test_overview_within_the_quiet_period(self, client: httpx.AsyncClient) -> None:
        shown = (await self.get(client, {"as_of": "2024-02-12"})).json()
        assert "pu-08" in [item["code"] for item in shown["running"]]
        assert {item["code"]: item["days_until_end"] for item in shown["ending"]}["pu-08"] == 1
        assert {item["code"]: item["days_until_start"] for item in shown["starting"]}["pu-09a"] == 2
        assert shown["meetings"] == []

    @pytest.mark.parametrize("day", ["1900-01-01", "2022-05-01", "2025-06-01", "2199-12-31"])
    async def test_day_without_events_is_empty(self, client: httpx.AsyncClient, day: str) -> None:
        assert (await self.get(client, {"as_of": day, "days": "1"})).json() == {
            "as_of": day,
            "running": [],
            "starting": [],
            "ending": [],
            "meetings": [],
        }

    async def test_period_may_end_after_the_last_year(self, client: httpx.AsyncClient) -> None:
        assert (await self.get(client, {"as_of": "2199-12-31", "days": "90"})).status_code == 200

    async def test_meetings_match_the_meeting_list(self, client: httpx.AsyncClient, meetings: list[Any]) -> None:
        assert meetings
        for day in (date(2022, 6, 12) + timedelta(n) for n in range(5)):
            listed = await list_items(client, "/v1/meetings", {"from": str(day), "to": str(day), "as_of": str(day)})
            shown = (await self.get(client, {"as_of": str(day)})).json()["meetings"]
            assert shown == [{name: item[name] for name in MEETING_MEMBERS.split()} for item in listed]
            assert len(shown) == (13 <= day.day <= 15)

    async def test_overview_validates_against_its_schema(self, client: httpx.AsyncClient) -> None:
        for day in ("2022-06-14", "2024-02-12"):
            response = await self.get(client, {"as_of": day, "days": "90"})
            Today.model_validate_json(response.content, strict=True, extra="forbid")

    async def test_invalid_days_is_422_without_a_query(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        assert_invalid(await self.get(client, {"days": "91"}), "days", "too_large", "90")
        assert statements == []
