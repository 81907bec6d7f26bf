"""Participants represent others, also in chains."""

import asyncio

from tests.participants.participants_client import ParticipantsClient, summarize_problem

CHAIN_NAMES = ("Kepala", "Wakil", "Pengganti", "Utusan")


async def create_chain(participants: ParticipantsClient, length: int = 4) -> list[str]:
    """Create participants of whom each represents the one before, and return their ids."""
    ids: list[str] = []
    for name in CHAIN_NAMES[:length]:
        ids.append(await participants.add(name=name, represents=ids[-1] if ids else None))
    return ids


async def test_representative_shows_represented_participant(participants: ParticipantsClient) -> None:
    first, second = await create_chain(participants, 2)
    item = (await participants.admin.get(participants.path_of(second))).json()
    assert item["represents"] == {"id": first, "name": "Kepala"}
    assert item["representation_chain"] == [{"id": first, "name": "Kepala"}]
    assert (await participants.admin.get(participants.path_of(first))).json()["representation_chain"] == []


async def test_representation_chain_is_complete(participants: ParticipantsClient) -> None:
    ids = await create_chain(participants)
    chain = (await participants.admin.get(participants.path_of(ids[3]))).json()["representation_chain"]
    assert [item["name"] for item in chain] == ["Pengganti", "Wakil", "Kepala"]
    by_name = {item["name"]: item["representation_chain"] for item in await participants.list_all()}
    assert [item["id"] for item in by_name["Pengganti"]] == [ids[1], ids[0]]


async def test_circular_representation_is_409(participants: ParticipantsClient) -> None:
    ids = await create_chain(participants, 3)
    for participant_id, above in ((ids[0], ids[2]), (ids[0], ids[1]), (ids[1], ids[1])):
        response = await participants.admin.patch(participants.path_of(participant_id), {"represents": above})
        assert summarize_problem(response)[:3] == (409, "circular_representation", "/represents")
    assert (await participants.admin.get(participants.path_of(ids[0]))).json()["represents"] is None


async def test_chain_longer_than_sixteen_steps_is_409(participants: ParticipantsClient) -> None:
    above = None
    for n in range(17):
        above = await participants.add(name=f"Orang {n}", represents=above)
    response = await participants.create({"name": "Terlalu jauh", "represents": above})
    assert summarize_problem(response)[:2] == (409, "circular_representation")
    chain = (await participants.admin.get(participants.path_of(str(above)))).json()["representation_chain"]
    assert [item["name"] for item in chain] == [f"Orang {n}" for n in reversed(range(16))]


async def test_chain_cannot_be_lengthened_at_its_head(participants: ParticipantsClient) -> None:
    """Nine steps lead to the head of one chain, so it can represent the end of one of six steps, not of seven."""
    heads, ends = [], []
    for name, length in (("A", 10), ("B", 7), ("C", 8)):
        ids: list[str] = []
        for n in range(length):
            ids.append(await participants.add(name=f"{name} {n}", represents=ids[-1] if ids else None))
        heads.append(ids[0])
        ends.append(ids[-1])
    path = participants.path_of(heads[0])
    refused = await participants.admin.patch(path, {"represents": ends[2]})
    assert summarize_problem(refused)[:3] == (409, "circular_representation", "/represents")
    assert (await participants.admin.patch(path, {"represents": ends[1]})).status_code == 200


async def test_concurrent_requests_cannot_create_a_circle(participants: ParticipantsClient) -> None:
    """Each of 40 pairs is made to represent each other at the same time: one of the two requests fails."""
    circles, statuses = [], []
    for n in range(40):
        pair = [await participants.add(name=f"{name} {n}") for name in ("A", "B")]
        responses = await asyncio.gather(
            *(
                participants.admin.patch(participants.path_of(one), {"represents": other})
                for one, other in (pair, pair[::-1])
            )
        )
        statuses.append(sorted(response.status_code for response in responses))
        documents = [(await participants.admin.get(participants.path_of(id_))).json() for id_ in pair]
        circles += [n] if all(document["represents"] for document in documents) else []
    assert circles == []
    assert statuses == [[200, 409]] * 40


