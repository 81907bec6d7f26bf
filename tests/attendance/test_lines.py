"""The lines of an attendance list: those of the Rakornas, search, and what the public may not see."""

from typing import Any

import httpx
import pytest

from tests.attendance.synthetic_rolls import TARMIZI, participant_id
from tests.scenarios import list_items

RAKORNAS, NAMED, MIXED = (f"/v1/meetings/{code}/attendance" for code in ("rakornas-2022-06", "named", "mixed"))


def get_name(item: Any) -> Any:
    return item["official"]["name"] if item["official"] else item["name"]


async def fetch_names(client: httpx.AsyncClient, path: str, **params: str) -> list[Any]:
    return [get_name(item) for item in await list_items(client, path, params)]


class TestRakornas:
    async def test_sixteen_participants_are_present(self, client: httpx.AsyncClient) -> None:
        items = await list_items(client, RAKORNAS, {})
        assert [item["organization"]["code"] for item in items] == ["kpu"] * 8 + ["kpu-31"] * 8
        assert {(item["status"], item["capacity"], item["late"]) for item in items} == {("present", "delegate", False)}
        assert {(item["arrived_at"], item["left_at"], item["represents"], item["name"]) for item in items} == {
            (None, None, None, None)
        }
        for organization in ("kpu", "kpu-31"):
            assert len(await list_items(client, RAKORNAS, {"organization": organization, "status": "present"})) == 8

    async def test_unnamed_office_holder_has_no_official_and_no_name(self, client: httpx.AsyncClient) -> None:
        (item,) = [item for item in await list_items(client, RAKORNAS, {}) if item["official"] is None]
        assert (item["office"], item["organization"]["code"], item["name"]) == ("secretary", "kpu-31", None)
        assert item["note"] == "The item names the office, not the person."
        assert await list_items(client, RAKORNAS, {"office": "secretary"}) == [item]

    async def test_names_as_printed_are_shown_where_they_differ(self, client: httpx.AsyncClient) -> None:
        printed = {
            get_name(item): item["name_as_printed"]
            for item in await list_items(client, RAKORNAS, {})
            if item["name_as_printed"] is not None
        }
        assert printed == {"Hasyim Asy'ari": "Hasyim Asy'ári", "Muhammad Tarmizi": "Tarmidzi"}

    async def test_office_filter_selects_office_holders(self, client: httpx.AsyncClient) -> None:
        assert await fetch_names(client, RAKORNAS, office="chair") == ["Hasyim Asy'ari", "Sunardi"]
        assert await fetch_names(client, RAKORNAS, office="secretary_general") == ["Bernad Dermawan Sutrisno"]


class TestLine:
    async def test_line_has_all_members(self, client: httpx.AsyncClient) -> None:
        item = (await list_items(client, NAMED, {}))[-1]
        assert item.pop("updated_at")
        assert item == {
            "id": participant_id(2, 9),
            "official": {"id": "01a20c10-0afb-7557-aa41-a9f25fb14279", "name": "Muhaimin"},
            "name": None,
            "organization": {"code": "kpu-31", "name": "KPU Provinsi DKI Jakarta"},
            "office": "member",
            "capacity": "speaker",
            "represents": None,
            "status": "present",
            "late": True,
            "arrived_at": "2024-03-10T00:12:30.000000+00:00",
            "left_at": "2024-03-10T08:00:00.000000+00:00",
            "name_as_printed": "Xaverius Djokja",
            "note": "Naik kapal.",
            "source": "Daftar hadir",
            "verified": False,
            "primary": False,
            "revision": 1,
        }

    async def test_representatives_refer_to_the_represented(self, client: httpx.AsyncClient) -> None:
        items = await list_items(client, NAMED, {})
        represented = {get_name(item): item["represents"] for item in items if item["represents"]}
        assert represented == {
            "Agus Satu": {"id": participant_id(2, 5), "name": None},
            "Agus Dua": {"id": participant_id(2, 6), "name": "Hasyim Asy'ari"},
            "Agus Tiga": {"id": participant_id(2, 7), "name": "Siti Nur'aini Wonda"},
        }

    @pytest.mark.parametrize(
        ("path", "q", "best"),
        [
            (RAKORNAS, "Tarmidzi", "Muhammad Tarmizi"),
            (RAKORNAS, "asyari", "Hasyim Asy'ari"),
            (RAKORNAS, "ASY\u2019ARI", "Hasyim Asy'ari"),
            (RAKORNAS, "idam holik", "Idham Holik"),
            (NAMED, "Muhammad Tarmizi", "Muhammad Tarmizi"),  # the name of the official
            (NAMED, "Tarmidzi", "Muhammad Tarmizi"),  # another name of the official
            (NAMED, "xaverius", "Muhaimin"),  # as printed
            (NAMED, "nuraini", "Siti Nur'aini Wonda"),  # not among the officials
        ],
    )
    async def test_search_finds_the_best_first(self, client: httpx.AsyncClient, path: str, q: str, best: str) -> None:
        assert (await fetch_names(client, path, q=q))[0] == best

    async def test_search_finds_similar_names_too(self, client: httpx.AsyncClient) -> None:
        assert await fetch_names(client, NAMED, q="muhaimin") == ["Muhaimin", "Muhaimun"]

    async def test_search_stays_within_the_meeting(self, client: httpx.AsyncClient) -> None:
        assert await fetch_names(client, NAMED, q="peserta") == []
        assert await fetch_names(client, NAMED, q="sunardi") == []
        assert [item["official"]["id"] for item in await list_items(client, NAMED, {"q": "tarmizi"})] == [TARMIZI]

    async def test_search_combines_with_filters(self, client: httpx.AsyncClient) -> None:
        assert await fetch_names(client, NAMED, q="agus", organization="kpu") == ["Agus Dua"]
        assert await fetch_names(client, NAMED, q="agus", status="excused") == []

    async def test_notes_are_not_searched(self, client: httpx.AsyncClient) -> None:
        for q in ("dirawat", "keluarga", "kapal"):
            assert await fetch_names(client, NAMED, q=q) == []


class TestSick:
    async def test_sick_is_shown_as_excused_without_a_token(self, client: httpx.AsyncClient) -> None:
        for path in (NAMED, MIXED):
            assert await list_items(client, path, {"status": "sick"}) == []
        assert await fetch_names(client, NAMED, status="excused") == ["Siti Nur'aini Wonda", "Yosep Rumbiak"]

    async def test_notes_of_the_excused_are_hidden(self, client: httpx.AsyncClient) -> None:
        statuses_and_notes = [
            (item["status"], item["note"]) for item in await list_items(client, NAMED, {"status": "excused"})
        ]
        # Both notes are hidden: if one were shown, the other participant would be known to be sick.
        assert statuses_and_notes == [("excused", None), ("excused", None)]

    @pytest.mark.parametrize("meeting", ["named", "mixed", "closed"])
    async def test_no_public_response_mentions_sickness(self, client: httpx.AsyncClient, meeting: str) -> None:
        address = f"/v1/meetings/{meeting}"
        queries = ["", "?sort=-updated_at", "?fields=id,status,note", "?status=excused", "?status=sick", "?q=siti"]
        by = [f"?by={by}" for by in ("organization", "level", "region", "office", "session")]
        paths = [address, f"{address}/sessions", *(f"{address}/attendance/summary{query}" for query in ["", *by])]
        for path in [*paths, *(f"{address}/attendance{query}" for query in queries)]:
            response = await client.get(path)
            assert not [word for word in ("sick", "sakit", "dirawat", "opname") if word in response.text.lower()], path
