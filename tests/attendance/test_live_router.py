"""A roll in numbers, listened to: who hears what and when, and what it costs."""

import asyncio
import contextlib
import json

import httpx
import pytest
from fastapi import FastAPI

from app.attendance import live_router
from app.attendance.broadcast import SummaryBroadcaster
from app.state import state_of
from tests.attendance import synthetic_rolls
from tests.attendance.event_stream_client import open_event_stream, wait_until
from tests.conftest import fetch
from tests.quorum import plenary_client
from tests.quorum.plenary_client import PlenaryClient

AT = "/v1/meetings/rakornas-2022-06/attendance"
LIVE = f"{AT}/live"
COMES = "UPDATE participants SET status = 'absent' WHERE id = (SELECT min(id::text)::uuid FROM participants)"


@pytest.fixture
def app(own_app: FastAPI) -> FastAPI:
    """A service that reads what is listened to more often than once a second; `statements` counts those of this one."""
    state_of(own_app).summary_broadcaster._interval = 0.05
    return own_app


async def readings(hub: SummaryBroadcaster, number: int) -> None:
    """Wait for so many more readings by the task that all listeners share."""
    done, read_all = asyncio.Semaphore(0), hub._poll_once

    async def read_and_count() -> None:
        await read_all()
        done.release()

    hub._poll_once = read_and_count  # type: ignore[method-assign]
    async with asyncio.timeout(10):
        for _ in range(number):
            await done.acquire()
    hub._poll_once = read_all  # type: ignore[method-assign]


def test_what_is_listened_to_is_read_once_a_second(own_app: FastAPI) -> None:
    assert state_of(own_app).summary_broadcaster._interval == 1.0


async def test_the_summary_comes_at_once(app: FastAPI, own_client: httpx.AsyncClient) -> None:
    summary = await own_client.get(f"{AT}/summary")
    async with open_event_stream(app, LIVE) as listener:
        [event] = await listener.wait_for_events(1, within=0.5)
    assert event.data == summary.text
    assert event.id == summary.headers["etag"].strip('"')
    assert listener.status == 200
    assert listener.text.startswith("retry: 3000\n\n")
    wanted = {"content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no"}
    assert {name: listener.headers[name] for name in wanted} == wanted
    assert listener.headers["access-control-allow-origin"] == "*"


async def test_all_hear_of_a_check_in(app: FastAPI, own_client: httpx.AsyncClient, own_url: str) -> None:
    room = PlenaryClient(app, own_client, own_url, await plenary_client.insert_plenary(own_url))
    await room.fetch_badges()
    target = f"{plenary_client.PLENARY}/attendance/live"
    async with open_event_stream(app, target) as one, open_event_stream(app, target) as other:
        await room.scan(0, "09:00")
        heard = [await listener.wait_for_events(2, within=2.0) for listener in (one, other)]
    assert heard[0] == heard[1]
    assert [json.loads(event.data)["present"] for event in heard[0]] == [0, 1]


async def test_nothing_is_said_twice(app: FastAPI, own_url: str) -> None:
    async with open_event_stream(app, LIVE) as listener:
        await readings(state_of(app).summary_broadcaster, 2)
        assert len(listener.events) == 1
        await fetch(own_url, COMES)
        await listener.wait_for_events(2)
        await readings(state_of(app).summary_broadcaster, 2)
        assert len(listener.events) == 2


async def test_who_comes_back_hears_what_is_new_only(app: FastAPI, own_url: str) -> None:
    async with open_event_stream(app, LIVE) as listener:
        [event] = await listener.wait_for_events(1)
    async with open_event_stream(app, LIVE, Last_Event_ID=event.id) as listener:
        assert listener.events == []
        await fetch(own_url, COMES)
        [new] = await listener.wait_for_events(1)
        assert new.id != event.id
    async with open_event_stream(app, LIVE, Last_Event_ID=event.id) as listener:
        assert await listener.wait_for_events(1, within=0.5) == [new]


