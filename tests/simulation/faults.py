"""A transport between gates and service that falsifies responses."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx

Json = dict[str, Any]
Fault = Callable[["FaultyTransport", httpx.Request, Json], Json]
"""Takes the correct response document of a request and returns the falsified one."""


class FaultyTransport(httpx.AsyncBaseTransport):
    """Forwards requests and falsifies the JSON documents of successful responses. Faults keep data in `state`."""

    def __init__(self, transport: httpx.AsyncBaseTransport, fault: Fault) -> None:
        self.transport = transport
        self.fault = fault
        self.state: dict[str, Json] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if response := self._lose_scan(request):
            return response
        response = await self.transport.handle_async_request(request)
        body = await response.aread()
        if response.status_code < 300 and body.startswith(b"{"):
            body = json.dumps(self.fault(self, request, json.loads(body))).encode()
        headers = {name: value for name, value in response.headers.items() if name in ("etag", "content-type")}
        return httpx.Response(response.status_code, headers=headers, content=body)

    async def aclose(self) -> None:
        await self.transport.aclose()

    def _lose_scan(self, request: httpx.Request) -> httpx.Response | None:
        """Acknowledge one scan without forwarding it; neither the first of its gate nor a scan made offline."""
        if self.fault is not lose_a_scan or not is_check_in(request):
            return None
        payload = json.loads(request.content)
        if payload["sequence"] < 3 or self.state.setdefault("lost", payload)["scan_id"] != payload["scan_id"]:
            return None
        status = 200 if "acknowledged" in self.state else 201
        document = {"scan_id": payload["scan_id"], "status": status, "outcome": "badge_unknown", "clock_skew_ms": 0.0}
        self.state["acknowledged"] = document
        return httpx.Response(status, json={**document, "effective_at": payload["scanned_at"]})


def is_check_in(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("/check-ins")


def lose_a_scan(_transport: FaultyTransport, _request: httpx.Request, document: Json) -> Json:
    return document


ENTERED_BEFORE = ("already_entered", "re_entry")


def report_two_first_entries(_transport: FaultyTransport, _request: httpx.Request, document: Json) -> Json:
    return {**document, "outcome": "first_entry"} if document.get("outcome") in ENTERED_BEFORE else document


def change_repeated_outcome(transport: FaultyTransport, request: httpx.Request, document: Json) -> Json:
    if (
        is_check_in(request)
        and transport.state.setdefault(document["scan_id"], document)["status"] != document["status"]
    ):
        return {**document, "outcome": "exit" if document["outcome"] != "exit" else "already_entered"}
    return document


def report_repetition_as_stored(transport: FaultyTransport, request: httpx.Request, document: Json) -> Json:
    for result in document.get("results", []):
        result["status"] = 201
    return document


def list_a_scan_twice(_transport: FaultyTransport, request: httpx.Request, document: Json) -> Json:
    return _change_first_page(request, document, "/check-ins", lambda items: [*items, items[0]])


def list_an_unknown_scan(_transport: FaultyTransport, request: httpx.Request, document: Json) -> Json:
    other = str(UUID(int=7))
    return _change_first_page(request, document, "/check-ins", lambda items: [*items, {**items[0], "scan_id": other}])


def list_a_wrong_outcome(_transport: FaultyTransport, request: httpx.Request, document: Json) -> Json:
    return _change_first_page(
        request, document, "/check-ins", lambda items: [{**items[0], "outcome": "not_invited"}, *items[1:]]
    )


def omit_a_participant(_transport: FaultyTransport, request: httpx.Request, document: Json) -> Json:
    return _change_first_page(request, document, "/attendance", lambda items: items[1:])


def invert_lateness(_transport: FaultyTransport, request: httpx.Request, document: Json) -> Json:
    return _change_first_page(
        request, document, "/attendance", lambda items: [{**items[0], "late": not items[0]["late"]}, *items[1:]]
    )


def change_arrival(_transport: FaultyTransport, request: httpx.Request, document: Json) -> Json:
    def postpone(items: list[Json]) -> list[Json]:
        return [{**item, "arrived_at": item["arrived_at"] and "2026-01-01T00:00:00Z"} for item in items]

    return _change_first_page(request, document, "/attendance", postpone)


def miscount_summary(_transport: FaultyTransport, request: httpx.Request, document: Json) -> Json:
    return {**document, "present": document["present"] + 1} if request.url.path.endswith("/summary") else document


def raise_clock_offset(transport: FaultyTransport, request: httpx.Request, document: Json) -> Json:
    """Falsify the last results of each clock: their effective time is a year later."""
    if not is_check_in(request) and request.url.path.endswith("/check-ins:batch"):
        for result in document["results"]:
            if result["status"] == 200:
                year, rest = result["effective_at"][:4], result["effective_at"][4:]
                result["effective_at"] = f"{int(year) + 1}{rest}"
    return document


def _change_first_page(
    request: httpx.Request, document: Json, path_end: str, change: Callable[[list[Json]], list[Json]]
) -> Json:
    """Change the items of the first page of a list."""
    is_first = "page_token" not in request.url.params
    if request.method != "GET" or not request.url.path.endswith(path_end) or not is_first:
        return document
    return {**document, "items": change(document["items"])}
