"""Participants of a closed roll cannot be created, updated or deleted."""

import asyncio

from tests.participants.participants_client import ParticipantsClient, summarize_problem


async def test_writes_are_409_after_closing(participants: ParticipantsClient) -> None:
    participant_id = await participants.add(name="Siti")
    await participants.close_roll()
    for response in (
        await participants.create({"name": "Budi"}),
        await participants.admin.post(
            f"{participants.meeting_path}/participants:batch", {"participants": [{"name": "Budi"}]}
        ),
        await participants.admin.post(
            f"{participants.meeting_path}/participants:in-office", {"organizations": ["kpu-31"]}
        ),
        await participants.admin.patch(participants.path_of(participant_id), {"name": "Budi"}),
        await participants.admin.delete(participants.path_of(participant_id)),
    ):
        assert summarize_problem(response)[:2] == (409, "roll_closed")
    assert await participants.list_names() == ["Siti"]
    assert (await participants.get_summary())["invited"] == 1


async def test_earlier_response_is_replayed_after_closing(participants: ParticipantsClient) -> None:
    key = f"before-{participants.code}"
    first = await participants.create({"name": "Siti"}, idempotency_key=key)
    await participants.close_roll()
    again = await participants.create({"name": "Siti"}, idempotency_key=key)
    assert (again.status_code, again.content) == (201, first.content)


async def test_concurrent_closing_keeps_exactly_the_created_participants(participants: ParticipantsClient) -> None:
    posts = [participants.create({"name": f"Orang {n}"}) for n in range(12)]
    responses = await asyncio.gather(*posts[:6], participants.close_roll(), *posts[6:])
    statuses = [item.status_code for item in responses if item is not None]
    assert set(statuses) <= {201, 409}
    assert len(await participants.list_all()) == statuses.count(201)
