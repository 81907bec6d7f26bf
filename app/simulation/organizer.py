"""Whoever calls the meeting: it is written down, its people are asked, badges and the clients of its gates are made."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

from app.simulation.http_client import Answer, Caller, Json, SimulationError
from app.simulation.ledger import Badge, Ledger
from app.simulation.people import CLASSES, Person

SCOPES = ("meetings:write", "attendance:write", "attendance:read", "check-ins:write", "clients:admin")
AT_ONCE = 500
ZONE = "Asia/Jakarta"
SOURCE = "rakornas simulate (made up)"
SIDE_BY_SIDE = "classes"


class Organizer:
    """A client with the scopes of `SCOPES`, and the meeting that it has called."""

    def __init__(self, caller: Caller, ledger: Ledger) -> None:
        self._caller = caller
        self._ledger = ledger
        self.meeting = f"simulated-{uuid4().hex[:12]}"
        self.clients: list[str] = []

    @property
    def at(self) -> str:
        return f"/v1/meetings/{self.meeting}"

    async def call(self, now: datetime) -> None:
        """The meeting and its sessions, whose hours come later."""
        await self._new_meeting(self.meeting, now)
        sessions: list[tuple[str, str, str | None]] = [("opening", "opening", None)]
        sessions += [(code, "class", SIDE_BY_SIDE) for code in CLASSES]
        sessions.append(("closing", "closing", None))
        for n, (code, kind, group) in enumerate(sessions, 1):
            content = {"code": code, "position": n, "kind": kind, "name": f"Sesi {code}", "source": SOURCE}
            beside = {"parallel_group": group, "track": n} if group else {}
            await self._post(f"{self.at}/sessions", {**content, **beside})
            self._ledger.groups[code] = group
            self._ledger.starts[code] = None

    async def begin(self, session: str, starts_at: datetime) -> None:
        """Let a session start then."""
        path = f"{self.at}/sessions/{session}"
        said = {"starts_at": starts_at.isoformat()}
        while True:
            found = _must(await self._caller.ask("GET", path), 200)
            headers = {"If-Match": found.headers["ETag"], "Content-Type": "application/merge-patch+json"}
            answer = await self._caller.ask("PATCH", path, lambda: said, headers=headers)
            if answer.status != 412 or not answer.unsure:  # 412: an attempt whose answer was lost has done it
                break
        _must(answer, 200)
        self._ledger.starts[session] = starts_at

    async def ask_people(self, people: Sequence[Person]) -> list[str]:
        """Put them on the list, spread over the commissions of the provinces; the ids of all, in order."""
        bodies = await self._provinces()
        ids: list[str] = []
        for first in range(0, len(people), AT_ONCE):
            batch = [
                {
                    "name": one.name,
                    "organization": bodies[one.number % len(bodies)],
                    "sessions": [one.session] if one.session else [],
                    "source": SOURCE,
                }
                for one in people[first : first + AT_ONCE]
            ]
            answer = await self._post(f"{self.at}/participants:batch", {"participants": batch})
            ids += [one["id"] for one in answer["registered"]]
        for one, id_ in zip(people, ids, strict=True):
            self._ledger.seats[id_] = [one.session] if one.session else []
        return ids

    async def badges(self) -> dict[str, str]:
        """The token of each participant."""
        answer = _must(await self._caller.ask("GET", f"{self.at}/badges"), 200).json()
        tokens = {one["participant"]: one["token"] for one in answer["items"]}
        for participant, token in tokens.items():
            self._ledger.badges[token] = Badge(participant)
        return tokens

    async def badge_anew(self, participant: str, former: str) -> str:
        """Another token for a participant. The former one is revoked between the asking and the answer."""
        key = {"Idempotency-Key": uuid4().hex}
        answer = _must(
            await self._caller.ask("POST", f"{self.at}/participants/{participant}/badge", dict, headers=key), 201
        )
        told = answer.json()
        issued = datetime.fromisoformat(told["issued_at"])
        self._ledger.badges[former] = Badge(participant, issued - timedelta(seconds=answer.seconds), issued)
        self._ledger.badges[told["token"]] = Badge(participant)
        return str(told["token"])

    async def badge_of_elsewhere(self, now: datetime) -> str:
        """A token that another meeting has signed."""
        other = f"{self.meeting}-b"
        await self._new_meeting(other, now)
        await self._post(f"/v1/meetings/{other}/participants", {"name": "Peserta lain", "source": SOURCE})
        answer = _must(await self._caller.ask("GET", f"/v1/meetings/{other}/badges"), 200).json()
        return str(answer["items"][0]["token"])

    async def client_of_a_gate(self, device: str) -> tuple[str, str]:
        """A client that may check in at this meeting and nothing else: its id and secret."""
        content = {"name": f"{device} of {self.meeting}", "scopes": ["check-ins:write"], "meeting": self.meeting}
        while True:
            made = await self._post("/v1/clients", content)
            self.clients.append(made["id"])
            if made["client_secret"] is not None:  # null: the answer that held it was lost, and it is told only once
                return made["id"], made["client_secret"]

    async def dismiss(self) -> None:
        """Revoke the clients of the gates."""
        for id_ in self.clients:
            found = _must(await self._caller.ask("GET", f"/v1/clients/{id_}"), 200)
            await self._caller.ask("DELETE", f"/v1/clients/{id_}", headers={"If-Match": found.headers["ETag"]})

    async def all_pages(self, path: str) -> list[Json]:
        """The items of a list at the meeting."""
        found: list[Json] = []
        token: str | None = None
        while True:
            onward = f"&page_token={quote(token)}" if token else ""
            page = _must(await self._caller.ask("GET", f"{self.at}/{path}?page_size=200{onward}"), 200).json()
            found += page["items"]
            if (token := page["next_page_token"]) is None:
                return found

    async def one(self, path: str) -> Json:
        """A document at the meeting."""
        found: Json = _must(await self._caller.ask("GET", f"{self.at}/{path}"), 200).json()
        return found

    async def _provinces(self) -> list[str]:
        path = "/v1/organizations?kind=commission&level=province&page_size=200"
        items = _must(await self._caller.ask("GET", path), 200).json()["items"]
        return [one["code"] for one in items] or ["kpu"]

    async def _new_meeting(self, code: str, now: datetime) -> None:
        zone = ZoneInfo(ZONE)
        first, last = (moment.astimezone(zone).date().isoformat() for moment in (now, now + timedelta(hours=2)))
        content = {"code": code, "name": "Rapat koordinasi (simulasi)", "kind": "coordination", "host": "kpu"}
        days = {"time_zone": ZONE, "start_on": first, "end_on": last, "source": {"title": SOURCE}}
        await self._post("/v1/meetings", {**content, **days})

    async def _post(self, path: str, content: Json) -> Any:
        key = {"Idempotency-Key": uuid4().hex}
        return _must(await self._caller.ask("POST", path, lambda: content, headers=key), 201).json()


def _must(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise SimulationError(f"The service answered {answer.status}: {answer.body.decode()[:500]}")
    return answer
