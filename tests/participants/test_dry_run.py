"""Dry runs store nothing, except the audit line for personal data that they show."""

import asyncpg
import pytest

from app.auth import Scope
from tests.participants.participants_client import ParticipantsClient
from tests.writes.write_client import WriteClient

SELECT_OPERATIONS = (
    "SELECT operation FROM audit_lines WHERE client = $1 AND 'participants/' || $2 = ANY (keys) ORDER BY id"
)


@pytest.mark.parametrize(
    ("at", "body", "operation"),
    [
        ("participants", {}, "update_participant"),
        ("attendance", {"status": "excused", "reason": "izin"}, "update_attendance"),
    ],
)
async def test_dry_run_that_shows_personal_data_is_audited(
    participants: ParticipantsClient, at: str, body: dict[str, str], operation: str
) -> None:
    created = await participants.admin.post(f"{participants.meeting_path}/participants", {"name": "Rahasia"})
    participant_id = created.json()["id"]
    client_id = f"dry {at}"
    writer = WriteClient.create(participants.app, participants.client, Scope.ATTENDANCE_WRITE, client_id=client_id)
    response = await writer.patch(f"{participants.meeting_path}/{at}/{participant_id}?dry_run=true", body)
    assert (response.status_code, response.json()["name"]) == (200, "Rahasia")
    connection = await asyncpg.connect(participants.database_url)
    try:
        assert [row[0] for row in await connection.fetch(SELECT_OPERATIONS, client_id, participant_id)] == [
            f"{operation} (dry run)"
        ]
        assert (
            await connection.fetchval("SELECT status FROM participants WHERE id = $1::uuid", participant_id)
            == "expected"
        )
    finally:
        await connection.close()
