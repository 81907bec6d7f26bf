"""DELETE removes a participant from the roll and keeps the scans and revisions."""

import pytest

from tests.conftest import fetch_value
from tests.participants.participants_client import ParticipantsClient, summarize_problem
from tests.writes.object_examples import OFFICIAL_ID

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
    path = f"{participants.path_of(participant_id)}?with_scans=true"
    assert (await participants.admin.delete(path)).status_code == 204
    (scan,) = (await participants.admin.get(f"{participants.meeting_path}/check-ins")).json()["items"]
    assert (scan["outcome"], scan["reported_outcome"], scan["participant"]) == ("not_invited", "first_entry", None)
    assert (await participants.get_summary())["present"] == 0


async def test_participant_with_scans_is_deleted_only_on_request(participants: ParticipantsClient) -> None:
    participant_id = await participants.add()
    await participants.check_in(participant_id)
    for query in ("", "?with_scans=false", "?dry_run=true"):
        response = await participants.admin.delete(participants.path_of(participant_id) + query)
        assert summarize_problem(response)[:2] == (409, "has_scans")
        assert "with_scans=true" in response.json()["detail"]
    wrong = await participants.admin.delete(f"{participants.path_of(participant_id)}?with_scans=1")
    assert wrong.status_code == 422
    stale = await participants.admin.delete(participants.path_of(participant_id), if_match='"9.x"')
    assert stale.status_code == 412
    (scan,) = (await participants.admin.get(f"{participants.meeting_path}/check-ins")).json()["items"]
    path = f"{participants.meeting_path}/check-ins/{scan['scan_id']}:annul"
    assert (await participants.admin.post(path, {"reason": "keliru"})).status_code == 200
    assert (await participants.admin.delete(participants.path_of(participant_id))).status_code == 204


@pytest.mark.parametrize("by", ["one", "batch", "in office"])
@pytest.mark.parametrize(
    "person",
    [
        {"official": OFFICIAL_ID, "capacity": "delegate"},
        {"name": "Siti Contoh", "organization": "kpu-32", "capacity": "guest"},
        {"organization": "kpu-32", "office": "chair", "capacity": "delegate"},
    ],
    ids=["official", "name", "office"],
)
async def test_participant_who_is_added_again_is_restored(
    participants: ParticipantsClient, person: dict[str, str], by: str
) -> None:
    if by == "in office" and "official" not in person:
        pytest.skip("office holders are officials")
    if by == "in office":
        roster = await participants.admin.get("/v1/organizations/kpu/officials?as_of=2026-12-07")
        person = {**person, "official": roster.json()["items"][0]["official"]["id"]}
    participant_id = (await participants.create(person)).json()["id"]
    badge = (await participants.admin.get(f"{participants.path_of(participant_id)}/badge")).json()
    await participants.check_in(participant_id)
    path = f"{participants.path_of(participant_id)}?with_scans=true"
    assert (await participants.admin.delete(path)).status_code == 204
    other = await participants.create({**person, "capacity": "committee"})
    assert other.json()["id"] != participant_id
    if by == "one":
        created = await participants.create({**person, "note": "lagi"})
        assert created.json()["id"] == participant_id
        assert created.json()["revision"] == 3
    elif by == "batch":
        batch = {"participants": [person, person] if "name" in person else [person]}
        created = await participants.admin.post(f"{participants.meeting_path}/participants:batch", batch)
        ids = [item["id"] for item in created.json()["registered"]]
        assert ids[0] == participant_id
        assert len(set(ids)) == len(ids)
    else:
        deleted = await participants.admin.delete(participants.path_of(other.json()["id"]))
        assert deleted.status_code == 204
        body = {"organizations": ["kpu"], "offices": ["chair"]}
        created = await participants.admin.post(f"{participants.meeting_path}/participants:in-office", body)
        assert [item["id"] for item in created.json()["registered"]] == [participant_id]
    assert created.status_code == 201, created.text
    assert (await participants.admin.get(f"{participants.path_of(participant_id)}/badge")).json() == badge
    assert await participants.get_status(participant_id) == "present"
    (scan,) = (await participants.admin.get(f"{participants.meeting_path}/check-ins")).json()["items"]
    assert (scan["outcome"], scan["participant"]["id"]) == ("first_entry", participant_id)


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
