"""Participants are assigned to sessions, never to two parallel ones."""

import asyncio

from tests.participants.participants_client import ParticipantsClient, summarize_problem


async def test_parallel_sessions_are_409_with_url_of_the_other(participants: ParticipantsClient) -> None:
    response = await participants.create({"name": "Siti", "sessions": ["class-1", "class-2"]})
    status, code, pointer, address = summarize_problem(response)
    assert (status, code, pointer) == (409, "parallel_sessions", "/sessions")
    assert address in [f"{participants.meeting_path}/sessions/class-{n}" for n in (1, 2)]
    assert await participants.list_all() == []


async def test_update_to_parallel_sessions_is_409(participants: ParticipantsClient) -> None:
    participant_id = await participants.add(sessions=["opening", "class-1"])
    response = await participants.admin.patch(
        participants.path_of(participant_id), {"sessions": ["opening", "class-1", "class-2"]}
    )
    assert summarize_problem(response)[:3] == (409, "parallel_sessions", "/sessions")
    assert (await participants.admin.get(participants.path_of(participant_id))).json()["sessions"] == [
        "class-1",
        "opening",
    ]


async def test_session_cannot_become_parallel_to_another_assigned_one(participants: ParticipantsClient) -> None:
    await participants.add(sessions=["opening", "class-1"])
    response = await participants.admin.patch(
        f"{participants.meeting_path}/sessions/opening", {"parallel_group": "c", "track": 3}
    )
    assert summarize_problem(response)[:2] == (409, "parallel_sessions")


async def test_concurrent_updates_assign_one_parallel_session(participants: ParticipantsClient) -> None:
    """Both updates may succeed one after another, but the participant is never in both sessions."""
    for _ in range(5):
        participant_id = await participants.add()
        both = [
            participants.admin.patch(participants.path_of(participant_id), {"sessions": [f"class-{n}"]}) for n in (1, 2)
        ]
        responses = await asyncio.gather(*both)
        assert {item.status_code for item in responses} <= {200, 409}
        assert len((await participants.admin.get(participants.path_of(participant_id))).json()["sessions"]) == 1


async def test_repeated_session_is_409(participants: ParticipantsClient) -> None:
    response = await participants.create({"name": "Siti", "sessions": ["opening", "opening"]})
    assert summarize_problem(response)[:3] == (409, "already_exists", "/sessions")


async def test_session_with_participants_cannot_be_deleted(participants: ParticipantsClient) -> None:
    participant_id = await participants.add(sessions=["opening"])
    response = await participants.admin.delete(f"{participants.meeting_path}/sessions/opening")
    assert summarize_problem(response)[:2] == (409, "in_use")
    assert "participants" not in response.text.replace("in_use", "")  # the response must not reveal who is assigned
    assert (await participants.admin.patch(participants.path_of(participant_id), {"sessions": []})).status_code == 200
    assert (await participants.admin.delete(f"{participants.meeting_path}/sessions/opening")).status_code == 204
