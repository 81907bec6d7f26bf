"""GET of participants: access, filters, audit trail and `known_at`."""

from datetime import datetime, timedelta
from urllib.parse import quote

import asyncpg
import pytest

from app.auth import Scope
from app.core.db import database
from tests.participants.participants_client import ParticipantsClient
from tests.writes.write_client import WriteClient

SELECT_AUDIT_LINES = (
    "SELECT client, scope, operation, keys, text FROM audit_lines LEFT JOIN audit_texts ON line = id"
    " WHERE client = 'reader' ORDER BY id"
)
SELECT_NOW = "SELECT clock_timestamp()"


@pytest.fixture
def read_client(participants: ParticipantsClient) -> WriteClient:
    return WriteClient.create(participants.app, participants.client, Scope.ATTENDANCE_READ, client_id="reader")


async def fetch_rows(participants: ParticipantsClient, sql: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(participants.database_url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def fetch_audit_lines(participants: ParticipantsClient) -> list[tuple[object, ...]]:
    """Fetch the audit lines of this meeting; the tests of the module share a database."""
    listed_ids = {item["id"] for item in await participants.list_all()}
    return [
        line
        for line in await fetch_rows(participants, SELECT_AUDIT_LINES)
        if any(participants.code in key or key.split("/")[1] in listed_ids for key in line[3])  # type: ignore[attr-defined]
    ]


async def test_reads_are_audited_with_participants_shown(
    participants: ParticipantsClient, read_client: WriteClient
) -> None:
    ids = [await participants.add(name=name) for name in ("Satu", "Dua", "Tiga")]
    headers = {**read_client.headers, "X-Purpose": "akreditasi"}
    page = await participants.client.get(
        f"{participants.meeting_path}/participants?page_size=2&fields=name", headers=headers
    )
    assert page.json()["items"] == [{"name": "Satu"}, {"name": "Dua"}]
    assert page.headers["cache-control"] == "no-store"
    item = await participants.client.get(participants.path_of(ids[2]), headers=headers)
    assert item.headers["cache-control"] == "no-store"
    await participants.client.get(f"{participants.path_of(ids[0])}/revisions", headers=headers)
    keys = [f"participants/{participant_id}" for participant_id in ids]
    expected = [
        ("list_participants", [f"meetings/{participants.code}/participants", *keys[:2]]),
        ("get_participant", [keys[2]]),
        ("list_participant_revisions", [keys[0]]),
    ]
    assert await fetch_audit_lines(participants) == [
        ("reader", "attendance:read", *line, "akreditasi") for line in expected
    ]


async def test_failed_reads_are_not_audited(participants: ParticipantsClient, read_client: WriteClient) -> None:
    participant_id = await participants.add()
    elsewhere = WriteClient.create(
        participants.app, participants.client, Scope.ATTENDANCE_READ, client_id="reader", meeting="rakornas-2022-06"
    )
    for caller, at in (
        (elsewhere, participants.path_of(participant_id)),
        (elsewhere, f"{participants.meeting_path}/participants"),
    ):
        assert (await caller.get(at)).status_code == 404
    assert (await read_client.get(f"{participants.meeting_path}/participants?organization=no-such")).status_code == 422
    assert await fetch_audit_lines(participants) == []


async def test_client_bound_elsewhere_gets_404(participants: ParticipantsClient) -> None:
    participant_id = await participants.add()
    addresses = [
        "participants",
        f"participants/{participant_id}",
        f"participants/{participant_id}/revisions",
        f"attendance/{participant_id}",
    ]
    statuses_by_caller = {}
    for name, bound in (
        ("gate here", {"meeting": participants.code}),
        ("gate elsewhere", {"meeting": "rakornas-2022-06"}),
        ("host", {"organization": "kpu"}),
        ("body elsewhere", {"organization": "kpu-31"}),
    ):
        caller = WriteClient.create(participants.app, participants.client, Scope.ATTENDANCE_READ, **bound)
        statuses_by_caller[name] = {
            (await caller.get(f"{participants.meeting_path}/{at}")).status_code for at in addresses
        }
    assert statuses_by_caller == {"gate here": {200}, "gate elsewhere": {404}, "host": {200}, "body elsewhere": {404}}


async def test_list_of_open_roll_requires_scope(participants: ParticipantsClient) -> None:
    participant_id = await participants.add()
    writer = WriteClient.create(participants.app, participants.client, Scope.ATTENDANCE_WRITE)
    for at in (
        f"{participants.meeting_path}/participants",
        participants.path_of(participant_id),
        f"{participants.path_of(participant_id)}/revisions",
    ):
        assert (await participants.client.get(at)).status_code == 401
        assert (await writer.get(at)).status_code == 403
    assert (await participants.client.get(f"{participants.meeting_path}/attendance")).status_code == 200


async def test_client_bound_to_meeting_cannot_write(participants: ParticipantsClient) -> None:
    participant_id = await participants.add()
    for meeting, status in ((participants.code, 403), ("rakornas-2022-06", 404)):
        gate = WriteClient.create(participants.app, participants.client, Scope.ATTENDANCE_WRITE, meeting=meeting)
        for response in (
            await gate.post(f"{participants.meeting_path}/participants", {"name": "Budi"}),
            await gate.post(f"{participants.meeting_path}/participants:batch", {"participants": [{"name": "Budi"}]}),
            await gate.post(f"{participants.meeting_path}/participants:in-office", {"organizations": ["kpu"]}),
            await gate.patch(participants.path_of(participant_id), {"note": "x"}),
            await gate.patch(
                f"{participants.meeting_path}/attendance/{participant_id}", {"status": "sick", "reason": "x"}
            ),
            await gate.delete(participants.path_of(participant_id)),
        ):
            assert response.status_code == status, response.text
    assert [item["note"] for item in await participants.list_all()] == [None]


async def test_filters_select_matching_participants(participants: ParticipantsClient) -> None:
    await participants.add(name="Tarmidzi Satu", organization="kpu-32", office="chair", sessions=["opening", "class-1"])
    await participants.add(name="Budi", organization="kpu-32", office="member", capacity="guest", sessions=["class-2"])
    await participants.add(name="Tuti", organization="kpu-33", office="chair")
    assert await participants.list_names("&organization=kpu-32") == ["Tarmidzi Satu", "Budi"]
    assert await participants.list_names("&office=chair") == ["Tarmidzi Satu", "Tuti"]
    assert await participants.list_names("&capacity=guest") == ["Budi"]
    assert await participants.list_names("&session=class-1") == ["Tarmidzi Satu"]
    assert await participants.list_names("&q=tarmizi") == ["Tarmidzi Satu"]
    assert await participants.list_names("&organization=kpu-32&office=chair&session=class-2") == []
    assert await participants.list_names("&sort=-id") == ["Tuti", "Budi", "Tarmidzi Satu"]
    for query in ("organization=no-such", "session=no-such", "capacity=king", "office=king", "status=present"):
        assert (await participants.admin.get(f"{participants.meeting_path}/participants?{query}")).status_code == 422, (
            query
        )


async def test_known_at_returns_earlier_list(participants: ParticipantsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))
    gone = await participants.add(name="Satu", sessions=["class-1"], assignment_letter={"number": "1"})
    await participants.add(name="Dua", represents=gone)
    instant: datetime = (await fetch_rows(participants, SELECT_NOW))[0][0]  # type: ignore[assignment]
    known_at = f"known_at={quote(instant.isoformat())}"
    (two,) = [item["id"] for item in await participants.list_all() if item["name"] == "Dua"]
    for patch in ({"represents": None}, {"name": "Dua Baru"}):
        assert (await participants.admin.patch(participants.path_of(two), patch)).status_code == 200
    assert (await participants.admin.delete(participants.path_of(gone))).status_code == 204
    assert await participants.list_names() == ["Dua Baru"]
    first, second = await participants.list_all(f"&{known_at}")
    assert (first["name"], first["sessions"], first["assignment_letter"]["number"]) == ("Satu", ["class-1"], "1")
    assert (second["name"], second["representation_chain"]) == ("Dua", [{"id": gone, "name": "Satu"}])
    assert await participants.list_names(f"&session=class-1&{known_at}") == ["Satu"]
    former = await participants.admin.get(f"{participants.path_of(gone)}?{known_at}")
    assert (former.status_code, former.json()["name"]) == (200, "Satu")
    assert (await participants.admin.get(participants.path_of(gone))).status_code == 404