async def test_concurrent_batches_cannot_create_a_circle_or_deadlock(participants: ParticipantsClient) -> None:
    """Batches whose rows take the locks of their delegations in opposite orders, next to changes of the represented."""
    first = await participants.add(name="Pertama")

    async def send_batch(n: int) -> int:
        rows = [
            {"name": f"Utusan {n}", "organization": "kpu-31", "represents": first},
            {"name": f"Lain {n}", "organization": "kpu-32"},
        ]
        return (
            await participants.admin.post(
                f"{participants.meeting_path}/participants:batch", {"participants": rows if n % 2 else rows[::-1]}
            )
        ).status_code

    assert set(await asyncio.gather(*(send_batch(n) for n in range(20)))) == {201}


async def test_participant_of_other_meeting_cannot_be_represented(participants: ParticipantsClient) -> None:
    participant_id = await participants.add()
    other = await ParticipantsClient.in_new_meeting(participants.app, participants.client)
    assert summarize_problem(await other.create({"name": "Siti", "represents": participant_id}))[:3] == (
        422,
        "invalid_content",
        "/represents",
    )


async def test_arrival_of_representative_makes_represented(participants: ParticipantsClient) -> None:
    first, second = await create_chain(participants, 2)
    assert await participants.get_status(first) == "expected"
    await participants.check_in(second)
    assert [await participants.get_status(item) for item in (first, second)] == ["represented", "present"]
    summary = await participants.get_summary()
    assert [summary[name] for name in ("invited", "present", "represented", "expected")] == [2, 1, 1, 0]


async def test_representative_represents_the_whole_chain(participants: ParticipantsClient) -> None:
    ids = await create_chain(participants)
    await participants.check_in(ids[2])
    statuses = [await participants.get_status(item) for item in ids]
    assert statuses == ["represented", "represented", "present", "expected"]


async def test_changed_representation_changes_status(participants: ParticipantsClient) -> None:
    first, second = await create_chain(participants, 2)
    other = await participants.add(name="Lain")
    await participants.check_in(second)
    await participants.admin.patch(participants.path_of(second), {"represents": other})
    assert [await participants.get_status(item) for item in (first, other)] == ["expected", "represented"]
    await participants.admin.patch(participants.path_of(second), {"represents": None})
    assert [await participants.get_status(item) for item in (first, other)] == ["expected", "expected"]
    assert (await participants.get_summary())["represented"] == 0


async def test_arrived_participant_is_present_despite_representative(participants: ParticipantsClient) -> None:
    first, second = await create_chain(participants, 2)
    await participants.check_in(second)
    await participants.check_in(first)
    assert [await participants.get_status(item) for item in (first, second)] == ["present", "present"]


async def test_manual_status_outweighs_representation(participants: ParticipantsClient) -> None:
    first, second = await create_chain(participants, 2)
    await participants.admin.patch(
        f"{participants.meeting_path}/attendance/{first}", {"status": "sick", "reason": "opname"}
    )
    await participants.check_in(second)
    assert await participants.get_status(first) == "sick"
    await participants.admin.patch(
        f"{participants.meeting_path}/attendance/{first}", {"status": "expected", "reason": "keliru"}
    )
    assert await participants.get_status(first) == "represented"


async def test_manual_presence_represents_too(participants: ParticipantsClient) -> None:
    ids = await create_chain(participants, 3)
    await participants.admin.patch(
        f"{participants.meeting_path}/attendance/{ids[2]}", {"status": "present", "reason": "daftar kertas"}
    )
    assert [await participants.get_status(item) for item in ids] == ["represented", "represented", "present"]


async def test_represented_participant_cannot_be_deleted(participants: ParticipantsClient) -> None:
    first, second = await create_chain(participants, 2)
    response = await participants.admin.delete(participants.path_of(first))
    assert summarize_problem(response)[:2] == (409, "in_use")
    assert (await participants.admin.delete(participants.path_of(second))).status_code == 204
    assert (await participants.admin.delete(participants.path_of(first))).status_code == 204
