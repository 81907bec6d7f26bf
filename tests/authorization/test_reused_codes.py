"""A code gives no right over the past: whoever has it today may not read what belonged to the one that had it before.

A meeting of KPU DKI Jakarta is deleted, and KPU Jawa Barat creates another one with its code.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from app.core.db import database
from app.settings import Settings
from app.state import state_of
from tests.attendance.event_stream_client import open_event_stream
from tests.authorization.meeting_requests import FILE_MEDIA_TYPES
from tests.callers import bearer_headers
from tests.conftest import LOADED, connect_client, copy_template, fetch_value, run_application
from tests.writes.write_client import WriteClient

CODE, OLD_HOST, NEW_HOST, OTHER_BODY = "rapat-lama", "kpu-31", "kpu-32", "kpu-33"
CANARY = "Zulkenari Lamawati"
# Kept by those whose right comes from the deleted meeting or from no binding, and by nobody else.
READERS = {"unbound": {}, "old host": {"organization": OLD_HOST}}
OTHERS = {
    "new host": {"organization": NEW_HOST},
    "another body": {"organization": OTHER_BODY},
    "device": {"meeting": CODE},
}
MEETING = {"name": "Rapat", "kind": "plenary", "time_zone": "Asia/Jakarta", "start_on": "2022-06-13"}
MEETING |= {"end_on": "2022-06-14", "code": CODE, "roll": "restricted"}


@dataclass
class ReusedCode:
    """A database with the deleted meeting and the one that has its code."""

    app: FastAPI
    client: httpx.AsyncClient
    admin: WriteClient
    url: str
    participant: str = ""
    member_name: str = ""
    statement: str = ""
    instants: dict[str, datetime] = field(default_factory=dict)
    """An instant of the deleted meeting at which its roll was restricted, and an earlier one at which it was open."""
    digests: list[str] = field(default_factory=list)
    old_badge_key: dict[str, Any] = field(default_factory=dict)
    idempotency_key: str = field(default_factory=lambda: uuid4().hex)

    @property
    def path(self) -> str:
        return f"/v1/meetings/{CODE}"

    @property
    def new_participant(self) -> dict[str, Any]:
        return {"name": CANARY, "organization": OLD_HOST, "capacity": "guest"}

    async def now(self) -> datetime:
        instant: datetime = await fetch_value(self.url, "SELECT clock_timestamp()")
        return instant

    async def create_and_delete_meeting(self) -> None:
        """Create the old meeting, and delete it with everything in it."""
        await self.post("/v1/meetings", {**MEETING, "host": OLD_HOST, "roll": "open"})
        created = await self.admin.post(
            f"{self.path}/participants", self.new_participant, idempotency_key=self.idempotency_key
        )
        self.participant = created.json()["id"]
        roster = await self.client.get(f"/v1/organizations/{OLD_HOST}/officials?as_of={MEETING['start_on']}")
        official = roster.json()["items"][0]["official"]
        self.member_name = official["name"]
        member = {"official": official["id"], "organization": OLD_HOST}
        member = (await self.post(f"{self.path}/participants", member))["id"]
        present = await self.admin.patch(f"{self.path}/attendance/{member}", {"status": "present", "reason": "hadir"})
        assert present.status_code == 200, present.text
        statement = {"organization": OLD_HOST, "form": "spoken", "summary": "Siap."}
        self.statement = (await self.post(f"{self.path}/statements", statement))["id"]
        self.instants["open"] = await self.now()
        assert (await self.admin.patch(self.path, {"roll": "restricted"})).status_code == 200
        self.instants["restricted"] = await self.now()
        self.old_badge_key = (await self.client.get(f"{self.path}/badge-key")).json()
        for media_type in FILE_MEDIA_TYPES:
            file = await self.client.get(
                f"{self.path}/attendance", headers={**self.admin.headers, "Accept": media_type}
            )
            assert file.status_code == 200
            self.digests.append(file.headers["link"].partition("/v1/rolls/")[2][:64])
        for item in (f"statements/{self.statement}", f"participants/{self.participant}", f"participants/{member}"):
            assert (await self.admin.delete(f"{self.path}/{item}")).status_code == 204
        deleted = await self.admin.delete(self.path)
        assert deleted.status_code == 204, deleted.text

    async def post(self, path: str, body: Any) -> Any:
        response = await self.admin.post(path, body)
        assert response.status_code == 201, response.text
        return response.json()

    def headers(self, binding: dict[str, str], *scopes: Scope, issued_at: datetime | None = None) -> dict[str, str]:
        """Return the Authorization header of a token; with `issued_at` it is one of an external issuer."""
        headers = bearer_headers(self.app, *(scopes or Scope), **binding)
        token = headers["Authorization"].split()[1].encode()
        tokens = state_of(self.app).token_verifier._verified_tokens
        tokens[token] = replace(tokens[token], caller=replace(tokens[token].caller, issued_at=issued_at))
        return headers

    async def list_targets(self) -> list[str]:
        """Return every GET target below the meeting, of the old participant, now and, if possible, at both instants."""
        document = (await self.client.get("/openapi.json")).json()
        values = {"code": CODE, "participant": self.participant, "session": "opening"}
        targets = []
        for path, methods in document["paths"].items():
            if not path.startswith("/v1/meetings/{code}") or "get" not in methods:
                continue
            id_ = self.statement if "/statements/" in path else self.participant
            target = path.format(**values, id=id_)
            names = [parameter["name"] for parameter in methods["get"].get("parameters", [])]
            queries = ["", *(["names=true"] if "names" in names else [])]
            if "known_at" in names:
                queries += [f"known_at={quote(instant.isoformat())}" for instant in self.instants.values()]
            at = f"at={quote('2022-06-13T05:00:00+00:00')}" if "at" in names else ""
            targets += [f"{target}?{'&'.join(filter(None, (query, at)))}".rstrip("?") for query in queries]
        return targets

    async def read(self, target: str, headers: dict[str, str]) -> str:
        """Return the status, and the body, of a GET of a target, also as a file."""
        if "/attendance/live" in target:
            async with open_event_stream(self.app, target, **headers) as stream:
                return f"{stream.status} {stream.text}"
        accepts = ["*/*", *(FILE_MEDIA_TYPES if target.partition("?")[0].endswith("/attendance") else [])]
        responses = [await self.client.get(target, headers={**headers, "Accept": accept}) for accept in accepts]
        assert [response for response in responses if response.status_code >= 500] == [], target
        return " ".join(f"{response.status_code} {response.text}" for response in responses)


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
