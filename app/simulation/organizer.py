"""The organizer of a simulated meeting: creates the meeting, its participants, badges and the clients of its gates."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

from app.simulation.http_client import FinalResponse, Json, ServiceClient, SimulationError
from app.simulation.ledger import Badge, Ledger
from app.simulation.plan import CLASSES, Person

SCOPES = ("meetings:write", "attendance:write", "attendance:read", "check-ins:write", "clients:admin")
MAX_PARTICIPANTS_PER_BATCH = 500
TIME_ZONE = "Asia/Jakarta"
SOURCE = "rakornas simulate (synthetic)"
PARALLEL_GROUP = "classes"


class Organizer:
    """A client with the scopes of `SCOPES`, and the meeting that it organizes."""

    def __init__(self, client: ServiceClient, ledger: Ledger) -> None:
        self._client = client
        self._ledger = ledger
        self.meeting = f"simulated-{uuid4().hex[:12]}"
        self.gate_clients: list[str] = []

    @property
    def path(self) -> str:
        """The URL path of the meeting."""
        return f"/v1/meetings/{self.meeting}"

    async def create_meeting(self, now: datetime) -> None:
        """Create the meeting and its sessions, which have no start yet, and add the sessions to the ledger."""
        await self._post_meeting(self.meeting, now)
        sessions: list[tuple[str, str, str | None]] = [("opening", "opening", None)]
        sessions += [(code, "class", PARALLEL_GROUP) for code in CLASSES]
        sessions.append(("closing", "closing", None))
        for position, (code, kind, group) in enumerate(sessions, 1):
            session = {"code": code, "position": position, "kind": kind, "name": f"Sesi {code}", "source": SOURCE}
            parallel = {"parallel_group": group, "track": position} if group else {}
            await self._post(f"{self.path}/sessions", {**session, **parallel})
            self._ledger.parallel_groups[code] = group
            self._ledger.session_starts[code] = None

    async def set_session_start(self, session: str, starts_at: datetime) -> None:
        """Set the start of a session in the service, and store it in the ledger."""
        path = f"{self.path}/sessions/{session}"
        patch = {"starts_at": starts_at.isoformat()}
        while True:
            current = _require_status(await self._client.request("GET", path), 200)
            headers = {"If-Match": current.headers["ETag"], "Content-Type": "application/merge-patch+json"}
            response = await self._client.request("PATCH", path, lambda: patch, headers=headers)
            # 412 after a lost response means that an earlier attempt has made the change: read the session again.
            if response.status != 412 or not response.is_ambiguous:
                break
        _require_status(response, 200)
        self._ledger.session_starts[session] = starts_at

    async def create_participants(self, people: Sequence[Person]) -> list[str]:
        """Create these participants in the provincial commissions, add them to the ledger, and return their ids."""
        organizations = await self._list_provincial_commissions()
        ids: list[str] = []
        for start in range(0, len(people), MAX_PARTICIPANTS_PER_BATCH):
            batch = [
                {
                    "name": person.name,
                    "organization": organizations[person.number % len(organizations)],
                    "sessions": [person.session] if person.session else [],
                    "source": SOURCE,
                }
                for person in people[start : start + MAX_PARTICIPANTS_PER_BATCH]
            ]
            document = await self._post(f"{self.path}/participants:batch", {"participants": batch})
            ids += [participant["id"] for participant in document["registered"]]
        for person, participant_id in zip(people, ids, strict=True):
            self._ledger.assignments[participant_id] = [person.session] if person.session else []
        return ids

    async def fetch_badges(self) -> dict[str, str]:
        """Fetch the tokens of all badges of the meeting, by participant id, and add them to the ledger."""
        document = _require_status(await self._client.request("GET", f"{self.path}/badges"), 200).json()
        tokens = {badge["participant"]: badge["token"] for badge in document["items"]}
        for participant, token in tokens.items():
            self._ledger.badges[token] = Badge(participant)
        return tokens

    async def reissue_badge(self, participant: str, former_token: str) -> str:
        """Reissue a participant's badge, record both badges in the ledger, and return the new token.

        The former badge was revoked between the start of the request and its response.
        """
        headers = {"Idempotency-Key": uuid4().hex}
        path = f"{self.path}/participants/{participant}/badge"
        response = _require_status(await self._client.request("POST", path, dict, headers=headers), 201)
        badge = response.json()
        issued_at = datetime.fromisoformat(badge["issued_at"])
        started_at = issued_at - timedelta(seconds=response.seconds)
        self._ledger.badges[former_token] = Badge(participant, started_at, issued_at)
        self._ledger.badges[badge["token"]] = Badge(participant)
        return str(badge["token"])

    async def create_foreign_badge(self, now: datetime) -> str:
        """Create another meeting with one participant; return the token of its badge, invalid at the first meeting."""
        other = f"{self.meeting}-b"
        await self._post_meeting(other, now)
        await self._post(f"/v1/meetings/{other}/participants", {"name": "Peserta lain", "source": SOURCE})
        response = await self._client.request("GET", f"/v1/meetings/{other}/badges")
        return str(_require_status(response, 200).json()["items"][0]["token"])

    async def create_gate_client(self, device: str) -> tuple[str, str]:
        """Create a client that can only check in at this meeting, for later revocation; return its id and secret."""
        payload = {"name": f"{device} of {self.meeting}", "scopes": ["check-ins:write"], "meeting": self.meeting}
        while True:
            client = await self._post("/v1/clients", payload)
            self.gate_clients.append(client["id"])
            # Null if the first response was lost: a secret is shown only once.
            if client["client_secret"] is not None:
                return client["id"], client["client_secret"]

    async def revoke_gate_clients(self) -> None:
        """Revoke the clients that this organizer created for the gates, with requests to the service."""
        for client_id in self.gate_clients:
            client = _require_status(await self._client.request("GET", f"/v1/clients/{client_id}"), 200)
            headers = {"If-Match": client.headers["ETag"]}
            await self._client.request("DELETE", f"/v1/clients/{client_id}", headers=headers)

    async def fetch_all_items(self, path: str) -> list[Json]:
        """Fetch all pages of the list at this path of the meeting, and return their items."""
        items: list[Json] = []
        token: str | None = None
        while True:
            parameter = f"&page_token={quote(token)}" if token else ""
            response = await self._client.request("GET", f"{self.path}/{path}?page_size=200{parameter}")
            page = _require_status(response, 200).json()
            items += page["items"]
            if (token := page["next_page_token"]) is None:
                return items

    async def fetch_document(self, path: str) -> Json:
        """Fetch the JSON document at this path of the meeting."""
        document: Json = _require_status(await self._client.request("GET", f"{self.path}/{path}"), 200).json()
        return document

    async def _list_provincial_commissions(self) -> list[str]:
        """Fetch the codes of the provincial commissions; if there are none, return that of the KPU."""
        path = "/v1/organizations?kind=commission&level=province&page_size=200"
        items = _require_status(await self._client.request("GET", path), 200).json()["items"]
        return [organization["code"] for organization in items] or ["kpu"]

    async def _post_meeting(self, code: str, now: datetime) -> None:
        """Create a meeting with this code from the day of the instant `now` to the day that it is two hours later."""
        zone = ZoneInfo(TIME_ZONE)
        start_on, end_on = (instant.astimezone(zone).date().isoformat() for instant in (now, now + timedelta(hours=2)))
        meeting = {"code": code, "name": "Rapat koordinasi (simulasi)", "kind": "coordination", "host": "kpu"}
        days = {"time_zone": TIME_ZONE, "start_on": start_on, "end_on": end_on, "source": {"title": SOURCE}}
        await self._post("/v1/meetings", {**meeting, **days})

    async def _post(self, path: str, payload: Json) -> Any:
        """Send a POST with an idempotency key, and return the created object's document; else SimulationError."""
        headers = {"Idempotency-Key": uuid4().hex}
        response = await self._client.request("POST", path, lambda: payload, headers=headers)
        return _require_status(response, 201).json()


def _require_status(response: FinalResponse, status: int) -> FinalResponse:
    """Return the response; raise SimulationError if it has another status."""
    if response.status != status:
        raise SimulationError(f"The service responded {response.status}: {response.body.decode()[:500]}")
    return response
