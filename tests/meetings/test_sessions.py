# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.meetings.problem_comparison import comparable_problem
from tests.scenarios import ItemScenarios, ListScenarios, code_key, list_items, name_key, updated_at_key

MEMBERS = (
    "code position kind name name_en track parallel_group starts_at ends_at room topics speakers"
    " time_zone source verified primary revision updated_at"
)
CLASSES = [
    ["Tahapan Pemilu dan Pemilihan", "Perencanaan anggaran", "Laporan keuangan"],
    [
        "Sosialisasi",
        "Pendidikan pemilih",
        "Partisipasi masyarakat",
        "Kampanye",
        "Badan ad hoc",
        "Penyelesaian pelanggaran kode etik",
    ],
    ["Pemutakhiran Data Pemilih", "Pemutakhiran Data Pemilih Berkelanjutan", "Penggunaan Teknologi Informasi"],
    [
        "Daerah pemilihan",
        "Verifikasi partai politik",
        "Dana kampanye",
        "Pencalonan",
        "Pelanggaran administrasi",
        "Sengketa hasil",
    ],
    [
        "Pemungutan suara",
        "Penghitungan suara",
        "Rekapitulasi suara",
        "Penetapan hasil",
        "Penyelesaian sengketa administrasi",
    ],
]


def position_key(item: Any) -> Any:
    return item["position"], item["code"]


async def list_codes(client: httpx.AsyncClient, meeting: str, **params: str) -> list[str]:
    return [item["code"] for item in await list_items(client, f"/v1/meetings/{meeting}/sessions", params)]


