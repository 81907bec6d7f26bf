import httpx

from tests.meetings.synthetic_meetings import ARIF, MEMBERS
from tests.scenarios import ItemScenarios, assert_invalid, list_items

LKPP = "Lembaga Kebijakan Pengadaan Barang/Jasa Pemerintah"


class TestGetMeeting(ItemScenarios):
    path = "/v1/meetings/rakornas-2022-06"
    missing_path = "/v1/meetings/rakornas-2024-06"
    members = MEMBERS
    invalid_queries = (*ItemScenarios.invalid_queries, ({"status": "finished"}, "status", "unknown_parameter", "as_of"))

    async def test_rakornas_document(self, client: httpx.AsyncClient) -> None:
        item = (await client.get(self.path)).json()
        actual = {name: item[name] for name in MEMBERS.split()[:15] if name not in ("audience", "purpose")}
        assert actual == {
            "code": "rakornas-2022-06",
            "name": "Rapat Koordinasi Nasional Persiapan Pelaksanaan Tahapan Pemilu Serentak 2024",
            "name_en": "National Coordination Meeting on Preparing the Stages of the 2024 Simultaneous Elections",
            "kind": "national_coordination",
            "host": {"code": "kpu", "name": "Komisi Pemilihan Umum"},
            "place": "Jakarta",
            "time_zone": "Asia/Jakarta",
            "start_on": "2022-06-13",
            "end_on": "2022-06-15",
            "cancelled_on": None,
            "election": {"code": "pemilu-2024", "name": "Pemilihan Umum Tahun 2024"},
            "status": "finished",
            "roll": "open",
        }
        assert item["audience"] == "Chairs, members and secretaries of KPU Provinsi of all Indonesia"
        assert item["purpose"].startswith("Communication, coordination and one common understanding of the stages;")
        assert (item["verified"], item["primary"], item["revision"]) == (True, True, 1)

    async def test_source_shows_its_correction(self, client: httpx.AsyncClient) -> None:
        source = (await client.get(self.path)).json()["source"]
        assert source == {
            "publisher": "KPU Provinsi DKI Jakarta (jakarta.kpu.go.id), Berita Terkini",
            "title": "Pimpinan KPU Provinsi DKI Jakarta Ikuti Rakornas Persiapan Pelaksanaan Tahapan Pemilu Serentak"
            " 2024",
            "corrections": [
                {
                    "field": "start_on..end_on",
                    "printed": "13-15 Juni 2024",
                    "recorded": "2022-06-13..2022-06-15",
                    "reason": "The same item dates its statement Selasa 14 Juni 2022 and says that the stages begin on"
                    " 14 June 2022, the date in PKPU 3/2022.",
                }
            ],
        }

    async def test_statement_is_embedded(self, client: httpx.AsyncClient) -> None:
        (statement,) = (await client.get(self.path)).json()["statements"]
        assert statement.pop("summary").startswith("Reminds the KPU DKI Jakarta family that the stages have begun")
        assert statement == {
            "id": "01a20cae-3b7c-7752-8ae9-897ad626c2d3",
            "official": {"id": "01a20c10-0af8-7149-8d8d-5489b1e37ec7", "name": "Sunardi"},
            "name": None,
            "organization": {"code": "kpu-31", "name": "KPU Provinsi DKI Jakarta"},
            "made_on": "2022-06-14",
            "form": "written",
            "source": "KPU Provinsi DKI Jakarta (jakarta.kpu.go.id), Berita Terkini: Pimpinan KPU Provinsi DKI Jakarta"
            " Ikuti Rakornas Persiapan Pelaksanaan Tahapan Pemilu Serentak 2024",
            "verified": True,
            "primary": True,
        }

    async def test_sessions_show_their_speakers(self, client: httpx.AsyncClient) -> None:
        sessions = (await client.get(self.path)).json()["sessions"]
        actual = [
            [
                (entry["official"] or entry["organization"])["name" if entry["official"] else "code"]
                if not entry["division_kind"]
                else (entry["organization"]["code"], entry["division_kind"])
                for entry in session["speakers"]
            ]
            for session in sessions
        ]
        assert actual == [
            ["Hasyim Asy'ari"],
            [("kpu", "division"), "Bernad Dermawan Sutrisno"],
            ["kemendagri", "bappenas", "lkpp"],
            *[[]] * 5,
        ]

    async def test_statements_are_ordered_by_day_with_undated_last(self, client: httpx.AsyncClient) -> None:
        said = (await client.get("/v1/meetings/papua")).json()["statements"]
        assert [entry["summary"] for entry in said] == [f"Says {n}." for n in (1, 2, 3, 4)]
        assert {(entry["official"], entry["organization"]) for entry in said} == {(None, None)}

    async def test_meeting_without_parts_has_empty_lists(self, client: httpx.AsyncClient) -> None:
        item = (await client.get("/v1/meetings/over")).json()
        assert item["source"] == {"publisher": None, "title": None, "corrections": []}
        assert (item["sessions"], item["statements"], item["election"]) == ([], [], None)

    async def test_embedded_sessions_equal_the_session_list(self, client: httpx.AsyncClient) -> None:
        for path in (self.path, "/v1/meetings/papua"):
            listed = await list_items(client, f"{path}/sessions", {})
            own = (await client.get(path)).json()["sessions"]
            assert own == [{name: entry[name] for name in own[0]} for entry in listed]
            assert set(listed[0]) - set(own[0]) == {
                "time_zone",
                "source",
                "verified",
                "primary",
                "revision",
                "updated_at",
            }

    async def test_speakers_of_each_kind(self, client: httpx.AsyncClient) -> None:
        sessions = {entry["code"]: entry for entry in (await client.get("/v1/meetings/papua")).json()["sessions"]}
        nobody = dict.fromkeys(("official", "name", "organization", "division", "division_kind", "role"))
        assert sessions["b"]["speakers"] == [
            {
                **nobody,
                "organization": {"code": "kpu", "name": "Komisi Pemilihan Umum"},
                "division": {"code": "ri-3", "name": "Divisi Data dan Informasi"},
            },
            {**nobody, "name": "Dr. Maria Wanggai", "role": "akademisi"},
            {**nobody, "official": {"id": ARIF, "name": "Arif Rahman Hakim"}, "role": "moderator"},
            {**nobody, "organization": {"code": "lkpp", "name": LKPP}},
        ]
        assert list(sessions["b"]["speakers"][0]) == list(nobody)
        assert sessions["a"]["speakers"] == []

    async def test_missing_meeting_runs_one_sql_statement(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        await client.get(self.missing_path)
        assert len(statements) == 1

    async def test_as_of_changes_the_status_only(self, client: httpx.AsyncClient) -> None:
        response = await client.get(f"{self.path}?as_of=1900-01-01&fields=status,code")
        assert response.json() == {"code": "rakornas-2022-06", "status": "planned"}
        assert_invalid(await client.get(f"{self.path}?from=2022-06-13"), "from", "unknown_parameter", "as_of")
