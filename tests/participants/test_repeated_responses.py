"""A response with personal data is repeated only to a caller who may see it, and with a line in the audit trail."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.auth import Scope
from tests.conftest import fetch_value
from tests.participants.participants_client import ParticipantsClient
from tests.writes.write_client import WriteClient

COUNT_LINES = "SELECT count(*) FROM audit_lines WHERE client = $1 AND operation = $2 AND $3 = ANY (keys)"
CREATIONS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "create_participant": ("/participants", {"name": "Rahasia"}),
    "create_participants": ("/participants:batch", {"participants": [{"name": "Rahasia"}]}),
    "create_participants_in_office": ("/participants:in-office", {"organizations": ["kpu-31"], "offices": ["chair"]}),
    "create_correction": ("/corrections", {"kind": "status", "status": "excused", "reason": "surat izin"}),
}


def connect(participants: ParticipantsClient, client_id: str, **bound: str) -> WriteClient:
    return WriteClient.create(
        participants.app, participants.client, Scope.ATTENDANCE_WRITE, client_id=client_id, **bound
    )


async def prepare(operation: str, participants: ParticipantsClient) -> tuple[str, dict[str, Any]]:
    """Return the path and body of a creation; for a correction, close the roll with its participant."""
    path, body = CREATIONS[operation]
    if operation == "create_correction":
        body = {**body, "participant": await participants.add()}
        await participants.close_roll()
    return f"{participants.meeting_path}{path}", body


def find_participant(response: httpx.Response) -> str:
    """Return the audit key of the participant in a response."""
    document = response.json()
    (shown,) = document.get("registered", [document])
    shown = shown.get("participant", shown)
    return f"participants/{shown['id']}"


@pytest.mark.parametrize("operation", CREATIONS)
async def test_repeated_response_is_audited(participants: ParticipantsClient, operation: str) -> None:
    path, body = await prepare(operation, participants)
    client_id, key = uuid4().hex, uuid4().hex
    writer = connect(participants, client_id)
    first = await writer.post(path, body, idempotency_key=key)
    assert first.status_code == 201, first.text
    assert await fetch_value(participants.database_url, COUNT_LINES, client_id, operation, find_participant(first)) == 1
    arguments = (client_id, f"{operation} (repeated)", find_participant(first))
    for repetition in range(2):
        assert await fetch_value(participants.database_url, COUNT_LINES, *arguments) == repetition
        again = await writer.post(path, body, idempotency_key=key)
        assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert await fetch_value(participants.database_url, COUNT_LINES, *arguments) == 2


@pytest.mark.parametrize("operation", CREATIONS)
@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        ({"organization": "kpu-31"}, 404),
        ({"meeting": "rakornas-2022-06"}, 404),
        ({"meeting": "own"}, 403),
        ({"organization": "kpu"}, 201),
    ],
    ids=str,
)
async def test_response_is_not_repeated_to_a_client_that_was_bound_since(
    participants: ParticipantsClient, operation: str, binding: dict[str, str], expected: int
) -> None:
    path, body = await prepare(operation, participants)
    client_id, key = uuid4().hex, uuid4().hex
    assert (await connect(participants, client_id).post(path, body, idempotency_key=key)).status_code == 201
    if binding == {"meeting": "own"}:
        binding = {"meeting": participants.code}
    again = await connect(participants, client_id, **binding).post(path, body, idempotency_key=key)
    assert again.status_code == expected, again.text
    assert ("idempotency-replayed" in again.headers) is (expected == 201)


@pytest.mark.parametrize("operation", CREATIONS)
async def test_response_is_not_repeated_without_the_scope(participants: ParticipantsClient, operation: str) -> None:
    path, body = await prepare(operation, participants)
    client_id, key = uuid4().hex, uuid4().hex
    assert (await connect(participants, client_id).post(path, body, idempotency_key=key)).status_code == 201
    narrowed = WriteClient.create(participants.app, participants.client, Scope.ATTENDANCE_READ, client_id=client_id)
    again = await narrowed.post(path, body, idempotency_key=key)
    assert (again.status_code, again.json()["code"]) == (403, "insufficient_scope")


async def test_response_is_not_repeated_after_the_host_has_changed(participants: ParticipantsClient) -> None:
    path, body = await prepare("create_participant", participants)
    client_id, key = uuid4().hex, uuid4().hex
    await participants.admin.patch(participants.meeting_path, {"host": "kpu-31"})
    bound = connect(participants, client_id, organization="kpu-31")
    assert (await bound.post(path, body, idempotency_key=key)).status_code == 201
    assert (await bound.post(path, body, idempotency_key=key)).status_code == 201
    await participants.admin.patch(participants.meeting_path, {"host": "kpu-32"})
    assert (await bound.post(path, body, idempotency_key=key)).status_code == 404


async def test_response_is_not_repeated_after_the_meeting_is_deleted(participants: ParticipantsClient) -> None:
    _, body = await prepare("create_participant", participants)
    key = uuid4().hex
    created = await participants.create(body, idempotency_key=key)
    await participants.admin.delete(participants.path_of(created.json()["id"]))
    for session in ("opening", "class-1", "class-2"):
        await participants.admin.delete(f"{participants.meeting_path}/sessions/{session}")
    assert (await participants.admin.delete(participants.meeting_path)).status_code == 204
    again = await participants.create(body, idempotency_key=key)
    assert (again.status_code, again.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("operation", CREATIONS)
async def test_dry_run_of_a_creation_is_audited(participants: ParticipantsClient, operation: str) -> None:
    path, body = await prepare(operation, participants)
    client_id = uuid4().hex
    response = await connect(participants, client_id).post(f"{path}?dry_run=true", body)
    assert response.status_code == 200, response.text
    arguments = (client_id, f"{operation} (dry run)", find_participant(response))
    assert await fetch_value(participants.database_url, COUNT_LINES, *arguments) == 1


async def test_dry_run_of_a_new_badge_is_audited(participants: ParticipantsClient) -> None:
    participant, client_id = await participants.add(), uuid4().hex
    path = f"{participants.path_of(participant)}/badge?dry_run=true"
    assert (await connect(participants, client_id).post(path, None)).status_code == 200
    arguments = (client_id, "reissue_badge (dry run)", f"participants/{participant}")
    assert await fetch_value(participants.database_url, COUNT_LINES, *arguments) == 1


async def test_repeated_response_with_open_data_is_not_audited(participants: ParticipantsClient) -> None:
    key = uuid4().hex
    for _ in range(2):
        answer = await participants.admin.post("/v1/officials", {"name": "Siti"}, idempotency_key=key)
    lines = "SELECT count(*) FROM audit_lines WHERE operation = 'create_official' AND $1 = ANY (keys)"
    assert await fetch_value(participants.database_url, lines, f"officials/{answer.json()['id']}") == 1