class TestListSessions(ListScenarios):
    path = "/v1/meetings/rakornas-2022-06/sessions"
    has_as_of = False
    members = MEMBERS
    sort_keys = {"position": position_key, "code": code_key, "name": name_key, "updated_at": updated_at_key}
    search_words = "teknis penyelenggaraan"
    example_filter = {"kind": "class"}
    other_list_path = "/v1/meetings/papua/sessions"
    invalid_queries = (
        ({"kind": "lunch"}, "kind", "not_one_of", "opening"),
        ({"topic": "x" * 201}, "topic", "too_long", "200"),
        ({"topic": ""}, "topic", "empty_parameter", "value"),
        ({"track": "1"}, "track", "unknown_parameter", "topic"),
        ({"meeting": "papua"}, "meeting", "unknown_parameter", "topic"),
    )

    async def test_list_shows_the_programme_of_the_rakornas(self, client: httpx.AsyncClient) -> None:
        items = await list_items(client, self.path, {})
        assert [(item["code"], item["position"], item["kind"]) for item in items[:3]] == [
            ("opening", 1, "opening"),
            ("directions", 2, "direction"),
            ("panel", 3, "panel"),
        ]
        assert {(item["track"], item["parallel_group"]) for item in items[:3]} == {(None, None)}
        assert [
            (item["code"], item["position"], item["kind"], item["track"], item["parallel_group"]) for item in items[3:]
        ] == [(f"class-{n}", n + 3, "class", n, "classes") for n in range(1, 6)]
        assert {(item["starts_at"], item["ends_at"], item["room"]) for item in items} == {(None, None, None)}

    async def test_rakornas_has_23_topics_in_5_classes(self, client: httpx.AsyncClient) -> None:
        items = await list_items(client, self.path, {})
        assert [item["topics"] for item in items] == [[], [], [], *CLASSES]
        assert sum(len(item["topics"]) for item in items) == 23

    @pytest.mark.parametrize("kind", ["opening", "direction", "panel", "class", "closing"])
    async def test_kind_filter_selects_sessions(self, client: httpx.AsyncClient, kind: str) -> None:
        expected = [item for item in await list_items(client, self.path, {}) if item["kind"] == kind]
        assert bool(expected) == (kind != "closing")
        assert await list_items(client, self.path, {"kind": kind}) == expected

    async def test_topic_filter_finds_the_class_of_each_topic(self, client: httpx.AsyncClient) -> None:
        for n, topics in enumerate(CLASSES, 1):
            for topic in topics:
                assert await list_codes(client, "rakornas-2022-06", topic=topic) == [f"class-{n}"]

    @pytest.mark.parametrize(
        ("topic", "meeting", "expected"),
        [
            ("kAmPaNyE", "rakornas-2022-06", ["class-2"]),  # and not "Dana kampanye"
            ("Pemutakhiran Data Pemilih", "rakornas-2022-06", ["class-3"]),
            ("Pemutakhiran", "rakornas-2022-06", []),
            ("Kampanye Dana", "rakornas-2022-06", []),
            ("%", "rakornas-2022-06", []),
            ("Pemung_tan suara", "rakornas-2022-06", []),
            ("pémutakhiran data pemilih", "papua", ["b"]),
            ("badan", "papua", ["b"]),
            ("BA'DAN", "papua", ["b"]),
            ("jumat", "papua", ["b"]),
            ("Jum\u2018at", "papua", ["b"]),
            ("Kampanye", "papua", []),
        ],
    )
    async def test_topic_filter_matches_a_complete_folded_topic(
        self, client: httpx.AsyncClient, topic: str, meeting: str, expected: list[str]
    ) -> None:
        assert await list_codes(client, meeting, topic=topic) == expected

    async def test_filters_combine(self, client: httpx.AsyncClient) -> None:
        assert await list_codes(client, "rakornas-2022-06", topic="Kampanye", kind="class") == ["class-2"]
        assert await list_codes(client, "rakornas-2022-06", topic="Kampanye", kind="opening") == []

    @pytest.mark.parametrize(
        ("q", "best"),
        [("hubungan masyarakat", "class-2"), ("opening", "opening"), ("rekapitulasi suara", "class-5")],
    )
    async def test_search_includes_names_and_topics(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await self.get(client, {"q": q})).json()["items"][0]["code"] == best

    async def test_sessions_of_equal_position_are_ordered_by_code(self, client: httpx.AsyncClient) -> None:
        assert await list_codes(client, "papua") == ["opening", "a", "b", "late"]
        assert await list_codes(client, "papua", sort="-position") == ["late", "b", "a", "opening"]

    async def test_meeting_without_sessions_has_an_empty_list(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        await self.get(client)
        statements.clear()
        response = await client.get("/v1/meetings/over/sessions")
        assert response.json() == {"items": [], "next_page_token": None}
        assert len(statements) == 2

    @pytest.mark.parametrize("query_string", ["", "?kind=closing", "?topic=Kampanye", "?q=kampanye"])
    async def test_unknown_meeting_is_404(
        self, client: httpx.AsyncClient, statements: list[str], query_string: str
    ) -> None:
        await self.get(client)
        statements.clear()
        response = await client.get(f"/v1/meetings/rakornas-2024-06/sessions{query_string}")
        assert len(statements) == 2
        assert comparable_problem(response) == comparable_problem(await client.get("/v1/regions/99"))
        assert response.status_code == 404


class TestGetSession(ItemScenarios):
    path = "/v1/meetings/papua/sessions/b"
    missing_path = "/v1/meetings/papua/sessions/c"
    has_as_of = False
    members = MEMBERS
    invalid_queries = (
        *ItemScenarios.invalid_queries,
        ({"kind": "class"}, "kind", "unknown_parameter", "fields"),
        ({"as_of": "2022-06-14"}, "as_of", "unknown_parameter", "fields"),
    )

    async def test_times_have_an_offset(self, client: httpx.AsyncClient) -> None:
        item = (await client.get(self.path)).json()
        actual = [datetime.fromisoformat(item[name]) for name in ("starts_at", "ends_at")]
        assert None not in {entry.tzinfo for entry in actual}
        assert actual == [datetime.fromisoformat(f"2024-03-10T{hour}:00+09:00") for hour in ("08:00", "09:30")]
        assert item["room"] == "Aula"

    async def test_times_are_rendered_in_utc(self, client: httpx.AsyncClient) -> None:
        item = (await client.get("/v1/meetings/papua/sessions/a")).json()
        assert datetime.fromisoformat(item["starts_at"]) == datetime.fromisoformat("2024-03-09T15:30:00+00:00")
        assert (item["ends_at"], item["track"], item["parallel_group"]) == (None, 1, "pagi")

    async def test_item_equals_the_list_entry(self, client: httpx.AsyncClient) -> None:
        for item in await list_items(client, "/v1/meetings/papua/sessions", {}):
            assert (await client.get(f"/v1/meetings/papua/sessions/{item['code']}")).json() == item

    async def test_two_meetings_may_use_the_same_code(self, client: httpx.AsyncClient) -> None:
        names = [
            (await client.get(f"/v1/meetings/{meeting}/sessions/opening")).json()["name"]
            for meeting in ("papua", "rakornas-2022-06")
        ]
        assert names == ["Kelas opening", "Pembukaan"]

    @pytest.mark.parametrize(
        "path",
        [
            "/v1/meetings/papua/sessions/class-1",
            "/v1/meetings/rakornas-2022-06/sessions/b",
            "/v1/meetings/nowhere/sessions/opening",
        ],
    )
    async def test_session_of_another_meeting_is_404(
        self, client: httpx.AsyncClient, statements: list[str], path: str
    ) -> None:
        response = await client.get(path)
        assert len(statements) == 1
        assert comparable_problem(response) == comparable_problem(await client.get("/v1/regions/99"))
        assert response.status_code == 404
