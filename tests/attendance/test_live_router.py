"""The event stream of a meeting's summary: its events, their times, and their cost."""

import asyncio
import contextlib
import json
from datetime import datetime

import httpx
import pytest
from fastapi import FastAPI

from app.attendance import live_router
from app.attendance.broadcast import SummaryBroadcaster
from app.state import state_of
from tests.attendance import synthetic_rolls
from tests.attendance.event_stream_client import open_event_stream, wait_until
from tests.conftest import fetch_value
from tests.quorum import plenary_client
from tests.quorum.plenary_client import PlenaryClient

AT = "/v1/meetings/rakornas-2022-06/attendance"
LIVE = f"{AT}/live"
SET_ONE_ABSENT = "UPDATE participants SET status = 'absent' WHERE id = (SELECT min(id::text)::uuid FROM participants)"


@pytest.fixture
def app(own_app: FastAPI) -> FastAPI:
    """Return a service that polls summaries every 50 ms; `statements` records the statements of this service."""
    state_of(own_app).summary_broadcaster._interval = 0.05
    return own_app


async def wait_for_polls(broadcaster: SummaryBroadcaster, number: int) -> None:
    """Wait until the task that all clients share has polled this many times more."""
    polled, poll_once = asyncio.Semaphore(0), broadcaster._poll_once

    async def poll_once_and_count() -> None:
        await poll_once()
        polled.release()

    broadcaster._poll_once = poll_once_and_count  # type: ignore[method-assign]
    async with asyncio.timeout(10):
        for _ in range(number):
            await polled.acquire()
    broadcaster._poll_once = poll_once  # type: ignore[method-assign]


def test_poll_interval_is_one_second(own_app: FastAPI) -> None:
    assert state_of(own_app).summary_broadcaster._interval == 1.0


async def test_first_event_is_the_current_summary(app: FastAPI, own_client: httpx.AsyncClient) -> None:
    summary = await own_client.get(f"{AT}/summary")
    async with open_event_stream(app, LIVE) as client:
        [event] = await client.wait_for_events(1, within=0.5)
    assert event.data == summary.text
    assert event.id == summary.headers["etag"].strip('"')
    assert client.status == 200
    assert client.text.startswith("retry: 3000\n\n")
    expected = {"content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no"}
    assert {name: client.headers[name] for name in expected} == expected
    assert client.headers["access-control-allow-origin"] == "*"


async def test_check_in_is_sent_to_all_clients(app: FastAPI, own_client: httpx.AsyncClient, own_url: str) -> None:
    plenary = PlenaryClient(app, own_client, own_url, await plenary_client.insert_plenary(own_url))
    await plenary.fetch_badges()
    state_of(app).receipt_clock.now = lambda: datetime.fromisoformat(plenary_client.SENT_AT)
    target = f"{plenary_client.PLENARY}/attendance/live"
    async with open_event_stream(app, target) as first, open_event_stream(app, target) as second:
        await plenary.scan(0, "09:00")
        events = [await client.wait_for_events(2, within=2.0) for client in (first, second)]
    assert events[0] == events[1]
    assert [json.loads(event.data)["present"] for event in events[0]] == [0, 1]


async def test_unchanged_summary_is_not_sent_again(app: FastAPI, own_url: str) -> None:
    async with open_event_stream(app, LIVE) as client:
        await wait_for_polls(state_of(app).summary_broadcaster, 2)
        assert len(client.events) == 1
        await fetch_value(own_url, SET_ONE_ABSENT)
        await client.wait_for_events(2)
        await wait_for_polls(state_of(app).summary_broadcaster, 2)
        assert len(client.events) == 2


async def test_reconnect_with_last_event_id_gets_new_events_only(app: FastAPI, own_url: str) -> None:
    async with open_event_stream(app, LIVE) as client:
        [event] = await client.wait_for_events(1)
    async with open_event_stream(app, LIVE, Last_Event_ID=event.id) as client:
        assert client.events == []
        await fetch_value(own_url, SET_ONE_ABSENT)
        [new] = await client.wait_for_events(1)
        assert new.id != event.id
    async with open_event_stream(app, LIVE, Last_Event_ID=event.id) as client:
        assert await client.wait_for_events(1, within=0.5) == [new]


async def test_fifty_clients_cost_the_database_no_more_than_one(app: FastAPI, statements: list[str]) -> None:
    state_of(app).summary_broadcaster._interval = 1.0
    state_of(app).summary_broadcaster._max_per_address = 50
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(50):
            await (await stack.enter_async_context(open_event_stream(app, LIVE))).wait_for_events(1)
        assert len(statements) < 25  # some for the first client and one for each poll, but none for each client
        state_of(app).summary_broadcaster._interval = 0.2
        await wait_for_polls(state_of(app).summary_broadcaster, 1)
        del statements[:]
        await wait_for_polls(state_of(app).summary_broadcaster, 3)
        assert 1 <= len(statements) <= 4
    await wait_until(lambda: not state_of(app).summary_broadcaster.is_polling)
    del statements[:]
    await asyncio.sleep(0.5)
    assert statements == []


