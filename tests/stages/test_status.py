from datetime import date, timedelta
from itertools import product
from random import Random
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.conftest import fetch_value
from tests.scenarios import list_items
from tests.stages.expected_days import expected_day_members, expected_status, list_turning_days, overlaps_period

STATUSES = ("finished", "upcoming", "running", "undated")
SOME_DAYS = [date(1900, 1, 1), date(2022, 6, 14), date(2023, 4, 25), date(2024, 2, 12), date(2024, 5, 5)]
SOME_DAYS += [date(2024, 10, 20), date(2025, 2, 7), date(2199, 12, 31)]


@pytest_asyncio.fixture(scope="module")
async def stages(client: httpx.AsyncClient) -> list[Any]:
    found = await list_items(client, "/v1/stages", {"as_of": "2022-06-14"})
    assert len(found) == 191
    return found


class TestStatus:
    @pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.full)])
    async def test_status_is_as_expected_around_each_start_and_end(
        self, client: httpx.AsyncClient, stages: list[Any], every: int
    ) -> None:
        days = list_turning_days(stages)
        assert len(days) > 300
        fields = "code,status,days_until_start,days_until_end"
        for day in sorted(days)[::every]:
            shown = await list_items(client, "/v1/stages", {"as_of": str(day), "fields": fields})
            assert shown == [{"code": item["code"], **expected_day_members(item, day)} for item in stages]

    @pytest.mark.parametrize("day", ["1900-01-01", "2000-02-29", "2024-02-29", "2100-02-28", "2199-12-31"])
    async def test_as_of_changes_only_the_day_members(
        self, client: httpx.AsyncClient, stages: list[Any], day: str
    ) -> None:
        expected = [{**item, **expected_day_members(item, date.fromisoformat(day))} for item in stages]
        assert await list_items(client, "/v1/stages", {"as_of": day}) == expected

    @pytest.mark.parametrize(("day", "status"), list(product(SOME_DAYS, STATUSES)))
    async def test_status_filter_selects_stages(
        self, client: httpx.AsyncClient, stages: list[Any], day: date, status: str
    ) -> None:
        expected = [item["code"] for item in stages if expected_status(item, day) == status]
        params = {"as_of": str(day), "status": status, "fields": "code"}
        assert [item["code"] for item in await list_items(client, "/v1/stages", params)] == expected

    async def test_stage_with_one_date_is_never_running(self, client: httpx.AsyncClient, stages: list[Any]) -> None:
        half = {item["code"]: item for item in stages if (item["start_on"] is None) != (item["end_on"] is None)}
        assert len(half) == 9
        for item in half.values():
            known = date.fromisoformat(item["start_on"] or item["end_on"])
            seen = []
            for day in (known - timedelta(1), known, known + timedelta(1)):
                response = await client.get(f"/v1/stages/{item['code']}?as_of={day}")
                seen.append(response.json()["status"])
            assert seen == (["upcoming", "undated", "undated"] if item["start_on"] else ["undated"] * 2 + ["finished"])

    async def test_stage_without_dates_is_undated_on_every_day(
        self, client: httpx.AsyncClient, stages: list[Any]
    ) -> None:
        without = [item["code"] for item in stages if item["start_on"] is None and item["end_on"] is None]
        assert len(without) == 21
        for day in ("1900-01-01", "2024-02-14", "2199-12-31"):
            shown = await list_items(client, "/v1/stages", {"as_of": day})
            assert [item["code"] for item in shown if item["code"] in without] == without
            for item in shown:
                if item["code"] in without:
                    assert (item["status"], item["days_until_start"], item["days_until_end"]) == ("undated", None, None)

    async def test_stage_of_one_day_runs_on_that_day(self, client: httpx.AsyncClient) -> None:
        seen = []
        for day in (13, 14, 15):
            item = (await client.get(f"/v1/stages/pu-09a?as_of=2024-02-{day}")).json()
            seen.append((item["status"], item["days_until_start"], item["days_until_end"]))
        assert seen == [("upcoming", 1, 1), ("running", 0, 0), ("finished", -1, -1)]


class TestPeriod:
    async def test_from_and_to_select_overlapping_stages(self, client: httpx.AsyncClient, stages: list[Any]) -> None:
        chance = Random(20240214)
        days = list_turning_days(stages)
        pairs = [sorted(chance.choices(days, k=2)) for _ in range(60)] + [
            [day, day] for day in chance.choices(days, k=40)
        ]
        for first, last in pairs:
            shown = await list_items(client, "/v1/stages", {"from": str(first), "to": str(last), "fields": "code"})
            assert [item["code"] for item in shown] == [
                item["code"] for item in stages if overlaps_period(item, first, last)
            ]

    async def test_from_or_to_alone_is_an_open_period(self, client: httpx.AsyncClient, stages: list[Any]) -> None:
        for day in list_turning_days(stages)[::9]:
            for params, first, last in (
                ({"from": str(day)}, day, date.max),
                ({"to": str(day)}, date.min, day),
            ):
                shown = await list_items(client, "/v1/stages", {**params, "fields": "code"})
                assert [item["code"] for item in shown] == [
                    item["code"] for item in stages if overlaps_period(item, first, last)
                ]

    @pytest.mark.parametrize(
        ("code", "day"), [("pu-11", "2024-10-20"), ("pk-b", "2024-05-05"), ("pk-s1", "2025-02-07")]
    )
    async def test_stage_with_one_date_overlaps_on_that_day(
        self, client: httpx.AsyncClient, code: str, day: str
    ) -> None:
        known = date.fromisoformat(day)
        seen = []
        for beside in (-1, 0, 1):
            on = str(known + timedelta(beside))
            shown = await list_items(client, "/v1/stages", {"from": on, "to": on})
            seen.append(code in [item["code"] for item in shown])
        assert seen == [False, True, False]

    async def test_widest_period_excludes_only_undated_stages(
        self, client: httpx.AsyncClient, stages: list[Any]
    ) -> None:
        shown = await list_items(
            client, "/v1/stages", {"from": "1900-01-01", "to": "2199-12-31", "as_of": "2022-06-14"}
        )
        assert shown == [item for item in stages if item["start_on"] or item["end_on"]]
        assert len(shown) == 170

    async def test_period_combines_with_other_filters(self, client: httpx.AsyncClient, stages: list[Any]) -> None:
        params = {"from": "2024-02-11", "to": "2024-02-13", "as_of": "2024-02-10", "status": "upcoming"}
        params |= {"election": "pemilu-2024", "parent": "none"}
        shown = await list_items(client, "/v1/stages", params)
        assert [item["code"] for item in shown] == ["pu-08"]

    async def test_pages_split_stages_with_equal_or_missing_start(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        """Without a first day the order uses the last one, or else sorts the stage last."""
        await fetch_value(own_url, "UPDATE stages SET start_on = NULL WHERE code IN ('pu-01a', 'pu-02')")
        for sort in ("start_on", "-start_on"):
            whole = await list_items(own_client, "/v1/stages", {"sort": sort})
            assert await list_items(own_client, "/v1/stages", {"sort": sort}, 1) == whole
