"""A dry run keeps nothing, but that somebody was shown what is personal."""

import asyncpg
import pytest

from app.auth import Scope
from tests.participants.lists import Listing
from tests.writes.calls import Calls

TOLD = "SELECT operation FROM audit_lines WHERE client = $1 AND 'participants/' || $2 = ANY (keys) ORDER BY id"


@pytest.mark.parametrize(
    ("at", "body", "operation"),
    [
        ("participants", {}, "update_participant"),
        ("attendance", {"status": "excused", "reason": "izin"}, "update_attendance"),
    ],
)
async def test_a_document_that_is_shown_is_told(
    listing: Listing, at: str, body: dict[str, str], operation: str
) -> None:
    made = await listing.admin.post(f"{listing.at}/participants", {"name": "Rahasia"})
    one = made.json()["id"]
    client = f"dry {at}"
    writer = Calls.of(listing.app, listing.client, Scope.ATTENDANCE_WRITE, client=client)
    answer = await writer.patch(f"{listing.at}/{at}/{one}?dry_run=true", body)
    assert (answer.status_code, answer.json()["name"]) == (200, "Rahasia")
    connection = await asyncpg.connect(listing.url)
    try:
        assert [row[0] for row in await connection.fetch(TOLD, client, one)] == [operation]
        assert await connection.fetchval("SELECT status FROM participants WHERE id = $1::uuid", one) == "expected"
    finally:
        await connection.close()
