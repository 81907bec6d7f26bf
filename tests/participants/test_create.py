"""POST, PATCH and their rules for one participant."""

from typing import Any

import pytest

from app.auth import Scope
from tests.conftest import fetch_value
from tests.participants.participants_client import UNKNOWN_ID, ParticipantsClient, summarize_problem
from tests.writes.object_examples import OFFICIAL_ID
from tests.writes.write_client import WriteClient

LETTER = {"number": "12/ST/KPU-31/2026", "dated_on": "2026-12-01"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"official": OFFICIAL_ID, "organization": "kpu", "office": "chair"}, ["Hasyim Asy'ari", None, "kpu", "chair"]),
        ({"name": "Siti Contoh", "capacity": "guest"}, [None, "Siti Contoh", None, None]),
        ({"organization": "kpu-32", "office": "chair"}, [None, None, "kpu-32", "chair"]),
    ],
    ids=["official", "name", "office"],
)
async def test_created_participant_can_be_read(
    participants: ParticipantsClient, body: dict[str, Any], expected: list[str | None]
) -> None:
    created = await participants.create(body)
    assert created.status_code == 201, created.text
    item = created.json()
    actual = [
        (item["official"] or {}).get("name"),
        item["name"],
        (item["organization"] or {}).get("code"),
        item["office"],
    ]
    assert actual == expected
    assert item["capacity"] == body.get("capacity", "delegate")
    assert created.headers["location"] == participants.path_of(item["id"])
    assert (await participants.admin.get(created.headers["location"])).json() == item
    assert await participants.get_status(item["id"]) == "expected"
    assert (await participants.get_summary())["invited"] == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"official": OFFICIAL_ID, "name": "Hasyim"}, ""),
        ({"capacity": "guest"}, ""),
        ({"official": UNKNOWN_ID}, "/official"),
        ({"name": "Siti", "organization": "no-such"}, "/organization"),
        ({"name": "Siti", "sessions": ["no-such"]}, "/sessions"),
        ({"name": "Siti", "represents": UNKNOWN_ID}, "/represents"),
        ({"name": "Siti", "status": "present"}, "/status"),
    ],
    ids=["two persons", "nobody", "official", "organization", "session", "represents", "status"],
)
async def test_invalid_body_is_422(participants: ParticipantsClient, body: dict[str, Any], pointer: str) -> None:
    response = await participants.create(body)
    assert response.status_code == 422
    assert (response.json()["errors"][0].get("pointer") or "").startswith(pointer)
    assert await participants.list_all() == []


async def test_official_can_participate_once_in_each_capacity(
    participants: ParticipantsClient, app: Any, client: Any
) -> None:
    first = await participants.add(name=None, official=OFFICIAL_ID)
    again = await participants.create({"official": OFFICIAL_ID, "organization": "kpu"})
    assert summarize_problem(again) == (409, "already_exists", "/official", participants.path_of(first))
    batch = {"participants": [{"name": "Siti"}, {"official": OFFICIAL_ID}]}
    batch_again = await participants.admin.post(f"{participants.meeting_path}/participants:batch", batch)
    assert summarize_problem(batch_again) == (
        *(409, "already_exists"),
        *("/participants/1/official", participants.path_of(first)),
    )
    speaker = await participants.create({"official": OFFICIAL_ID, "capacity": "speaker"})
    assert speaker.status_code == 201, speaker.text
    moved = await participants.admin.patch(participants.path_of(speaker.json()["id"]), {"capacity": "delegate"})
    assert summarize_problem(moved) == (409, "already_exists", "/official", participants.path_of(first))
    assert (await participants.get_summary())["invited"] == 2
    other = await ParticipantsClient.in_new_meeting(app, client)
    assert (await other.create({"official": OFFICIAL_ID})).status_code == 201


async def test_entry_in_the_way_is_named_only_to_readers_of_the_roll(
    participants: ParticipantsClient, app: Any, client: Any
) -> None:
    first = await participants.add(name=None, official=OFFICIAL_ID)
    lines = "SELECT count(*) FROM audit_lines WHERE keys = ARRAY['participants/' || $1::text]"
    before = await fetch_value(participants.database_url, lines, first)
    writer = WriteClient.create(app, client, Scope.ATTENDANCE_WRITE)
    again = await writer.post(f"{participants.meeting_path}/participants", {"official": OFFICIAL_ID})
    assert summarize_problem(again) == (409, "already_exists", "/official", "/v1/meetings")
    assert first not in again.text
    assert await fetch_value(participants.database_url, lines, first) == before
    reader = WriteClient.create(app, client, Scope.ATTENDANCE_WRITE, Scope.ATTENDANCE_READ)
    named = await reader.post(f"{participants.meeting_path}/participants", {"official": OFFICIAL_ID})
    assert summarize_problem(named) == (409, "already_exists", "/official", participants.path_of(first))
    assert await fetch_value(participants.database_url, lines, first) == before + 1


async def test_unknown_meeting_is_404(participants: ParticipantsClient) -> None:
    participants.code = "no-such"
    assert (await participants.create({"name": "Siti"})).status_code == 404


