"""A meeting of KPU DKI Jakarta that is deleted, and another one of KPU Jawa Barat with its code."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from fastapi import FastAPI

from app.auth import Scope
from app.state import state_of
from tests.applications import resolve_document
from tests.attendance.event_stream_client import open_event_stream
from tests.authorization.meeting_requests import FILE_MEDIA_TYPES
from tests.callers import bearer_headers
from tests.conftest import fetch_value
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
        document = resolve_document((await self.client.get("/openapi.json")).json())
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
