from datetime import date, timedelta
from itertools import product
from random import Random
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.conftest import fetch_value
from tests.scenarios import list_items
from tests.stages.days import on_a_day, overlaps, status_of, turning_days

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
    async def test_on_days_on_which_something_turns(
        self, client: httpx.AsyncClient, stages: list[Any], every: int
    ) -> None:
        days = turning_days(stages)
        assert len(days) > 300
        fields = "code,status,days_until_start,days_until_end"
        for day in sorted(days)[::every]:
            shown = await list_items(client, "/v1/stages", {"as_of": str(day), "fields": fields})
            assert shown == [{"code": one["code"], **on_a_day(one, day)} for one in stages]

    @pytest.mark.parametrize("day", ["1900-01-01", "2000-02-29", "2024-02-29", "2100-02-28", "2199-12-31"])
    async def test_the_day_moves_nothing_else(self, client: httpx.AsyncClient, stages: list[Any], day: str) -> None:
        expected = [{**one, **on_a_day(one, date.fromisoformat(day))} for one in stages]
        assert await list_items(client, "/v1/stages", {"as_of": day}) == expected

    @pytest.mark.parametrize(("day", "status"), list(product(SOME_DAYS, STATUSES)))
    async def test_by_status(self, client: httpx.AsyncClient, stages: list[Any], day: date, status: str) -> None:
        expected = [one["code"] for one in stages if status_of(one, day) == status]
        params = {"as_of": str(day), "status": status, "fields": "code"}
        assert [one["code"] for one in await list_items(client, "/v1/stages", params)] == expected

    async def test_one_date_alone_never_tells_that_it_runs(self, client: httpx.AsyncClient, stages: list[Any]) -> None:
        half = {one["code"]: one for one in stages if (one["start_on"] is None) != (one["end_on"] is None)}
        assert len(half) == 9
        for one in half.values():
            known = date.fromisoformat(one["start_on"] or one["end_on"])
            seen = []
            for day in (known - timedelta(1), known, known + timedelta(1)):
                answer = await client.get(f"/v1/stages/{one['code']}?as_of={day}")
                seen.append(answer.json()["status"])
            assert seen == (["upcoming", "undated", "undated"] if one["start_on"] else ["undated"] * 2 + ["finished"])

    async def test_without_dates_it_is_undated_on_every_day(self, client: httpx.AsyncClient, stages: list[Any]) -> None:
        without = [one["code"] for one in stages if one["start_on"] is None and one["end_on"] is None]
        assert len(without) == 21
        for day in ("1900-01-01", "2024-02-14", "2199-12-31"):
            shown = await list_items(client, "/v1/stages", {"as_of": day})
            assert [one["code"] for one in shown if one["code"] in without] == without
            for one in shown:
                if one["code"] in without:
                    assert (one["status"], one["days_until_start"], one["days_until_end"]) == ("undated", None, None)

    async def test_a_stage_of_one_day(self, client: httpx.AsyncClient) -> None:
        seen = []
        for day in (13, 14, 15):
            one = (await client.get(f"/v1/stages/pu-09a?as_of=2024-02-{day}")).json()
            seen.append((one["status"], one["days_until_start"], one["days_until_end"]))
        assert seen == [("upcoming", 1, 1), ("running", 0, 0), ("finished", -1, -1)]


class TestPeriod:
    async def test_what_overlaps(self, client: httpx.AsyncClient, stages: list[Any]) -> None:
        chance = Random(20240214)
        days = turning_days(stages)
        pairs = [sorted(chance.choices(days, k=2)) for _ in range(60)] + [
            [day, day] for day in chance.choices(days, k=40)
        ]
        for first, last in pairs:
            shown = await list_items(client, "/v1/stages", {"from": str(first), "to": str(last), "fields": "code"})
            assert [one["code"] for one in shown] == [one["code"] for one in stages if overlaps(one, first, last)]

    async def test_open_on_one_side(self, client: httpx.AsyncClient, stages: list[Any]) -> None:
        for day in turning_days(stages)[::9]:
            for params, first, last in (
                ({"from": str(day)}, day, date.max),
                ({"to": str(day)}, date.min, day),
            ):
                shown = await list_items(client, "/v1/stages", {**params, "fields": "code"})
                assert [one["code"] for one in shown] == [one["code"] for one in stages if overlaps(one, first, last)]

    @pytest.mark.parametrize(
        ("code", "day"), [("pu-11", "2024-10-20"), ("pk-b", "2024-05-05"), ("pk-s1", "2025-02-07")]
    )
    async def test_half_dated_it_is_its_known_date(self, client: httpx.AsyncClient, code: str, day: str) -> None:
        known = date.fromisoformat(day)
        seen = []
        for beside in (-1, 0, 1):
            on = str(known + timedelta(beside))
            shown = await list_items(client, "/v1/stages", {"from": on, "to": on})
            seen.append(code in [one["code"] for one in shown])
        assert seen == [False, True, False]

    async def test_the_whole_calendar_leaves_out_only_the_undated(
        self, client: httpx.AsyncClient, stages: list[Any]
    ) -> None:
        shown = await list_items(
            client, "/v1/stages", {"from": "1900-01-01", "to": "2199-12-31", "as_of": "2022-06-14"}
        )
        assert shown == [one for one in stages if one["start_on"] or one["end_on"]]
        assert len(shown) == 170

    async def test_with_other_filters(self, client: httpx.AsyncClient, stages: list[Any]) -> None:
        params = {"from": "2024-02-11", "to": "2024-02-13", "as_of": "2024-02-10", "status": "upcoming"}
        params |= {"election": "pemilu-2024", "parent": "none"}
        shown = await list_items(client, "/v1/stages", params)
        assert [one["code"] for one in shown] == ["pu-08"]

    async def test_a_page_ends_between_two_that_begin_on_one_day(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        """Also where no first day is known, and the order takes the last one instead, or the end of time."""
        await fetch_value(own_url, "UPDATE stages SET start_on = NULL WHERE code IN ('pu-01a', 'pu-02')")
        for sort in ("start_on", "-start_on"):
            whole = await list_items(own_client, "/v1/stages", {"sort": sort})
            assert await list_items(own_client, "/v1/stages", {"sort": sort}, 1) == whole
