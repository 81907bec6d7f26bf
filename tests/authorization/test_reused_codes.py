"""A code gives no right over the past: whoever has it today may not read what belonged to the one that had it before.

A meeting of KPU DKI Jakarta is deleted, and KPU Jawa Barat creates another one with its code.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import pytest_asyncio

from app.auth import Scope
from app.core.db import database
from app.settings import Settings
from tests.authorization.meeting_requests import FILE_MEDIA_TYPES
from tests.authorization.reused_code import CANARY, CODE, MEETING, NEW_HOST, OLD_HOST, OTHERS, READERS, ReusedCode
from tests.conftest import LOADED, connect_client, copy_template, run_application
from tests.writes.write_client import WriteClient


@pytest_asyncio.fixture(scope="module")
async def reused(server: str) -> AsyncIterator[ReusedCode]:
    async for url in copy_template(server, LOADED):
        settings = Settings(DATABASE_URL=url, rate_client=0, rate_network=0)
        async with run_application(settings) as app, connect_client(app) as client:
            reused = ReusedCode(app, client, WriteClient.create(app, client), url)
            await reused.create_and_delete_meeting()
            await reused.post("/v1/meetings", {**MEETING, "host": NEW_HOST})
            yield reused


@pytest.fixture(autouse=True)
def without_commit_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow known_at of this moment: no write runs while these tests read."""
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))


def find_canaries(text: str, reused: ReusedCode) -> Iterator[str]:
    words = (CANARY, reused.participant, reused.member_name, '"present":true')
    yield from (word for word in words if word in text)


async def test_new_holders_of_the_code_read_nothing_of_the_deleted_meeting(reused: ReusedCode) -> None:
    targets = await reused.list_targets()
    assert len(targets) > 40
    leaks = []
    for name, binding in (*OTHERS.items(), ("anyone", None)):
        headers = {} if binding is None else reused.headers(binding)
        for target in targets:
            # The names of the members of a commission are open data, but not who of them was present.
            words = set(find_canaries(await reused.read(target, headers), reused))
            words -= {reused.member_name} if "/quorum" in target else set()
            leaks += [f"{name}: {target}: {word}" for word in words]
    assert leaks == []


@pytest.mark.parametrize("name", READERS)
async def test_former_host_and_unbound_readers_still_read_it(reused: ReusedCode, name: str) -> None:
    headers = reused.headers(READERS[name], Scope.ATTENDANCE_READ)
    known_at = f"known_at={quote(reused.instants['restricted'].isoformat())}"
    for part, word in (
        ("attendance", CANARY),
        (f"attendance/{reused.participant}", CANARY),
        ("participants", CANARY),
        (f"participants/{reused.participant}", CANARY),
        ("quorum", '"present":true'),
    ):
        at = "&at=2022-06-13T05:00:00Z" if part == "quorum" else ""
        response = await reused.client.get(f"{reused.path}/{part}?{known_at}{at}", headers=headers)
        assert response.status_code == 200, part
        assert word in response.text, part
    file = await reused.client.get(f"{reused.path}/attendance?{known_at}", headers={**headers, "Accept": "text/csv"})
    assert (file.status_code, file.json()["code"]) == (409, "conflict")


async def test_revisions_of_former_participants_and_statements_are_not_those_of_the_new_meeting(
    reused: ReusedCode,
) -> None:
    for item in (f"participants/{reused.participant}", f"statements/{reused.statement}"):
        response = await reused.admin.get(f"{reused.path}/{item}/revisions")
        assert response.status_code == 404, item
    actions = [item["action"] for item in (await reused.admin.get(f"{reused.path}/revisions")).json()["items"]]
    assert actions[-2:] == ["deleted", "created"]


async def test_digests_of_the_deleted_meeting_are_not_those_of_the_new_one(reused: ReusedCode) -> None:
    known_at = quote(reused.instants["restricted"].isoformat())
    digests = list(reused.digests)
    for media_type in FILE_MEDIA_TYPES:
        headers = {**reused.admin.headers, "Accept": media_type}
        file = await reused.client.get(f"{reused.path}/attendance?known_at={known_at}", headers=headers)
        digests += [file.headers["link"].partition("/v1/rolls/")[2][:64]] if "link" in file.headers else []
    for digest in digests:
        assert (await reused.client.get(f"/v1/rolls/{digest}")).status_code == 404


async def test_new_meeting_has_another_badge_key(reused: ReusedCode) -> None:
    new_key = (await reused.client.get(f"{reused.path}/badge-key")).json()
    assert new_key["kid"] != reused.old_badge_key["kid"]
    assert new_key["x"] != reused.old_badge_key["x"]


