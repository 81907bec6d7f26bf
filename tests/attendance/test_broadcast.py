"""The broadcaster with synthetic summaries that it polls every 20 ms: errors, slow clients, and too many clients."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from app.attendance import live_router
from app.attendance.broadcast import SummaryBroadcaster
from app.core.problems import Unavailable
from tests.attendance.event_stream_client import EventStreamClient, open_event_stream, wait_until


@pytest.fixture
def summaries() -> dict[str, Any]:
    """The summary of each meeting, or the exception to raise instead."""
    return {"a": b"1", "b": b"1"}


@pytest.fixture
async def broadcaster(summaries: dict[str, Any]) -> AsyncIterator[SummaryBroadcaster]:
    async def find(meeting: str) -> bytes | None:
        summary = summaries.get(meeting)
        if isinstance(summary, Exception):
            raise summary
        return summary

    broadcaster = SummaryBroadcaster(find, max_subscribers=3, interval=0.02)
    yield broadcaster
    await broadcaster.stop()


def create_stream(broadcaster: SummaryBroadcaster, meeting: str = "a") -> Callable[..., Awaitable[None]]:
    """Create the response of the route for a meeting, as an ASGI app."""
    return live_router.EventStream(broadcaster, meeting, b"1")


@pytest.mark.parametrize("error", [Unavailable(), RuntimeError("a programming error")])
async def test_stream_survives_an_error_of_the_poll(
    broadcaster: SummaryBroadcaster, summaries: dict[str, Any], error: Exception
) -> None:
    async with open_event_stream(create_stream(broadcaster)) as client:
        await client.wait_for_events(1)
        summaries["a"] = error
        await asyncio.sleep(0.1)
        assert not client.ended.is_set()
        summaries["a"] = b"2"
        assert [event.data for event in await client.wait_for_events(2)] == ["1", "2"]


async def test_slow_client_delays_nobody_and_gets_the_newest_summary(
    broadcaster: SummaryBroadcaster, summaries: dict[str, Any]
) -> None:
    async with (
        open_event_stream(create_stream(broadcaster)) as slow,
        open_event_stream(create_stream(broadcaster)) as other,
    ):
        await slow.wait_for_events(1)
        slow.may_send.clear()
        for n in range(2, 6):
            summaries["a"] = str(n).encode()
            await other.wait_for_events(n)
        slow.may_send.set()
        await wait_until(lambda: slow.events[-1].data == "5")
        assert len(slow.events) <= 3  # the first, the one being sent, and the newest


async def test_stream_of_a_client_that_does_not_read_is_closed(
    broadcaster: SummaryBroadcaster, summaries: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_router, "CLOSE_TIMEOUT_SECONDS", 0.1)
    client = EventStreamClient("/", {})
    task = asyncio.ensure_future(create_stream(broadcaster)(client.scope, client.receive, client.send))
    await client.wait_for_events(1)
    client.may_send.clear()
    summaries["a"] = b"2"
    await asyncio.sleep(0.1)
    client.disconnect()
    await asyncio.wait_for(task, 2)
    assert broadcaster.subscriber_count == 0


async def test_stream_has_events_of_its_own_meeting_only(
    broadcaster: SummaryBroadcaster, summaries: dict[str, Any]
) -> None:
    async with (
        open_event_stream(create_stream(broadcaster, "a")) as first,
        open_event_stream(create_stream(broadcaster, "b")) as second,
    ):
        summaries["b"] = b"2"
        await second.wait_for_events(2)
        assert [event.data for event in first.events] == ["1"]


async def test_too_many_subscribers_are_refused(broadcaster: SummaryBroadcaster) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for meeting in ("a", "a", "b"):
            await stack.enter_async_context(open_event_stream(create_stream(broadcaster, meeting)))
        with pytest.raises(Unavailable) as refused:
            await broadcaster.find_summary("a")
        assert int(refused.value.headers["Retry-After"]) > 0
        with pytest.raises(Unavailable), broadcaster.subscribe("a", b"1"):
            pass
        assert broadcaster.subscriber_count == 3
    assert await broadcaster.find_summary("a") == b"1"


async def test_closing_ends_all_streams(broadcaster: SummaryBroadcaster) -> None:
    async with (
        open_event_stream(create_stream(broadcaster, "a")) as first,
        open_event_stream(create_stream(broadcaster, "b")) as second,
    ):
        broadcaster.close()
        for client in (first, second):
            await asyncio.wait_for(client.ended.wait(), 1)
    with pytest.raises(Unavailable):
        await broadcaster.find_summary("a")


async def test_each_line_of_a_summary_is_a_data_field() -> None:
    assert live_router.format_event("x", b"1\n2") == b"event: summary\nid: x\ndata: 1\ndata: 2\n\n"
