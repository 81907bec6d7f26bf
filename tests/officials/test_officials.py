# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from typing import Any

import httpx
import pytest

from tests.conftest import fetch_value
from tests.scenarios import ItemScenarios, ListScenarios, list_items, name_key, updated_at_key

MEMBERS = "id name other_names appointments source verified primary revision updated_at"
APPOINTMENT_MEMBERS = (
    "id organization office standing division term start_on end_on seen_on certain end_reason legal_basis source"
    " verified primary"
)
OFFICIAL_ID = "01a20c10-0ae2-7033-aa5d-2a6bfa807bee"
INSERT_OFFICIAL = 'INSERT INTO officials (id, name, verified, "primary") VALUES ($1, $2, false, false)'


async def list_names(client: httpx.AsyncClient, **params: str) -> list[str]:
    return [item["name"] for item in await list_items(client, "/v1/officials", params)]


class TestListOfficials(ListScenarios):
    path = "/v1/officials"
    members = MEMBERS
    sort_keys = {"name": name_key, "updated_at": updated_at_key}
    search_words = "ha"
    example_filter = {"organization": "kpu-31"}
    other_list_path = "/v1/regions"
    invalid_queries = (
        ({"office": "king"}, "office", "not_one_of", "chair"),
        ({"standing": "retired"}, "standing", "not_one_of", "interim_replacement"),
        ({"organization": "kpu-99"}, "organization", "unknown_code", "/v1/organizations"),
        ({"division": "p9-9"}, "division", "unknown_code", "/v1/divisions"),
        ({"sort": "id"}, "sort", "not_one_of", "updated_at"),
    )

    @pytest.mark.parametrize(
        ("params", "count"),
        [
            ({"organization": "kpu"}, 10),
            ({"organization": "kpu-31"}, 13),
            ({"division": "p7-4"}, 2),
            ({"office": "secretary_general"}, 2),
            ({"office": "secretary"}, 1),
            ({"standing": "acting"}, 2),
            ({"standing": "interim_replacement"}, 1),
            ({"as_of": "2022-06-14"}, 15),
            ({"as_of": "1900-01-01"}, 0),
            ({"organization": "kpu", "office": "chair"}, 2),
            ({"organization": "kpu", "as_of": "2022-04-11"}, 0),
            ({"organization": "bawaslu"}, 0),
        ],
    )
    async def test_filters_select_officials(
        self, client: httpx.AsyncClient, params: dict[str, str], count: int
    ) -> None:
        assert len(await list_items(client, self.path, params)) == count

    @pytest.mark.parametrize(
        ("params", "expected"),
        [
            ({"organization": "kpu-31", "office": "chair"}, ["Betty Epsilon Idroos", "Sunardi", "Wahyu Dinata"]),
            ({"organization": "kpu", "office": "chair"}, ["Hasyim Asy'ari", "Mochammad Afifuddin"]),
            ({"organization": "kpu", "office": "chair", "standing": "acting"}, ["Mochammad Afifuddin"]),
            ({"office": "chair", "division": "ri-3"}, []),
            ({"office": "chair", "as_of": "2022-06-14"}, ["Hasyim Asy'ari", "Sunardi"]),
            ({"office": "chair", "division": "ri-6", "as_of": "2022-06-14"}, []),
            ({"office": "chair", "division": "ri-6", "as_of": "2024-07-10"}, ["Mochammad Afifuddin"]),
        ],
    )
    async def test_filters_select_by_one_appointment(
        self, client: httpx.AsyncClient, params: dict[str, str], expected: list[str]
    ) -> None:
        """An official who chaired one commission and is a member of another is not found as chair of the other."""
        assert await list_names(client, **params) == expected

    async def test_all_appointments_are_shown_without_as_of(self, client: httpx.AsyncClient) -> None:
        (person,) = await list_items(client, self.path, {"organization": "kpu", "division": "ri-3"})
        assert [appointment["organization"]["code"] for appointment in person["appointments"]] == ["kpu", "kpu-31"]
        assert {appointment["certain"] for appointment in person["appointments"]} == {None}

    async def test_as_of_shows_only_possible_appointments(self, client: httpx.AsyncClient) -> None:
        people = await list_items(client, self.path, {"as_of": "2023-06-01", "organization": "kpu-31"})
        assert len(people) == 12
        tarmizi = next(person for person in people if person["name"] == "Muhammad Tarmizi")
        assert [(appointment["start_on"], appointment["certain"]) for appointment in tarmizi["appointments"]] == [
            ("2023", False),
            (None, False),
        ]

    @pytest.mark.parametrize(
        ("q", "best"),
        [
            ("Tarmidzi", "Muhammad Tarmizi"),
            ("tarmizi", "Muhammad Tarmizi"),
            ("asyari", "Hasyim Asy'ari"),
            ("ASY'ARI", "Hasyim Asy'ari"),
            ("asy\u2019ari", "Hasyim Asy'ari"),
            ("Asy`ari", "Hasyim Asy'ari"),
            ("Asy\u02bbari", "Hasyim Asy'ari"),
            ("Asy\u00b4ari", "Hasyim Asy'ari"),
            ("Asy\u02bfari", "Hasyim Asy'ari"),
            ("Háşyim", "Hasyim Asy'ari"),
            ("afifudin", "Mochammad Afifuddin"),
            ("beti epsilon", "Betty Epsilon Idroos"),
        ],
    )
    async def test_search_finds_other_spellings(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await list_names(client, q=q))[:1] == [best]

    async def test_search_finds_misspellings_that_are_not_in_other_names(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        await fetch_value(own_url, "UPDATE officials SET other_names = '{}'")
        assert await list_names(own_client, q="Tarmidzi") == ["Muhammad Tarmizi"]

    async def test_search_respects_filters(self, client: httpx.AsyncClient) -> None:
        assert await list_names(client, q="betty", organization="kpu-31", as_of="2022-06-14") == []
        assert await list_names(client, q="betty", organization="kpu-31") == ["Betty Epsilon Idroos"]

    async def test_equal_names_are_ordered_by_id(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        ids = [f"00000000-0000-7000-8000-00000000000{number}" for number in range(1, 4)]
        for id_ in reversed(ids):
            await fetch_value(own_url, INSERT_OFFICIAL, id_, "Budi Santoso")
        for params, expected in (({"q": "budi santoso"}, ids), ({"sort": "name"}, ids), ({"sort": "-name"}, ids[::-1])):
            found = [item["id"] for item in await list_items(own_client, self.path, params, page_size=1)]
            assert [id_ for id_ in found if id_ in ids] == expected

    async def test_inserts_and_deletes_do_not_shift_the_next_pages(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        before = await list_names(own_client)
        first = await own_client.get(self.path, params={"page_size": "3"})
        await fetch_value(own_url, "DELETE FROM participants")
        await fetch_value(own_url, "DELETE FROM appointments")
        await fetch_value(own_url, "DELETE FROM officials WHERE name = ANY($1)", [before[2], before[4]])
        await fetch_value(own_url, INSERT_OFFICIAL, "00000000-0000-7000-8000-000000000001", "Aaron")
        rest = await own_client.get(first.links["next"]["url"])
        assert [item["name"] for item in rest.json()["items"]] == [before[3], *before[5:7]]

    async def test_page_token_after_the_longest_name_is_valid(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        await fetch_value(
            own_url, INSERT_OFFICIAL, "00000000-0000-7000-8000-000000000001", "\U0001f5f3" * 300
        )  # the longest allowed name
        first = await own_client.get(self.path, params={"page_size": "1"})
        assert (await own_client.get(first.links["next"]["url"])).status_code == 200

    async def test_empty_list_runs_a_second_statement_to_check_references(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        await self.get(client)
        for params, count in (
            ({"organization": "kpu", "division": "ri-3"}, 1),
            ({"organization": "bawaslu", "division": "ri-1"}, 2),
            ({"organization": "nobody", "division": "nothing"}, 2),
            ({"office": "secretary", "standing": "interim_replacement"}, 1),
        ):
            statements.clear()
            await self.get(client, params)
            assert len(statements) == count


class TestGetOfficial(ItemScenarios):
    path = f"/v1/officials/{OFFICIAL_ID}"
    missing_path = "/v1/officials/01a20c10-0000-7000-8000-000000000000"
    members = MEMBERS

    async def test_document_shows_appointments_newest_first(self, client: httpx.AsyncClient) -> None:
        person: dict[str, Any] = (await self.get(client)).json()
        newest, oldest = person["appointments"]
        assert list(newest) == APPOINTMENT_MEMBERS.split()
        assert newest["organization"] == {"code": "kpu", "name": "Komisi Pemilihan Umum"}
        assert newest["division"] == {"code": "ri-3", "name": "Divisi Data dan Informasi"}
        assert (newest["start_on"], newest["end_on"], newest["term"]) == ("2022-04-12", None, "2022-2027")
        assert (oldest["start_on"], oldest["end_on"], oldest["office"]) == ("2018", "2022-04-12", "chair")

    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            ("2017-12-31", []),
            ("2018-01-01", [("kpu-31", False)]),
            ("2018-12-30", [("kpu-31", False)]),
            ("2018-12-31", [("kpu-31", True)]),
            ("2022-04-11", [("kpu-31", True)]),
            ("2022-04-12", [("kpu", True)]),
        ],
    )
    async def test_as_of_shows_only_possible_appointments(
        self, client: httpx.AsyncClient, day: str, expected: list[tuple[str, bool]]
    ) -> None:
        """The official is found on any day; only the appointments differ."""
        shown = (await self.get(client, {"as_of": day})).json()["appointments"]
        assert [(item["organization"]["code"], item["certain"]) for item in shown] == expected

    async def test_id_is_case_insensitive(self, client: httpx.AsyncClient) -> None:
        assert (await client.get(f"/v1/officials/{OFFICIAL_ID.upper()}")).json()["id"] == OFFICIAL_ID

    @pytest.mark.parametrize(
        "id_", ["x", OFFICIAL_ID[:-1], OFFICIAL_ID.replace("-", ""), f"{{{OFFICIAL_ID}}}", f"%0A{OFFICIAL_ID}"]
    )
    async def test_invalid_id_is_422(self, client: httpx.AsyncClient, id_: str) -> None:
        response = await client.get(f"/v1/officials/{id_}")
        assert response.status_code == 422
        assert [error["parameter"] for error in response.json()["errors"]] == ["id"]
