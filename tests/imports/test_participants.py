"""Lists of participants as files, delegation by delegation."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.auth import Scope
from app.imports.router import XLSX
from tests.check_ins.meeting_client import SESSIONS, MeetingClient
from tests.imports.import_client import CSV_TYPE, ImportClient, row_errors, row_statuses
from tests.imports.test_workbook import create_workbook
from tests.writes.write_client import WriteClient

HEAD = "No.;Nama;Jabatan;Satuan Kerja;Kapasitas;Nomor Surat Tugas;Tanggal Surat;Kelas"
ROWS = (
    "1;Siti Rahasia, S.H.;Ketua;KPU Provinsi DKI Jakarta;Peserta;12/ST/2026;1 Desember 2026;class-1",
    "2;Budi Rahasia;Anggota;kpu-31;Narasumber;;;Pembukaan, class-2",
    "3;;Sekretaris;KPU-31;;;;",
    "4;;;;;;;",
)


@pytest.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    """Return a meeting with three sessions and without participants."""
    meeting = MeetingClient(app, client, "rapat-daftar", WriteClient.create(app, client))
    members = {"code": meeting.code, "name": "Rapat", "kind": "coordination", "host": "kpu"}
    days = {"time_zone": "Asia/Jakarta", "start_on": "2026-12-07", "end_on": "2026-12-08"}
    assert (await meeting.admin.post("/v1/meetings", {**members, **days})).status_code == 201
    for session in SESSIONS:
        assert (await meeting.admin.post(f"{meeting.path}/sessions", session)).status_code == 201
    return meeting


async def send_list(
    importer: ImportClient, meeting: MeetingClient, *rows: str, head: str = HEAD, **query: Any
) -> httpx.Response:
    """Send a list of participants as a spreadsheet in Indonesian settings saves it."""
    content = "\ufeff" + "\r\n".join(["Daftar peserta;;;;;;;", head, *rows, ";;;;;;;"])
    return await importer.send(content, CSV_TYPE, "participants", meeting=meeting.code, **query)


async def list_participants(importer: ImportClient, meeting: MeetingClient) -> list[dict[str, Any]]:
    response = await importer.http.get(f"{meeting.path}/participants?page_size=200", headers=importer.headers)
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def create_officials(importer: ImportClient, *names: str) -> list[str]:
    """Create officials who are members of the commission of Jakarta during the meeting; return their ids."""
    created = await importer.send_ndjson("officials", *({"name": name} for name in names))
    ids = [row["key"] for row in created.json()["rows"]]
    member = {"organization": "kpu-31", "office": "member", "standing": "acting", "start_on": "2026-01-01"}
    appointed = await importer.send_ndjson("appointments", *({**member, "official": id_} for id_ in ids))
    assert appointed.status_code == 200, appointed.text
    return ids


async def test_list_as_people_write_it_is_imported(importer: ImportClient, meeting: MeetingClient) -> None:
    dry_run = await send_list(importer, meeting, *ROWS, dry_run="true")
    assert row_statuses(dry_run) == [(3, "created"), (4, "created"), (5, "created")], dry_run.text
    assert await list_participants(importer, meeting) == []
    response = await send_list(importer, meeting, *ROWS)
    assert row_statuses(response) == row_statuses(dry_run)
    assert "Rahasia" not in response.text + dry_run.text
    chair, speaker, secretary = await list_participants(importer, meeting)
    assert [item["id"] for item in (chair, speaker, secretary)] == [row["key"] for row in response.json()["rows"]]
    assert (chair["name"], chair["office"], chair["organization"]["code"]) == ("Siti Rahasia, S.H.", "chair", "kpu-31")
    assert chair["assignment_letter"] == {"number": "12/ST/2026", "dated_on": "2026-12-01"}
    assert (chair["capacity"], chair["sessions"]) == ("delegate", ["class-1"])
    assert (speaker["capacity"], sorted(speaker["sessions"])) == ("speaker", ["class-2", "opening"])
    assert (secretary["name"], secretary["office"]) == (None, "secretary")


async def test_corrected_list_updates_the_same_participants(importer: ImportClient, meeting: MeetingClient) -> None:
    first = await send_list(importer, meeting, *ROWS)
    same = await send_list(importer, meeting, *ROWS)
    assert [status for _, status in row_statuses(same)] == ["unchanged"] * 3
    corrected = [ROWS[0].replace("Ketua", "Anggota").replace("class-1", "class-2"), *ROWS[1:3], "4;Ani;;kpu-31;;;;"]
    response = await send_list(importer, meeting, *corrected)
    assert [status for _, status in row_statuses(response)] == ["updated", "unchanged", "unchanged", "created"]
    assert sorted(response.json()["rows"][0]["changed"]) == ["office", "sessions"]
    keys = [row["key"] for row in first.json()["rows"]]
    assert [row["key"] for row in response.json()["rows"]][:3] == keys
    assert len(await list_participants(importer, meeting)) == 4


async def test_delegations_are_imported_one_by_one(importer: ImportClient, meeting: MeetingClient) -> None:
    head = "Nama;Jabatan"
    for organization in ("kpu-31", "kpu-32"):
        response = await send_list(importer, meeting, "Siti;Ketua", ";Anggota", head=head, organization=organization)
        assert row_statuses(response) == [(3, "created"), (4, "created")], response.text
    found = [(item["organization"]["code"], item["name"]) for item in await list_participants(importer, meeting)]
    assert sorted(found, key=str) == [("kpu-31", "Siti"), ("kpu-31", None), ("kpu-32", "Siti"), ("kpu-32", None)]
    other = await send_list(
        importer, meeting, "Ani;kpu-33", "Budi;", head="nama;instansi", organization="kpu-31", partial="true"
    )
    assert row_statuses(other) == [(3, "refused"), (4, "created")]
    assert row_errors(other) == [(3, "/organization", "other_organization")]


async def test_official_is_found_by_name_within_the_organization(
    importer: ImportClient, meeting: MeetingClient
) -> None:
    ids = await create_officials(importer, "Dewi Contoh", "Rina Contoh", "Rina Contoh")
    head = "nama;satker;id pejabat"
    rows = ("DEWI CONTOH;kpu-31;", "Rina Contoh;kpu-31;", "Dewi Contoh;kpu-32;", f"Rina Contoh;kpu-31;{ids[1]}")
    response = await send_list(importer, meeting, *rows, f"Ani;kpu-31;{ids[2]}", head=head, partial="true")
    assert [status for _, status in row_statuses(response)] == ["created", "refused", "created", "created", "refused"]
    assert row_errors(response) == [(4, "/name", "ambiguous_official"), (7, "/official", "other_name")]
    assert "Contoh" not in response.text
    shown = await list_participants(importer, meeting)
    assert [(item["official"] or {}).get("id") for item in shown] == [ids[0], None, ids[1]]
    assert [(item["name"], item["office"]) for item in shown[:2]] == [(None, "member"), ("Dewi Contoh", None)]
    again = await send_list(importer, meeting, rows[0], rows[2], rows[3], head=head)
    assert [status for _, status in row_statuses(again)] == ["unchanged"] * 3


async def test_name_of_a_participant_that_is_no_official_stays_when_an_official_gets_it(
    importer: ImportClient, meeting: MeetingClient
) -> None:
    await send_list(importer, meeting, "Dewi Contoh;kpu-31", head="nama;satker")
    await create_officials(importer, "Dewi Contoh")
    again = await send_list(importer, meeting, "Dewi Contoh;kpu-31;catatan", head="nama;satker;catatan")
    assert [row["changed"] for row in again.json()["rows"]] == [["note"]], again.text


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("1;Ani;Ketua;KPU Provinsi Atlantis;;;;", ("/organization", "unknown_name")),
        ("1;Ani;Ketua;Rahasia;;;;", ("/organization", "unknown_name")),
        ("1;Ani;Presiden;kpu-31;;;;", ("/office", "not_one_of")),
        ("1;Ani;Ketua;kpu-31;;;;Kelas", ("/sessions", "ambiguous_name")),
        ("1;Ani;Ketua;kpu-31;;;;kelas malam", ("/sessions", "unknown_name")),
        ("1;Ani;Ketua;kpu-31;;;;class-1, class-2", ("/sessions", "parallel_sessions")),
        ("1;Ani;Ketua;kpu-31;;;05/06/2026;", ("/letter_dated_on", "ambiguous_date")),
    ],
)
async def test_name_that_means_nothing_is_refused(
    importer: ImportClient, meeting: MeetingClient, row: str, wrong: tuple[str, str]
) -> None:
    response = await send_list(importer, meeting, row, dry_run="true")
    assert [error[1:] for error in row_errors(response)] == [wrong]
    assert not any(name in response.text for name in ("Ani", "Atlantis", "Rahasia", "malam"))


async def test_places_of_a_delegation_are_respected(importer: ImportClient, meeting: MeetingClient) -> None:
    assert (await meeting.admin.patch(meeting.path, {"places": 2})).status_code == 200
    rows = [f"{n};Peserta {n};;kpu-31;{'Tamu' if n == 3 else ''};;;" for n in range(1, 5)]
    response = await send_list(importer, meeting, *rows, partial="true")
    assert [status for _, status in row_statuses(response)] == ["created", "created", "created", "refused"]
    assert row_errors(response) == [(6, "/organization", "no_places_left")]


async def test_id_of_another_participant_is_not_overwritten(importer: ImportClient, meeting: MeetingClient) -> None:
    [created] = (await send_list(importer, meeting, ROWS[0])).json()["rows"]
    head = "id;nama;satker;catatan"
    other = await send_list(importer, meeting, f"{created['key']};Orang Lain;kpu-31;x", head=head)
    assert row_errors(other) == [(3, "/id", "would_overwrite")]
    assert "Rahasia" not in other.text
    unnamed = await send_list(importer, meeting, f"{created['key']};x", head="id;catatan")
    assert [row["changed"] for row in unnamed.json()["rows"]] == [["note"]], unnamed.text
    updated = await send_list(importer, meeting, f"{created['key']};Orang Lain;kpu-31;x", head=head, update="true")
    assert [row["changed"] for row in updated.json()["rows"]] == [["name"]], updated.text


async def test_person_may_occur_once_in_a_list(importer: ImportClient, meeting: MeetingClient) -> None:
    response = await send_list(importer, meeting, ROWS[0], ROWS[0], ROWS[2], ROWS[2], partial="true")
    assert [status for _, status in row_statuses(response)] == ["created", "refused", "created", "created"]
    assert row_errors(response) == [(4, "/id", "repeated_key")]
    again = await send_list(importer, meeting, ROWS[0], ROWS[2], ROWS[2])
    assert [status for _, status in row_statuses(again)] == ["unchanged"] * 3


async def test_deleted_participant_gets_the_former_id(importer: ImportClient, meeting: MeetingClient) -> None:
    [created] = (await send_list(importer, meeting, ROWS[0])).json()["rows"]
    deleted = await meeting.admin.delete(f"{meeting.path}/participants/{created['key']}")
    assert deleted.status_code == 204
    [again] = (await send_list(importer, meeting, ROWS[0])).json()["rows"]
    assert (again["status"], again["key"]) == ("created", created["key"])


async def test_workbook_and_ndjson_are_lists_too(importer: ImportClient, meeting: MeetingClient) -> None:
    rows = [["Nama", "Instansi", "Sebagai"], ["Siti", "KPU Provinsi DKI Jakarta", "Panitia"]]
    workbook = create_workbook(("Peserta", rows))
    response = await importer.send(workbook, XLSX, "participants", meeting=meeting.code)
    assert row_statuses(response) == [(2, "created")], response.text
    row = {"name": "Siti", "organization": "kpu-31", "capacity": "committee", "sessions": ["opening"]}
    same = await importer.send_ndjson("participants", row, meeting=meeting.code)
    assert [row["changed"] for row in same.json()["rows"]] == [["sessions"]]


async def test_meeting_is_required_and_must_fit_the_resource(importer: ImportClient, meeting: MeetingClient) -> None:
    content = "nama\r\nSiti\r\n"
    for resource, query, parameter in (
        ("participants", {}, "meeting"),
        ("officials", {"meeting": meeting.code}, "meeting"),
        ("sessions", {"organization": "kpu-31"}, "organization"),
    ):
        response = await importer.send(content, CSV_TYPE, resource, dry_run="true", **query)
        assert response.status_code == 422
        assert [error["parameter"] for error in response.json()["errors"]] == [parameter]
    unknown = await importer.send(content, CSV_TYPE, "participants", dry_run="true", meeting="no-such")
    assert unknown.status_code == 404
    row = {"code": "class-9", "position": 9, "kind": "class", "name": "Contoh"}
    session = await importer.send_ndjson("sessions", row, {**row, "meeting": "x"}, meeting=meeting.code, partial="true")
    assert row_errors(session) == [(2, "/meeting", "other_meeting")]
    assert session.json()["created"] == 1


async def test_client_imports_only_participants_of_meetings_of_its_organization(
    app: FastAPI, client: httpx.AsyncClient, meeting: MeetingClient
) -> None:
    bound = ImportClient.create(app, client, Scope.ATTENDANCE_WRITE, organization="kpu-31")
    assert (await send_list(bound, meeting, *ROWS, dry_run="true")).status_code == 404
    device = ImportClient.create(app, client, Scope.ATTENDANCE_WRITE, meeting=meeting.code)
    assert (await send_list(device, meeting, *ROWS, dry_run="true")).status_code == 403
    reader = ImportClient.create(app, client, Scope.ATTENDANCE_READ)
    assert (await send_list(reader, meeting, *ROWS, dry_run="true")).status_code == 403


async def test_closed_roll_accepts_no_list(importer: ImportClient, meeting: MeetingClient) -> None:
    first = await send_list(importer, meeting, ROWS[0], idempotency_key="list-1")
    closed = await meeting.admin.close_roll(meeting.path)
    assert closed.status_code == 200, closed.text
    refused = await send_list(importer, meeting, *ROWS)
    assert (refused.status_code, refused.json()["code"]) == (409, "roll_closed")
    repeated = await send_list(importer, meeting, ROWS[0], idempotency_key="list-1")
    assert (repeated.content, repeated.headers["idempotency-replayed"]) == (first.content, "true")
