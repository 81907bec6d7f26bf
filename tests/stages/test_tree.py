# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from app.stages.schemas import StageTree
from tests.conftest import fetch_value
from tests.scenarios import assert_invalid, list_items
from tests.stages.days import on_a_day
from tests.stages.whole import WholeScenarios

ADD = (
    'INSERT INTO stages (code, election, parent, position, kind, name, round, verified, "primary")'
    " VALUES ($1, 'empty', $2, $3, 'stage', $4, 1, false, false)"
)


async def flat(client: httpx.AsyncClient, election: str, day: str) -> list[Any]:
    return await list_items(client, "/v1/stages", {"election": election, "as_of": day})


def nested(stages: list[Any], parent: str | None = None) -> list[Any]:
    """The flat list as a tree: the parts of each stage by position, below it."""
    parts = [one for one in stages if (one["parent"] and one["parent"]["code"]) == parent]
    parts.sort(key=lambda one: (one["position"], one["code"]))
    return [{**one, "children": nested(stages, one["code"])} for one in parts]


def codes(stages: list[Any]) -> Iterator[str]:
    """The codes in the order of a walk through a tree."""
    for one in stages:
        yield one["code"]
        yield from codes(one["children"])


async def add_election(url: str) -> None:
    await fetch_value(
        url,
        'INSERT INTO elections (code, name, kind, verified, "primary")'
        " VALUES ('empty', 'Not yet \"planned\"', 'general', false, false)",
    )


class TestTree(WholeScenarios):
    path = "/v1/elections/pemilu-2024/tree"
    base_params = {"as_of": "2022-06-14"}
    members = "election as_of stages"
    invalid_queries = (
        ({"page_size": "5"}, "page_size", "unknown_parameter", "as_of"),
        ({"status": "running"}, "status", "unknown_parameter", "as_of"),
        ({"as_of": ""}, "as_of", "empty_parameter", "value"),
    )

    @pytest.mark.parametrize("day", ["1900-01-01", "2022-06-14", "2024-02-12", "2199-12-31"])
    @pytest.mark.parametrize(("election", "count"), [("pemilu-2024", 130), ("pilkada-2024", 61)])
    async def test_it_is_the_flat_list_nested(
        self, client: httpx.AsyncClient, election: str, count: int, day: str
    ) -> None:
        tree = (await client.get(f"/v1/elections/{election}/tree?as_of={day}")).json()
        assert tree["stages"] == nested(await flat(client, election, day))
        found = list(codes(tree["stages"]))
        assert (len(found), len(set(found))) == (count, count)
        name = (await client.get(f"/v1/elections/{election}")).json()["name"]
        assert (tree["election"], tree["as_of"]) == ({"code": election, "name": name}, day)

    async def test_members_stand_in_the_documents_order_with_the_children_last(self, client: httpx.AsyncClient) -> None:
        listed = (await client.get("/v1/stages?page_size=1")).json()["items"][0]
        first = (await self.get(client)).json()["stages"][0]
        assert list(first) == [*listed, "children"]
        assert list(first["children"][0]) == list(first)

    async def test_it_is_what_its_schema_says(self, client: httpx.AsyncClient) -> None:
        StageTree.model_validate_json((await self.get(client)).content, strict=True, extra="forbid")

    async def test_each_day_is_that_days(self, client: httpx.AsyncClient) -> None:
        for day in ("2022-06-13", "2022-06-14", "2024-02-13", "2024-02-14"):
            tree = (await self.get(client, {"as_of": day})).json()
            for one in tree["stages"]:
                assert one.items() >= on_a_day(one, date.fromisoformat(day)).items()

    async def test_nothing_there(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        for code in ("pemilu-1955", "pu-01", "PEMILU-2024", "none", "a" * 200):
            statements.clear()
            answer = await client.get(f"/v1/elections/{code}/tree")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
            assert len(statements) == 1

    async def test_a_refusal_comes_before_the_look(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        answer = await client.get("/v1/elections/pemilu-1955/tree?as_of=2023-02-29")
        assert_invalid(answer, "as_of", "no_such_date")
        assert statements == []

    async def test_an_election_without_stages(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await add_election(own_url)
        assert (await own_client.get("/v1/elections/empty/tree?as_of=2022-06-14")).json() == {
            "election": {"code": "empty", "name": 'Not yet "planned"'},
            "as_of": "2022-06-14",
            "stages": [],
        }


class TestAnyTree:
    """Trees that the reference data does not have: their text is put together from the texts of their stages."""

    async def tree(self, client: httpx.AsyncClient, url: str, rows: list[tuple[Any, ...]]) -> list[Any]:
        await add_election(url)
        for code, parent, position, name in rows:
            await fetch_value(url, ADD, code, parent, position, name)
        stages: list[Any] = (await client.get("/v1/elections/empty/tree?as_of=2022-06-14")).json()["stages"]
        assert stages == nested(await flat(client, "empty", "2022-06-14"))
        return stages

    async def test_siblings_stand_by_position_not_by_code(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        rows = [("c", None, 2, "C"), ("b", None, 10, "B"), ("a", None, 999, "A"), ("d", None, 1, "D")]
        assert list(codes(await self.tree(own_client, own_url, rows))) == ["d", "c", "b", "a"]

    async def test_of_one_position_the_code_decides(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        rows = [("b", None, 1, "B"), ("a", None, 1, "A"), ("a-x", "a", 7, "AX"), ("b-x", "b", 1, "BX")]
        assert list(codes(await self.tree(own_client, own_url, rows))) == ["a", "a-x", "b", "b-x"]

    async def test_it_may_be_deep(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        deep = [(f"s{n}", f"s{n - 1}" if n else None, 1, f"Level {n}") for n in range(16)]
        rows = [*deep, ("t", None, 2, "After a long way up"), ("s3-2", "s2", 2, "After a shorter one")]
        stages = await self.tree(own_client, own_url, rows)
        assert list(codes(stages)) == [*(code for code, *_ in deep), "s3-2", "t"]

    async def test_a_name_breaks_nothing(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        names = ['"]}', "\\", ',"children":[', "{}}]", "'; --", "a\nb\tc", "Pémilu ☂ \U0001f5f3", "%s :a $1"]
        rows = [(f"n{n}", f"n{n - 1}" if n % 2 else None, n + 1, name) for n, name in enumerate(names)]
        stages = await self.tree(own_client, own_url, rows)
        assert [one["name"] for one in stages] == names[::2]
        assert [one["children"][0]["name"] for one in stages] == names[1::2]
