"""What stands between the gates and the service, and does not tell the truth."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx

Json = dict[str, Any]
Lie = Callable[["Liar", httpx.Request, Json], Json]
"""Takes what was truly answered to a request, and returns what is told instead."""


class Liar(httpx.AsyncBaseTransport):
    """Passes requests on, and changes answers to GET and POST. It keeps in mind what it has told."""

    def __init__(self, inner: httpx.AsyncBaseTransport, lie: Lie) -> None:
        self.inner = inner
        self.lie = lie
        self.memory: dict[str, Json] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if lost := self._lost(request):
            return lost
        answer = await self.inner.handle_async_request(request)
        body = await answer.aread()
        if answer.status_code < 300 and body.startswith(b"{"):
            body = json.dumps(self.lie(self, request, json.loads(body))).encode()
        kept = {name: value for name, value in answer.headers.items() if name in ("etag", "content-type")}
        return httpx.Response(answer.status_code, headers=kept, content=body)

    async def aclose(self) -> None:
        await self.inner.aclose()

    def _lost(self, request: httpx.Request) -> httpx.Response | None:
        """One scan, neither the first of its gate nor one that its gate has kept, is taken and not passed on."""
        if self.lie is not loses_a_scan or not is_scan(request):
            return None
        sent = json.loads(request.content)
        if sent["sequence"] < 3 or self.memory.setdefault("lost", sent)["scan_id"] != sent["scan_id"]:
            return None
        status = 200 if "told" in self.memory else 201
        told = {"scan_id": sent["scan_id"], "status": status, "outcome": "badge_unknown", "clock_skew_ms": 0.0}
        self.memory["told"] = told
        return httpx.Response(status, json={**told, "effective_at": sent["scanned_at"]})


def is_scan(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("/check-ins")


def loses_a_scan(_liar: Liar, _request: httpx.Request, told: Json) -> Json:
    return told


def tells_of_two_first_entries(_liar: Liar, _request: httpx.Request, told: Json) -> Json:
    return {**told, "outcome": "first_entry"} if told.get("outcome") == "already_entered" else told


def forgets_what_it_has_told(liar: Liar, request: httpx.Request, told: Json) -> Json:
    if is_scan(request) and liar.memory.setdefault(told["scan_id"], told)["status"] != told["status"]:
        return {**told, "outcome": "exit" if told["outcome"] != "exit" else "already_entered"}
    return told


def stores_what_is_there(liar: Liar, request: httpx.Request, told: Json) -> Json:
    for one in told.get("results", []):
        one["status"] = 201
    return told


def lists_a_scan_twice(_liar: Liar, request: httpx.Request, told: Json) -> Json:
    return _listed(request, told, "/check-ins", lambda items: [*items, items[0]])


def lists_a_scan_of_nobody(_liar: Liar, request: httpx.Request, told: Json) -> Json:
    other = str(UUID(int=7))
    return _listed(request, told, "/check-ins", lambda items: [*items, {**items[0], "scan_id": other}])


def misjudges_a_scan(_liar: Liar, request: httpx.Request, told: Json) -> Json:
    return _listed(request, told, "/check-ins", lambda items: [{**items[0], "outcome": "not_invited"}, *items[1:]])


def leaves_somebody_out(_liar: Liar, request: httpx.Request, told: Json) -> Json:
    return _listed(request, told, "/attendance", lambda items: items[1:])


def calls_somebody_late(_liar: Liar, request: httpx.Request, told: Json) -> Json:
    return _listed(request, told, "/attendance", lambda items: [{**items[0], "late": not items[0]["late"]}, *items[1:]])


def lets_somebody_come_later(_liar: Liar, request: httpx.Request, told: Json) -> Json:
    def later(items: list[Json]) -> list[Json]:
        return [{**one, "arrived_at": one["arrived_at"] and "2026-01-01T00:00:00Z"} for one in items]

    return _listed(request, told, "/attendance", later)


def miscounts(_liar: Liar, request: httpx.Request, told: Json) -> Json:
    return {**told, "present": told["present"] + 1} if request.url.path.endswith("/summary") else told


def turns_a_clock_back(liar: Liar, request: httpx.Request, told: Json) -> Json:
    """The last answer of each clock is a minute later than those before it."""
    if not is_scan(request) and request.url.path.endswith("/check-ins:batch"):
        for one in told["results"]:
            if one["status"] == 200:
                year, rest = one["effective_at"][:4], one["effective_at"][4:]
                one["effective_at"] = f"{int(year) + 1}{rest}"
    return told


def _listed(request: httpx.Request, told: Json, end: str, change: Callable[[list[Json]], list[Json]]) -> Json:
    """The first page of a list, changed."""
    is_first = "page_token" not in request.url.params
    if request.method != "GET" or not request.url.path.endswith(end) or not is_first:
        return told
    return {**told, "items": change(told["items"])}
