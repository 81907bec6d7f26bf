"""DELETE removes a participant from the roll and keeps the scans and revisions."""

from tests.conftest import fetch_value
from tests.participants.participants_client import ParticipantsClient

COUNT_ROWS = (
    "SELECT count(*) FROM (SELECT FROM attendance WHERE participant = $1 UNION ALL SELECT FROM participant_sessions"
    " WHERE participant = $1 UNION ALL SELECT FROM participants WHERE id = $1) AS rows"
)


async def test_deleted_participant_is_not_counted(participants: ParticipantsClient) -> None:
    participant_id = await participants.add(organization="kpu-32", office="chair", sessions=["opening", "class-1"])
    await participants.add(name="Budi")
    assert await fetch_value(participants.database_url, COUNT_ROWS, participant_id) == 4
    assert (await participants.admin.delete(participants.path_of(participant_id))).status_code == 204
    assert await fetch_value(participants.database_url, COUNT_ROWS, participant_id) == 0
    assert (await participants.get_summary())["invited"] == 1
    for by in ("organization", "office", "session"):
        groups = (await participants.admin.get(f"{participants.meeting_path}/attendance/summary?by={by}")).json()[
            "groups"
        ]
        assert [(item["key"], item["invited"]) for item in groups] == [(None, 1)], by
    for address in (
        participants.path_of(participant_id),
        f"{participants.meeting_path}/attendance/{participant_id}",
        f"{participants.path_of(participant_id)}/badge",
    ):
        assert (await participants.admin.get(address)).status_code == 404


async def test_scans_of_deleted_participant_become_not_invited(participants: ParticipantsClient) -> None:
    participant_id = await participants.add()
    await participants.check_in(participant_id)
    assert (await participants.get_summary())["present"] == 1
    assert (await participants.admin.delete(participants.path_of(participant_id))).status_code == 204
    (scan,) = (await participants.admin.get(f"{participants.meeting_path}/check-ins")).json()["items"]
    assert (scan["outcome"], scan["reported_outcome"], scan["participant"]) == ("not_invited", "first_entry", None)
    assert (await participants.get_summary())["present"] == 0


async def test_badge_of_deleted_participant_is_revoked(participants: ParticipantsClient) -> None:
    participant_id = await participants.add()
    badge = (await participants.admin.get(f"{participants.path_of(participant_id)}/badge")).json()
    assert (await participants.admin.get(f"{participants.meeting_path}/gate-pack")).json()["revoked"] == []
    await participants.admin.delete(participants.path_of(participant_id))
    assert (await participants.admin.get(f"{participants.meeting_path}/gate-pack")).json()["revoked"] == [badge["id"]]
    instant = "2026-12-07T02:00:00Z"
    scan = {
        "scan_id": participant_id,
        "badge": badge["token"],
        "scanned_at": instant,
        "device_sent_at": instant,
        "device_id": "gate",
    }
    response = await participants.admin.post(f"{participants.meeting_path}/check-ins", scan)
    assert (response.status_code, response.json()["outcome"]) == (201, "not_invited")


async def test_revisions_of_deleted_participant_remain(participants: ParticipantsClient) -> None:
    participant_id = await participants.add(name="Siti Contoh")
    assert (
        await participants.admin.delete(participants.path_of(participant_id), {"reason": "batal"})
    ).status_code == 204
    revisions = (await participants.admin.get(f"{participants.path_of(participant_id)}/revisions")).json()["items"]
    assert [(item["action"], item["reason"]) for item in revisions] == [("created", None), ("deleted", "batal")]


async def test_delete_requires_if_match(participants: ParticipantsClient) -> None:
    participant_id = await participants.add()
    assert (await participants.admin.delete(participants.path_of(participant_id), if_match='"9.x"')).status_code == 412
    bare = await participants.client.delete(participants.path_of(participant_id), headers=participants.admin.headers)
    assert bare.status_code == 428
    assert (await participants.admin.delete(participants.path_of(participant_id))).status_code == 204
    assert (await participants.admin.delete(participants.path_of(participant_id))).status_code == 404
