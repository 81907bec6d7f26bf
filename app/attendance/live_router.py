"""The route that streams the attendance summary of a meeting as Server-Sent Events (HTML Standard, 9.2)."""

import asyncio
import contextlib
from collections.abc import Hashable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from starlette.types import Receive, Scope, Send

from app.attendance.broadcast import Subscription, SummaryBroadcaster
from app.auth import AuthorizingRoute, allow_anonymous
from app.core.http.addresses import address_key
from app.core.http.app_state import get_from_state
from app.core.http.dependencies import get_settings
from app.core.http.examples import example
from app.core.http.negotiation import negotiate_media_type
from app.core.http.openapi import problem_responses
from app.core.http.parameters import NoParameters
from app.core.problems import NotAcceptable, NotFound

EVENT_STREAM = "text/event-stream"
MAX_DURATION_SECONDS = 600.0  # the client then reconnects, perhaps to another worker
HEARTBEAT_SECONDS = 15.0
CLOSE_TIMEOUT_SECONDS = 1.0  # for a client that does not read
RETRY_FIELD = b"retry: 3000\n\n"
HEARTBEAT_COMMENT = b": \n\n"
HEADERS = {
    "Content-Type": EVENT_STREAM,
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # otherwise nginx buffers the events
    "Vary": "Accept",
}
SUMMARY_DATA = {"type": "string", "contentMediaType": "application/json"}
EVENT_SCHEMA = {
    "type": "object",
    "properties": {
        "event": {"const": "summary"},
        "id": {"type": "string", "description": "Identifies the data, like the ETag of the summary."},
        "data": SUMMARY_DATA | {"contentSchema": {"$ref": "#/components/schemas/AttendanceSummary"}},
    },
}
STREAM_RESPONSE = {
    "description": "Events whose data are the complete summary, and comments between them.",
    "content": {
        EVENT_STREAM: {"schema": {"type": "string", "contentMediaType": EVENT_STREAM, "contentSchema": EVENT_SCHEMA}}
    },
}

router = APIRouter(
    prefix="/v1/meetings/{code}/attendance/live",
    tags=["attendance"],
    route_class=AuthorizingRoute,
    dependencies=[Depends(negotiate_media_type(EVENT_STREAM))],
    responses=problem_responses(NotAcceptable),
)
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The id of the last event received; the same event is not sent again.",
        examples=["6c1f0a52d9e34b7788aa03c4"],
    ),
]


class EventStream(Response):
    """A response that sends a summary and its changes as events.

    It ends when the client disconnects, the meeting is deleted, the service stops, or MAX_DURATION_SECONDS have passed.
    """

    media_type = EVENT_STREAM

    def __init__(
        self,
        broadcaster: SummaryBroadcaster,
        meeting: str,
        body: bytes,
        *,
        last_event_id: str | None = None,
        address: Hashable = None,
    ) -> None:
        self.broadcaster = broadcaster
        self.meeting = meeting
        self.first_body = body
        self.last_event_id = last_event_id
        self.address = address
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  (Starlette's signature)
        with self.broadcaster.subscribe(self.meeting, self.first_body, self.address) as subscription:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            events = asyncio.create_task(send_events(subscription, self.last_event_id, send))
            disconnect = asyncio.create_task(wait_for_disconnect(receive))
            try:
                await asyncio.wait(
                    {events, disconnect}, timeout=MAX_DURATION_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                events.cancel()
                disconnect.cancel()
                await asyncio.gather(events, disconnect, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})


async def send_events(subscription: Subscription, last_event_id: str | None, send: Send) -> None:
    """Send the summary (unless it is `last_event_id`), changes and heartbeats as events until the subscription ends.

    `send` waits for a slow client, which then gets the newest summary only. The events are server-sent events.
    """

    async def send_chunk(chunk: bytes) -> None:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})

    await send_chunk(RETRY_FIELD)
    while not subscription.is_ended:
        if subscription.id != last_event_id:
            last_event_id = subscription.id
            await send_chunk(format_event(last_event_id, subscription.body))
        elif not await subscription.wait_for_change(HEARTBEAT_SECONDS):
            await send_chunk(HEARTBEAT_COMMENT)


def format_event(id: str, body: bytes) -> bytes:
    """Format the JSON of a summary as a server-sent event named `summary` with this id, one `data` field per line."""
    data = b"\ndata: ".join(body.splitlines())
    return b"event: summary\nid: %b\ndata: %b\n\n" % (id.encode(), data)


async def wait_for_disconnect(receive: Receive) -> None:
    """Read and discard the client's messages until it has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


@router.get(
    "",
    status_code=200,
    response_class=EventStream,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/attendance/live"),
    responses={200: STREAM_RESPONSE, **problem_responses(NotFound)},
)
async def stream_attendance_summary(
    request: Request, code: Code, _query: NoParameters, last_event_id: LastEventId = None
) -> Response:
    """Stream the attendance summary of a meeting

    Sends the summary at once and after each change, at most once a second, as Server-Sent Events named `summary`. A
    comment every 15 seconds keeps the connection open. The stream ends after 10 minutes; the client then reconnects.
    Anyone may stream the summary of any meeting; one address may have 20 streams open (429 beyond).
    """
    broadcaster = get_from_state(request.app, SummaryBroadcaster)
    address = address_key(request.scope, get_settings(request).trusted_proxies)
    summary = await broadcaster.find_summary(code, address)
    if summary is None:
        raise NotFound
    return EventStream(broadcaster, code, summary, last_event_id=last_event_id, address=address)
