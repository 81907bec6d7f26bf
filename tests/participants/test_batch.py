"""POST participants:batch creates all participants or none."""

from typing import Any

import httpx
import pytest

from tests.conftest import fetch_value
from tests.participants.participants_client import UNKNOWN_ID, ParticipantsClient, summarize_problem
from tests.writes.object_examples import OFFICIAL_ID


async def post_batch(
    participants: ParticipantsClient, *people: dict[str, Any], idempotency_key: str | None = None
) -> httpx.Response:
    return await participants.admin.post(
        f"{participants.meeting_path}/participants:batch", {"participants": people}, idempotency_key=idempotency_key
    )


async def test_batch_response_lists_participants_in_order(participants: ParticipantsClient) -> None:
    people: list[dict[str, Any]] = [
        {"official": OFFICIAL_ID, "organization": "kpu", "office": "chair", "sessions": ["opening", "class-2"]},
        {"name": "Budi Contoh", "capacity": "guest", "assignment_letter": {"number": "1"}},
        {"organization": "kpu-33", "office": "chair"},
    ]
    response = await post_batch(participants, *people)
    assert response.status_code == 201, response.text
    registered = response.json()["registered"]
    assert [item["name"] for item in registered] == [None, "Budi Contoh", None]
    assert (registered[0]["official"]["name"], registered[2]["organization"]["code"]) == ("Hasyim Asy'ari", "kpu-33")
    items = await participants.list_all()
    assert [item["id"] for item in items] == [item["id"] for item in registered]
    assert (items[0]["sessions"], items[1]["assignment_letter"]["number"]) == (["class-2", "opening"], "1")
    assert (await participants.get_summary())["invited"] == 3
    attendance_count = "SELECT count(*) FROM attendance WHERE meeting = $1"
    assert await fetch_value(participants.database_url, attendance_count, participants.code) == 3


@pytest.mark.parametrize(
    ("invalid", "expected"),
    [
        ({"official": UNKNOWN_ID}, (422, "invalid_content", "/participants/2/official")),
        ({"official": OFFICIAL_ID}, (409, "already_exists", "/participants/2/official")),
        ({"name": "S", "organization": "no-such"}, (422, "invalid_content", "/participants/2/organization")),
        ({"name": "S", "sessions": ["class-1", "class-2"]}, (409, "parallel_sessions", "/participants/2/sessions")),
        ({"name": "S", "sessions": ["no-such"]}, (422, "invalid_content", "/participants/2/sessions")),
        ({"name": "S", "represents": UNKNOWN_ID}, (422, "invalid_content", "/participants/2/represents")),
        ({"name": ""}, (422, "invalid_content", "/participants/2/name")),
    ],
    ids=["official", "twice", "organization", "parallel", "session", "represents", "name"],
)
async def test_problem_points_to_the_invalid_participant(
    participants: ParticipantsClient, invalid: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    response = await post_batch(participants, {"official": OFFICIAL_ID}, {"name": "Budi"}, invalid, {"name": "Tuti"})
    assert summarize_problem(response)[:3] == expected
    assert await participants.list_all() == []
    assert (await participants.get_summary())["invited"] == 0


async def test_repeated_batch_is_replayed(participants: ParticipantsClient) -> None:
    first = await post_batch(
        participants, {"name": "Siti"}, {"name": "Budi"}, idempotency_key=f"again-{participants.code}"
    )
    again = await post_batch(
        participants, {"name": "Siti"}, {"name": "Budi"}, idempotency_key=f"again-{participants.code}"
    )
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert await participants.list_names() == ["Siti", "Budi"]


async def test_key_of_another_batch_is_rejected_as_reused(participants: ParticipantsClient) -> None:
    """Although the creation of its first participant would be a conflict too."""
    key = f"reused-{participants.code}"
    first = await post_batch(participants, {"official": OFFICIAL_ID}, idempotency_key=key)
    assert first.status_code == 201
    reused = await post_batch(participants, {"official": OFFICIAL_ID}, {"name": "Budi"}, idempotency_key=key)
    assert summarize_problem(reused)[:3] == (422, "idempotency_key_reused", None)


async def test_batch_has_1_to_500_participants(participants: ParticipantsClient) -> None:
    assert (await post_batch(participants)).status_code == 422
    people = [{"name": f"Orang {n}", "organization": "kpu-32"} for n in range(501)]
    assert (await post_batch(participants, *people)).status_code == 422
    assert (await post_batch(participants, *people[:500])).status_code == 201
    assert (await participants.get_summary())["invited"] == 500


async def test_each_participant_has_a_revision_and_an_audit_key(participants: ParticipantsClient) -> None:
    ids = [
        item["id"] for item in (await post_batch(participants, {"name": "Siti"}, {"name": "Budi"})).json()["registered"]
    ]
    keys = "SELECT keys FROM audit_lines WHERE operation = 'create_participants' AND $1 = ANY (keys)"
    assert sorted(await fetch_value(participants.database_url, keys, f"participants/{ids[0]}")) == sorted(
        f"participants/{n}" for n in ids
    )
    for participant_id in ids:
        (revision,) = (await participants.admin.get(f"{participants.path_of(participant_id)}/revisions")).json()[
            "items"
        ]
        assert (revision["revision"], revision["action"]) == (1, "created")


async def test_batch_of_unknown_meeting_is_404(participants: ParticipantsClient) -> None:
    participants.code = "no-such"
    assert (await post_batch(participants, {"name": "Siti"})).status_code == 404
