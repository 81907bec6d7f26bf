"""The route of a roll in numbers as it changes: Server-Sent Events, as the HTML standard has them."""

import asyncio
import contextlib
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from starlette.types import Receive, Scope, Send

from app.attendance.broadcast import Subscription, SummaryBroadcaster
from app.auth import AuthorizingRoute, allow_anonymous
from app.core.http.examples import example
from app.core.http.negotiation import negotiates
from app.core.http.openapi import problem_responses
from app.core.http.parameters import NoParameters
from app.core.problems import NotAcceptable, NotFound
from app.state import state_of

EVENT_STREAM = "text/event-stream"
MAX_DURATION_SECONDS = 600.0  # seconds; whoever still listens comes back, perhaps to another worker
HEARTBEAT_SECONDS = 15.0
CLOSE_TIMEOUT_SECONDS = 1.0
RETRY_FIELD = b"retry: 3000\n\n"
HEARTBEAT_COMMENT = b": \n\n"
HEADERS = {
    "Content-Type": EVENT_STREAM,
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # else a proxy keeps it back until there is more
    "Vary": "Accept",
    "Access-Control-Allow-Origin": "*",  # as all that is open has it, which says so by being kept in caches
}
SUMMARY_DATA = {"type": "string", "contentMediaType": "application/json"}
EVENT_SCHEMA = {
    "type": "object",
    "properties": {
        "event": {"const": "summary"},
        "id": {"type": "string", "description": "Names these bytes, as the ETag of the summary does."},
        "data": SUMMARY_DATA | {"contentSchema": {"$ref": "#/components/schemas/Summary"}},
    },
}
STREAM_RESPONSE = {
    "description": "Events, each with the whole summary as its data, and comments between them.",
    "content": {
        EVENT_STREAM: {"schema": {"type": "string", "contentMediaType": EVENT_STREAM, "contentSchema": EVENT_SCHEMA}}
    },
}

router = APIRouter(
    prefix="/v1/meetings/{code}/attendance/live",
    tags=["attendance"],
    route_class=AuthorizingRoute,
    dependencies=[Depends(negotiates(EVENT_STREAM))],
    responses=problem_responses(NotAcceptable),
)
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="Of the last event that was heard: the same is not sent again.",
        examples=["6c1f0a52d9e34b7788aa03c4"],
    ),
]


class EventStream(Response):
    """What a listener hears, until it leaves, its meeting is gone, the service ends, or it has lasted long enough."""

    media_type = EVENT_STREAM

    def __init__(self, hub: SummaryBroadcaster, meeting: str, body: bytes, last: str | None) -> None:
        self.hub, self.meeting, self.first, self.last = hub, meeting, body, last
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  (as Starlette has it)
        with self.hub.subscribe(self.meeting, self.first) as listener:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            tasks = {
                asyncio.ensure_future(one)
                for one in (send_events(listener, self.last, send), wait_for_disconnect(receive))
            }
            try:
                await asyncio.wait(tasks, timeout=MAX_DURATION_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):  # one that does not read is not waited for
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})


async def send_events(subscription: Subscription, last_id: str | None, send: Send) -> None:
    """Sending waits for a listener that is slow; what has come meanwhile is then the newest only."""

    async def say(piece: bytes) -> None:
        await send({"type": "http.response.body", "body": piece, "more_body": True})

    await say(RETRY_FIELD)
    while not subscription.is_ended:
        if subscription.id != last_id:
            last_id = subscription.id
            await say(format_event(last_id, subscription.body))
        elif not await subscription.wait_for_change(HEARTBEAT_SECONDS):
            await say(HEARTBEAT_COMMENT)


def format_event(id: str, body: bytes) -> bytes:
    data = b"\ndata: ".join(body.splitlines())
    return b"event: summary\nid: %b\ndata: %b\n\n" % (id.encode(), data)


async def wait_for_disconnect(receive: Receive) -> None:
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
    """Listen to a roll in numbers

    The summary at once and whenever it has changed, at most once a second, as Server-Sent Events named `summary`. A
    comment every 15 seconds shows that the connection lives; after 10 minutes it ends, and the client comes back. Open
    for every meeting, as the summary.
    """
    hub: SummaryBroadcaster = state_of(request.app).summary_broadcaster
    body = await hub.find_summary(code)
    if body is None:
        raise NotFound
    return EventStream(hub, code, body, last_event_id)
