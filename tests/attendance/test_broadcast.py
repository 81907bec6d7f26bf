"""Those who listen, over made-up numbers that are read every 20 ms: faults, the slow, and the many."""

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
def numbers() -> dict[str, Any]:
    return {"a": b"1", "b": b"1"}


@pytest.fixture
async def hub(numbers: dict[str, Any]) -> AsyncIterator[SummaryBroadcaster]:
    async def read(meeting: str) -> bytes | None:
        found = numbers.get(meeting)
        if isinstance(found, Exception):
            raise found
        return found

    hub = SummaryBroadcaster(read, max_subscribers=3, interval=0.02)
    yield hub
    await hub.stop()


def stream(hub: SummaryBroadcaster, meeting: str = "a") -> Callable[..., Awaitable[None]]:
    return live_router.EventStream(hub, meeting, b"1", None)


@pytest.mark.parametrize("fault", [Unavailable(), RuntimeError("a fault of ours")])
async def test_a_fault_is_waited_out(hub: SummaryBroadcaster, numbers: dict[str, Any], fault: Exception) -> None:
    async with open_event_stream(stream(hub)) as listener:
        await listener.wait_for_events(1)
        numbers["a"] = fault
        await asyncio.sleep(0.1)
        assert not listener.ended.is_set()
        numbers["a"] = b"2"
        assert [event.data for event in await listener.wait_for_events(2)] == ["1", "2"]


async def test_one_that_is_slow_holds_nobody_and_gets_the_newest(
    hub: SummaryBroadcaster, numbers: dict[str, Any]
) -> None:
    async with open_event_stream(stream(hub)) as slow, open_event_stream(stream(hub)) as other:
        await slow.wait_for_events(1)
        slow.may_send.clear()
        for n in range(2, 6):
            numbers["a"] = str(n).encode()
            await other.wait_for_events(n)
        slow.may_send.set()
        await wait_until(lambda: slow.events[-1].data == "5")
        assert len(slow.events) <= 3  # the first, the one that was on its way, and the newest


async def test_one_that_does_not_read_is_left_at_the_end(
    hub: SummaryBroadcaster, numbers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_router, "CLOSE_TIMEOUT_SECONDS", 0.1)
    listener = EventStreamClient("/", {})
    task = asyncio.ensure_future(stream(hub)(listener.scope, listener.receive, listener.send))
    await listener.wait_for_events(1)
    listener.may_send.clear()
    numbers["a"] = b"2"
    await asyncio.sleep(0.1)
    listener.disconnect()
    await asyncio.wait_for(task, 2)
    assert hub.subscriber_count == 0


async def test_each_hears_of_its_own_meeting(hub: SummaryBroadcaster, numbers: dict[str, Any]) -> None:
    async with open_event_stream(stream(hub, "a")) as one, open_event_stream(stream(hub, "b")) as other:
        numbers["b"] = b"2"
        await other.wait_for_events(2)
        assert [event.data for event in one.events] == ["1"]


async def test_too_many_are_refused(hub: SummaryBroadcaster) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for meeting in ("a", "a", "b"):
            await stack.enter_async_context(open_event_stream(stream(hub, meeting)))
        with pytest.raises(Unavailable) as refused:
            await hub.find_summary("a")
        assert int(refused.value.headers["Retry-After"]) > 0
        with pytest.raises(Unavailable), hub.subscribe("a", b"1"):
            pass
        assert hub.subscriber_count == 3
    assert await hub.find_summary("a") == b"1"


async def test_all_end_when_it_is_closed(hub: SummaryBroadcaster) -> None:
    async with open_event_stream(stream(hub, "a")) as one, open_event_stream(stream(hub, "b")) as other:
        hub.close()
        for listener in (one, other):
            await asyncio.wait_for(listener.ended.wait(), 1)
    with pytest.raises(Unavailable):
        await hub.find_summary("a")


async def test_a_line_of_its_own_for_each_line() -> None:
    assert live_router.format_event("x", b"1\n2") == b"event: summary\nid: x\ndata: 1\ndata: 2\n\n"