async def test_letter_is_merged_and_removed(participants: ParticipantsClient) -> None:
    participant_id = await participants.add(assignment_letter=LETTER)
    dated = await participants.admin.patch(
        participants.path_of(participant_id), {"assignment_letter": {"dated_on": "2026-12-02"}}
    )
    assert dated.json()["assignment_letter"] == {**LETTER, "dated_on": "2026-12-02"}
    numberless = await participants.admin.patch(
        participants.path_of(participant_id), {"assignment_letter": {"number": None}}
    )
    assert numberless.json()["assignment_letter"] == {"number": None, "dated_on": "2026-12-02"}
    gone = await participants.admin.patch(participants.path_of(participant_id), {"assignment_letter": None})
    assert (gone.json()["assignment_letter"], gone.json()["revision"]) == (None, 4)


async def test_invalid_letter_date_is_422(participants: ParticipantsClient) -> None:
    for day in ("1899-12-31", "2200-01-01", "2026-02-30"):
        response = await participants.create({"name": "Siti", "assignment_letter": {"dated_on": day}})
        assert response.status_code == 422, day


async def test_changed_sessions_are_one_revision(participants: ParticipantsClient) -> None:
    participant_id = await participants.add(sessions=["opening", "class-1"])
    moved = await participants.admin.patch(
        participants.path_of(participant_id), {"sessions": ["class-2", "opening"], "reason": "pindah kelas"}
    )
    assert (moved.status_code, moved.json()["sessions"]) == (200, ["class-2", "opening"])
    assert moved.json()["revision"] == 2
    revisions = (await participants.admin.get(f"{participants.path_of(participant_id)}/revisions")).json()["items"]
    assert [item["reason"] for item in revisions] == [None, "pindah kelas"]
    assert (await participants.admin.patch(participants.path_of(participant_id), {"sessions": []})).json()[
        "sessions"
    ] == []


async def test_unchanged_members_make_no_revision(participants: ParticipantsClient) -> None:
    members = {"sessions": ["opening", "class-1"], "assignment_letter": LETTER, "organization": "kpu-32"}
    participant_id = await participants.add(**members)
    before = await participants.admin.get(participants.path_of(participant_id))
    same = await participants.admin.patch(
        participants.path_of(participant_id), {**members, "sessions": ["class-1", "opening"]}
    )
    assert (same.status_code, same.content) == (200, before.content)


async def test_update_requires_if_match(participants: ParticipantsClient) -> None:
    participant_id = await participants.add()
    stale = (await participants.admin.get(participants.path_of(participant_id))).headers["etag"]
    assert (
        await participants.admin.patch(participants.path_of(participant_id), {"note": "a"}, if_match=stale)
    ).status_code == 200
    again = await participants.admin.patch(participants.path_of(participant_id), {"note": "b"}, if_match=stale)
    assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
    headers = {**participants.admin.headers, "Content-Type": "application/merge-patch+json"}
    unconditional = await participants.client.patch(
        participants.path_of(participant_id), content=b'{"note": "b"}', headers=headers
    )
    assert unconditional.status_code == 428


async def test_update_keeps_manual_status(participants: ParticipantsClient) -> None:
    participant_id = await participants.add()
    sick = await participants.admin.patch(
        f"{participants.meeting_path}/attendance/{participant_id}", {"status": "sick", "reason": "opname"}
    )
    assert sick.status_code == 200, sick.text
    assert (
        await participants.admin.patch(participants.path_of(participant_id), {"name": "Siti Lain", "note": None})
    ).status_code == 200
    assert await participants.get_status(participant_id) == "sick"


async def test_dry_run_stores_nothing(participants: ParticipantsClient) -> None:
    dry = await participants.admin.post(f"{participants.meeting_path}/participants?dry_run=true", {"name": "Siti"})
    assert (dry.status_code, dry.json()["name"]) == (200, "Siti")
    assert await participants.list_all() == []
    assert (await participants.get_summary())["invited"] == 0


async def test_writes_are_recorded_in_audit_trail(participants: ParticipantsClient) -> None:
    participant_id = await participants.add()
    keys = "SELECT array_agg(operation ORDER BY id) FROM audit_lines WHERE $1 = ANY (keys)"
    await participants.admin.patch(participants.path_of(participant_id), {"note": "a"})
    await participants.admin.delete(participants.path_of(participant_id))
    operations = ["create_participant", "update_participant", "delete_participant"]
    assert await fetch_value(participants.database_url, keys, f"participants/{participant_id}") == operations


async def test_client_of_other_organization_gets_404(participants: ParticipantsClient, app: Any, client: Any) -> None:
    scopes = (Scope.ATTENDANCE_WRITE, Scope.ATTENDANCE_READ)
    host = WriteClient.create(app, client, *scopes, organization="kpu")
    assert (await host.post(f"{participants.meeting_path}/participants", {"name": "Siti"})).status_code == 201
    elsewhere = WriteClient.create(app, client, *scopes, organization="kpu-32")
    assert (await elsewhere.post(f"{participants.meeting_path}/participants", {"name": "Budi"})).status_code == 404
    (item,) = await participants.list_all()
    for response in (
        await elsewhere.patch(participants.path_of(item["id"]), {"note": "x"}),
        await elsewhere.delete(participants.path_of(item["id"])),
        await elsewhere.post(f"{participants.meeting_path}/participants:batch", {"participants": [{"name": "Budi"}]}),
        await elsewhere.post(f"{participants.meeting_path}/participants:in-office", {"organizations": ["kpu-32"]}),
    ):
        assert response.status_code == 404, response.text
    assert await participants.list_names() == ["Siti"]