async def test_stored_response_of_the_deleted_meeting_is_not_repeated(reused: ReusedCode) -> None:
    again = await reused.admin.post(
        f"{reused.path}/participants", reused.new_participant, idempotency_key=reused.idempotency_key
    )
    assert (again.status_code, again.json()["code"]) == (422, "idempotency_key_reused")
    assert reused.participant not in again.text


@pytest.mark.parametrize(
    "binding", [{"meeting": CODE}, {"organization": "bawaslu-90"}], ids=["meeting", "organization"]
)
async def test_token_issued_for_the_deleted_one_does_not_open_the_new_one(
    reused: ReusedCode, binding: dict[str, str]
) -> None:
    """Such a token comes from an external issuer: a client of this service would have prevented the deletion."""
    code = CODE
    if "organization" in binding:
        code = "rapat-bawaslu"
        body = {"code": "bawaslu-90", "name": "Bawaslu", "kind": "agency", "parent": "kpu"}
        await reused.post("/v1/organizations", body)
    issued_at = datetime.now(UTC)
    if "organization" in binding:
        assert (await reused.admin.delete("/v1/organizations/bawaslu-90")).status_code == 204
        await reused.post("/v1/organizations", body)
        await reused.post("/v1/meetings", {**MEETING, "code": code, "kind": "other", "host": "bawaslu-90"})
    else:
        issued_at = reused.instants["restricted"]
    scan = {"scan_id": reused.participant, "badge": "x", "device_id": "g", "scanned_at": "2022-06-13T05:00:00Z"}
    scan |= {"device_sent_at": "2022-06-13T05:00:00Z"}
    for instant, expected in ((issued_at, [404, 404, 404]), (datetime.now(UTC), [200, 200, 201])):
        caller = WriteClient(reused.client, reused.headers(binding, issued_at=instant))
        responses = [
            await caller.get(f"/v1/meetings/{code}/participants"),
            await caller.get(f"/v1/meetings/{code}/gate-pack?names=true"),
            await caller.post(f"/v1/meetings/{code}/check-ins", scan),
        ]
        assert [response.status_code for response in responses] == expected
        if "organization" in binding:
            place = await caller.patch(f"/v1/meetings/{code}", {"place": "Bandung"})
            assert place.status_code == (403 if instant == issued_at else 200)


async def test_new_organization_does_not_read_meetings_of_the_one_that_had_its_code(reused: ReusedCode) -> None:
    body = {"code": "bawaslu-91", "name": "Bawaslu", "kind": "agency", "parent": "kpu"}
    await reused.post("/v1/organizations", body)
    path = "/v1/meetings/rapat-terhapus"
    await reused.post("/v1/meetings", {**MEETING, "code": "rapat-terhapus", "kind": "other", "host": "bawaslu-91"})
    participant = (await reused.post(f"{path}/participants", {"name": CANARY}))["id"]
    instant = await reused.now()
    reader = WriteClient(reused.client, reused.headers({"organization": "bawaslu-91"}, Scope.ATTENDANCE_READ))
    above = WriteClient(reused.client, reused.headers({"organization": "kpu"}, Scope.ATTENDANCE_READ))
    for deleted in (f"{path}/participants/{participant}", path):
        assert (await reused.admin.delete(deleted)).status_code == 204
    target = f"{path}/participants?known_at={quote(instant.isoformat())}"
    assert [(await caller.get(target)).status_code for caller in (reader, above)] == [200, 200]
    assert (await reused.admin.delete("/v1/organizations/bawaslu-91")).status_code == 204
    await reused.post("/v1/organizations", body)
    assert [(await caller.get(target)).status_code for caller in (reader, above)] == [404, 200]


async def test_deletion_does_not_open_a_roll_that_was_restricted_last(reused: ReusedCode) -> None:
    """Its roll was open at first; had the meeting not been deleted, it would be restricted at each instant."""
    path = "/v1/meetings/rapat-tertutup"
    await reused.post("/v1/meetings", {**MEETING, "code": "rapat-tertutup", "host": OLD_HOST, "roll": "open"})
    participant = (await reused.post(f"{path}/participants", {"name": CANARY}))["id"]
    target = f"{path}/attendance?known_at={quote((await reused.now()).isoformat())}"
    assert (await reused.client.get(target)).status_code == 200
    assert (await reused.admin.patch(path, {"roll": "restricted"})).status_code == 200
    for item in (f"{path}/participants/{participant}", path):
        assert (await reused.client.get(target)).status_code == 401
        assert (await reused.admin.delete(item)).status_code == 204
    assert (await reused.client.get(target)).status_code == 401
