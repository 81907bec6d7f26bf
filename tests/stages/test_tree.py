# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from app.stages.schemas import StageTree
from tests.conftest import fetch_value
from tests.scenarios import assert_invalid, list_items
from tests.scenarios.documents import DocumentScenarios
from tests.stages.expected_days import expected_day_members

INSERT_STAGE = (
    'INSERT INTO stages (code, election, parent, position, kind, name, round, verified, "primary")'
    " VALUES ($1, 'empty', $2, $3, 'stage', $4, 1, false, false)"
)


async def list_stages(client: httpx.AsyncClient, election: str, day: str) -> list[Any]:
    return await list_items(client, "/v1/stages", {"election": election, "as_of": day})


def build_tree(stages: list[Any], parent: str | None = None) -> list[Any]:
    """Return the list of stages as a tree: the parts of each stage nested in it, by position."""
    parts = [item for item in stages if (item["parent"] and item["parent"]["code"]) == parent]
    parts.sort(key=lambda item: (item["position"], item["code"]))
    return [{**item, "children": build_tree(stages, item["code"])} for item in parts]


def walk_codes(stages: list[Any]) -> Iterator[str]:
    """Yield the codes of a tree in depth-first order."""
    for item in stages:
        yield item["code"]
        yield from walk_codes(item["children"])


async def add_election(url: str) -> None:
    await fetch_value(
        url,
        'INSERT INTO elections (code, name, kind, verified, "primary")'
        " VALUES ('empty', 'Not yet \"planned\"', 'general', false, false)",
    )


class TestTree(DocumentScenarios):
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
    async def test_tree_nests_the_list(self, client: httpx.AsyncClient, election: str, count: int, day: str) -> None:
        tree = (await client.get(f"/v1/elections/{election}/tree?as_of={day}")).json()
        assert tree["stages"] == build_tree(await list_stages(client, election, day))
        found = list(walk_codes(tree["stages"]))
        assert (len(found), len(set(found))) == (count, count)
        name = (await client.get(f"/v1/elections/{election}")).json()["name"]
        assert (tree["election"], tree["as_of"]) == ({"code": election, "name": name}, day)

    async def test_children_is_the_last_member(self, client: httpx.AsyncClient) -> None:
        listed = (await client.get("/v1/stages?page_size=1")).json()["items"][0]
        first = (await self.get(client)).json()["stages"][0]
        assert list(first) == [*listed, "children"]
        assert list(first["children"][0]) == list(first)

    async def test_tree_validates_against_its_schema(self, client: httpx.AsyncClient) -> None:
        StageTree.model_validate_json((await self.get(client)).content, strict=True, extra="forbid")

    async def test_status_is_that_of_as_of(self, client: httpx.AsyncClient) -> None:
        for day in ("2022-06-13", "2022-06-14", "2024-02-13", "2024-02-14"):
            tree = (await self.get(client, {"as_of": day})).json()
            for item in tree["stages"]:
                assert item.items() >= expected_day_members(item, date.fromisoformat(day)).items()

    async def test_unknown_election_is_404(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        for code in ("pemilu-1955", "pu-01", "PEMILU-2024", "none", "a" * 200):
            statements.clear()
            response = await client.get(f"/v1/elections/{code}/tree")
            assert (response.status_code, response.json()["code"]) == (404, "not_found")
            assert len(statements) == 1

    async def test_invalid_as_of_is_422_without_a_query(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        response = await client.get("/v1/elections/pemilu-1955/tree?as_of=2023-02-29")
        assert_invalid(response, "as_of", "no_such_date")
        assert statements == []

    async def test_election_without_stages_has_an_empty_tree(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await add_election(own_url)
        assert (await own_client.get("/v1/elections/empty/tree?as_of=2022-06-14")).json() == {
            "election": {"code": "empty", "name": 'Not yet "planned"'},
            "as_of": "2022-06-14",
            "stages": [],
        }


class TestAnyTree:
    """Trees that the reference data lacks. The service concatenates their JSON from that of their stages."""

    async def tree(self, client: httpx.AsyncClient, url: str, rows: list[tuple[Any, ...]]) -> list[Any]:
        await add_election(url)
        for code, parent, position, name in rows:
            await fetch_value(url, INSERT_STAGE, code, parent, position, name)
        stages: list[Any] = (await client.get("/v1/elections/empty/tree?as_of=2022-06-14")).json()["stages"]
        assert stages == build_tree(await list_stages(client, "empty", "2022-06-14"))
        return stages

    async def test_siblings_are_ordered_by_position(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        rows = [("c", None, 2, "C"), ("b", None, 10, "B"), ("a", None, 999, "A"), ("d", None, 1, "D")]
        assert list(walk_codes(await self.tree(own_client, own_url, rows))) == ["d", "c", "b", "a"]

    async def test_siblings_of_equal_position_are_ordered_by_code(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        rows = [("b", None, 1, "B"), ("a", None, 1, "A"), ("a-x", "a", 7, "AX"), ("b-x", "b", 1, "BX")]
        assert list(walk_codes(await self.tree(own_client, own_url, rows))) == ["a", "a-x", "b", "b-x"]

    async def test_tree_may_have_16_levels(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        deep = [(f"s{n}", f"s{n - 1}" if n else None, 1, f"Level {n}") for n in range(16)]
        rows = [*deep, ("t", None, 2, "After a long way up"), ("s3-2", "s2", 2, "After a shorter one")]
        stages = await self.tree(own_client, own_url, rows)
        assert list(walk_codes(stages)) == [*(code for code, *_ in deep), "s3-2", "t"]

    async def test_names_are_escaped(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        names = ['"]}', "\\", ',"children":[', "{}}]", "'; --", "a\nb\tc", "Pémilu ☂ \U0001f5f3", "%s :a $1"]
        rows = [(f"n{n}", f"n{n - 1}" if n % 2 else None, n + 1, name) for n, name in enumerate(names)]
        stages = await self.tree(own_client, own_url, rows)
        assert [item["name"] for item in stages] == names[::2]
        assert [item["children"][0]["name"] for item in stages] == names[1::2]