async def test_fifty_cost_the_database_no_more_than_one(app: FastAPI, statements: list[str]) -> None:
    state_of(app).summary_broadcaster._interval = 1.0
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(50):
            await (await stack.enter_async_context(open_event_stream(app, LIVE))).wait_for_events(1)
        assert len(statements) < 25  # the first one's, and one for each reading: not one for each listener
        state_of(app).summary_broadcaster._interval = 0.2
        await readings(state_of(app).summary_broadcaster, 1)
        del statements[:]
        await readings(state_of(app).summary_broadcaster, 3)
        assert 1 <= len(statements) <= 4
    await wait_until(lambda: not state_of(app).summary_broadcaster.is_polling)
    del statements[:]
    await asyncio.sleep(0.5)
    assert statements == []


async def test_who_leaves_is_forgotten(app: FastAPI) -> None:
    hub: SummaryBroadcaster = state_of(app).summary_broadcaster
    async with open_event_stream(app, LIVE) as one:
        async with open_event_stream(app, LIVE):
            assert hub.subscriber_count == 2
        assert hub.subscriber_count == 1
        one.disconnect()
        await wait_until(lambda: hub.subscriber_count == 0)
    await wait_until(lambda: not hub.is_polling)
    assert hub._topics == {}


async def test_where_there_is_no_meeting(own_client: httpx.AsyncClient) -> None:
    answer = await own_client.get("/v1/meetings/nowhere/attendance/live")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("accept", "status"), [("application/json", 406), ("text/event-stream;q=0, */*", 406), ("text/*", 200)]
)
async def test_events_are_for_who_accepts_them(app: FastAPI, accept: str, status: int) -> None:
    async with open_event_stream(app, LIVE, Accept=accept) as listener:
        assert listener.status == status


async def test_a_restricted_roll_is_open_in_numbers(app: FastAPI, own_url: str) -> None:
    await synthetic_rolls.insert_rolls(own_url, mixed=False)
    async with open_event_stream(app, "/v1/meetings/closed/attendance/live") as listener:
        [event] = await listener.wait_for_events(1)
    assert json.loads(event.data)["absent"]["excused"] == 1
    assert "sick" not in event.data


async def test_it_ends_with_its_meeting(app: FastAPI, own_url: str) -> None:
    await synthetic_rolls.insert_rolls(own_url, mixed=False)
    async with open_event_stream(app, "/v1/meetings/empty/attendance/live") as listener:
        await fetch(own_url, "DELETE FROM sessions WHERE meeting = 'empty'")
        await fetch(own_url, "DELETE FROM meetings WHERE code = 'empty'")
        await asyncio.wait_for(listener.ended.wait(), 3)


async def test_a_head_ends_at_once(app: FastAPI) -> None:
    async with open_event_stream(app, LIVE, "HEAD") as listener:
        await asyncio.wait_for(listener.ended.wait(), 1)
        assert (listener.status, listener.text) == (200, "")
        await wait_until(lambda: state_of(app).summary_broadcaster.subscriber_count == 0)


async def test_a_condition_does_not_hold_it(app: FastAPI) -> None:
    async with open_event_stream(app, LIVE, If_None_Match="*") as listener:
        assert listener.status == 200
        await listener.wait_for_events(1, within=0.5)


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
async def test_it_is_not_compressed(app: FastAPI, coding: str) -> None:
    async with open_event_stream(app, LIVE, Accept_Encoding=coding) as listener:
        await listener.wait_for_events(1, within=0.5)
    assert "content-encoding" not in listener.headers


async def test_a_sign_of_life_comes_while_nothing_changes(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_router, "HEARTBEAT_SECONDS", 0.1)
    async with open_event_stream(app, LIVE) as listener:
        await wait_until(lambda: listener.text.count("\n: \n\n") >= 3, within=2)
        assert len(listener.events) == 1


async def test_it_lasts_no_longer_than_it_may(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_router, "MAX_DURATION_SECONDS", 0.3)
    async with open_event_stream(app, LIVE) as listener:
        await asyncio.wait_for(listener.ended.wait(), 2)
    assert state_of(app).summary_broadcaster.subscriber_count == 0
