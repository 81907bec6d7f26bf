# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.today.schemas import Today
from tests.scenarios import assert_invalid, list_items
from tests.stages.days import known, on_a_day, status_of, turning_days
from tests.stages.whole import WholeScenarios

STAGE = "code election parent kind name name_en start_on end_on status days_until_start days_until_end legal_basis"
MEETING = "code name name_en kind host place time_zone start_on end_on status"


@pytest_asyncio.fixture(scope="module")
async def stages(client: httpx.AsyncClient) -> list[Any]:
    return await list_items(client, "/v1/stages", {"as_of": "2022-06-14"})


@pytest_asyncio.fixture(scope="module")
async def meetings(client: httpx.AsyncClient) -> list[Any]:
    return await list_items(client, "/v1/meetings", {"as_of": "2022-06-14"})


def in_short(stages: list[Any], day: date, by: str) -> list[Any]:
    """What the day shows of stages: some of their members, the first by a date first."""
    shown = [{name: {**stage, **on_a_day(stage, day)}[name] for name in STAGE.split()} for stage in stages]
    return sorted(shown, key=lambda one: (one[by], one["code"]))


def expected(stages: list[Any], day: date, days: int) -> dict[str, Any]:
    last = day + timedelta(days)
    starting = [one for one in stages if (start := known(one["start_on"])) and day <= start <= last]
    ending = [one for one in stages if (end := known(one["end_on"])) and day <= end <= last]
    return {
        "as_of": str(day),
        "running": in_short([one for one in stages if status_of(one, day) == "running"], day, "end_on"),
        "starting": in_short(starting, day, "start_on"),
        "ending": in_short(ending, day, "end_on"),
    }


class TestDay(WholeScenarios):
    path = "/v1/today"
    base_params = {"as_of": "2022-06-14"}
    members = "as_of running starting ending meetings"
    invalid_queries = (
        ({"days": "0"}, "days", "too_small", "1"),
        ({"days": "91"}, "days", "too_large", "90"),
        ({"days": "1" * 90}, "days", "too_large", "90"),
        *(
            ({"days": bad}, "days", "not_an_integer", "ASCII digits")
            for bad in ("-1", "+7", "1.5", "week", "\u0667", " 7")
        ),
        ({"days": ""}, "days", "empty_parameter", "value"),
        ({"election": "pemilu-2024"}, "election", "unknown_parameter", "days"),
        ({"page_size": "5"}, "page_size", "unknown_parameter", "days"),
    )

    async def test_on_any_day(self, client: httpx.AsyncClient, stages: list[Any]) -> None:
        for day in turning_days(stages)[::3]:
            shown = (await client.get(f"/v1/today?as_of={day}")).json()
            del shown["meetings"]
            assert shown == expected(stages, day, 14)

    @pytest.mark.parametrize("days", [1, 2, 13, 15, 89, 90])
    async def test_as_far_ahead_as_is_asked(self, client: httpx.AsyncClient, stages: list[Any], days: int) -> None:
        for day in (date(2022, 6, 14), date(2024, 2, 12), date(2024, 9, 1)):
            shown = (await client.get(f"/v1/today?as_of={day}&days={days}")).json()
            del shown["meetings"]
            assert shown == expected(stages, day, days)

    @pytest.mark.parametrize(("day", "ahead"), [("2024-01-30", None), ("2024-01-31", 14), ("2024-02-13", 1)])
    async def test_a_fortnight_unless_another_time_is_asked(
        self, client: httpx.AsyncClient, day: str, ahead: int | None
    ) -> None:
        starting = (await client.get(f"/v1/today?as_of={day}")).json()["starting"]
        assert {one["code"]: one["days_until_start"] for one in starting}.get("pu-09a") == ahead

    async def test_the_day_the_stages_began(self, client: httpx.AsyncClient) -> None:
        shown = (await self.get(client)).json()
        assert [one["code"] for one in shown["running"]] == ["pu-01b", "pu-01", "pu-01a"]
        assert [one["code"] for one in shown["starting"]] == ["pu-01", "pu-01a", "pu-01b"]
        assert shown["ending"] == []
        assert [(one["code"], one["status"]) for one in shown["meetings"]] == [("rakornas-2022-06", "running")]

    async def test_within_the_quiet_period(self, client: httpx.AsyncClient) -> None:
        shown = (await self.get(client, {"as_of": "2024-02-12"})).json()
        assert "pu-08" in [one["code"] for one in shown["running"]]
        assert {one["code"]: one["days_until_end"] for one in shown["ending"]}["pu-08"] == 1
        assert {one["code"]: one["days_until_start"] for one in shown["starting"]}["pu-09a"] == 2
        assert shown["meetings"] == []

    @pytest.mark.parametrize("day", ["1900-01-01", "2022-05-01", "2025-06-01", "2199-12-31"])
    async def test_a_day_without_anything(self, client: httpx.AsyncClient, day: str) -> None:
        assert (await self.get(client, {"as_of": day, "days": "1"})).json() == {
            "as_of": day,
            "running": [],
            "starting": [],
            "ending": [],
            "meetings": [],
        }

    async def test_it_may_look_past_the_last_year(self, client: httpx.AsyncClient) -> None:
        assert (await self.get(client, {"as_of": "2199-12-31", "days": "90"})).status_code == 200

    async def test_meetings_of_the_day_as_their_own_list_shows_them(
        self, client: httpx.AsyncClient, meetings: list[Any]
    ) -> None:
        assert meetings
        for day in (date(2022, 6, 12) + timedelta(n) for n in range(5)):
            listed = await list_items(client, "/v1/meetings", {"from": str(day), "to": str(day), "as_of": str(day)})
            shown = (await self.get(client, {"as_of": str(day)})).json()["meetings"]
            assert shown == [{name: one[name] for name in MEETING.split()} for one in listed]
            assert len(shown) == (13 <= day.day <= 15)

    async def test_it_is_what_its_schema_says(self, client: httpx.AsyncClient) -> None:
        for day in ("2022-06-14", "2024-02-12"):
            answer = await self.get(client, {"as_of": day, "days": "90"})
            Today.model_validate_json(answer.content, strict=True, extra="forbid")

    async def test_a_refusal_asks_nothing_of_the_database(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        assert_invalid(await self.get(client, {"days": "91"}), "days", "too_large", "90")
        assert statements == []