async def test_address_may_have_twenty_streams(own_app: FastAPI) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(open_event_stream(own_app, LIVE)) for _ in range(20)]
        for client in clients:
            await client.wait_for_events(1)
        refused = await stack.enter_async_context(open_event_stream(own_app, LIVE))
        async with asyncio.timeout(5):
            await refused.ended.wait()
        assert (refused.status, json.loads(refused.text)["code"]) == (429, "too_many_requests")
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["ratelimit-policy"] == '"listeners";q=20;qu="concurrent-requests"'
        elsewhere = await stack.enter_async_context(open_event_stream(own_app, LIVE, address="198.51.100.7"))
        await elsewhere.wait_for_events(1)
        clients[0].disconnect()
        await wait_until(lambda: state_of(own_app).summary_broadcaster.subscriber_count == 20)
        await (await stack.enter_async_context(open_event_stream(own_app, LIVE))).wait_for_events(1)
    await wait_until(lambda: not state_of(own_app).summary_broadcaster._counts_by_address)


async def test_disconnect_ends_the_subscription_and_the_polling(app: FastAPI) -> None:
    broadcaster: SummaryBroadcaster = state_of(app).summary_broadcaster
    async with open_event_stream(app, LIVE) as client:
        async with open_event_stream(app, LIVE):
            assert broadcaster.subscriber_count == 2
        assert broadcaster.subscriber_count == 1
        client.disconnect()
        await wait_until(lambda: broadcaster.subscriber_count == 0)
    await wait_until(lambda: not broadcaster.is_polling)
    assert broadcaster._topics == {}


async def test_unknown_meeting_is_404(own_client: httpx.AsyncClient) -> None:
    response = await own_client.get("/v1/meetings/nowhere/attendance/live")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("accept", "status"), [("application/json", 406), ("text/event-stream;q=0, */*", 406), ("text/*", 200)]
)
async def test_other_media_types_are_406(app: FastAPI, accept: str, status: int) -> None:
    async with open_event_stream(app, LIVE, Accept=accept) as client:
        assert client.status == status


async def test_restricted_roll_is_streamed_without_a_token(app: FastAPI, own_url: str) -> None:
    await synthetic_rolls.insert_rolls(own_url, mixed=False)
    async with open_event_stream(app, "/v1/meetings/closed/attendance/live") as client:
        [event] = await client.wait_for_events(1)
    assert json.loads(event.data)["absent"]["excused"] == 1
    assert "sick" not in event.data


async def test_stream_ends_when_the_meeting_is_deleted(app: FastAPI, own_url: str) -> None:
    await synthetic_rolls.insert_rolls(own_url, mixed=False)
    async with open_event_stream(app, "/v1/meetings/empty/attendance/live") as client:
        await fetch_value(own_url, "DELETE FROM sessions WHERE meeting = 'empty'")
        await fetch_value(own_url, "DELETE FROM meetings WHERE code = 'empty'")
        await asyncio.wait_for(client.ended.wait(), 3)


async def test_head_response_ends_at_once(app: FastAPI) -> None:
    async with open_event_stream(app, LIVE, "HEAD") as client:
        await asyncio.wait_for(client.ended.wait(), 1)
        assert (client.status, client.text) == (200, "")
        await wait_until(lambda: state_of(app).summary_broadcaster.subscriber_count == 0)


async def test_if_none_match_is_ignored(app: FastAPI) -> None:
    async with open_event_stream(app, LIVE, If_None_Match="*") as client:
        assert client.status == 200
        await client.wait_for_events(1, within=0.5)


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
async def test_stream_is_not_compressed(app: FastAPI, coding: str) -> None:
    async with open_event_stream(app, LIVE, Accept_Encoding=coding) as client:
        await client.wait_for_events(1, within=0.5)
    assert "content-encoding" not in client.headers


async def test_heartbeats_are_sent_while_nothing_changes(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_router, "HEARTBEAT_SECONDS", 0.1)
    async with open_event_stream(app, LIVE) as client:
        await wait_until(lambda: client.text.count("\n: \n\n") >= 3, within=2)
        assert len(client.events) == 1


async def test_stream_ends_after_its_maximum_duration(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_router, "MAX_DURATION_SECONDS", 0.3)
    async with open_event_stream(app, LIVE) as client:
        await asyncio.wait_for(client.ended.wait(), 2)
    assert state_of(app).summary_broadcaster.subscriber_count == 0
