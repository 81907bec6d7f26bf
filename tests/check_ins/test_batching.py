"""Posts that wait at the same moment go in together, and each is answered for itself."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from asyncpg import LockNotAvailableError
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from app.auth import Scope
from app.check_ins.batching import MAX_SUBMISSIONS_PER_TRANSACTION, CheckInBatcher
from app.check_ins.repository import DeviceSubmission, ScanResult
from app.core.problems import Unavailable
from app.state import state_of
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import FixedClock, MeetingClient, after_start, parse_instant


def post(device: str, meeting: str = "m") -> DeviceSubmission:
    return DeviceSubmission(meeting, device, 0, after_start(0), after_start(0), "a client", None, [])


def answer(device: str) -> list[ScanResult]:
    return [ScanResult(201, device, after_start(0), 0)]


class Store:
    """Keeps a group when it is let, and tells each post its device."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.let = asyncio.Event()
        self.wrong: dict[str, Exception] = {}

    async def __call__(self, posts: Sequence[DeviceSubmission]) -> list[list[ScanResult]]:
        devices = [one.device_id for one in posts]
        self.groups.append(devices)
        await self.let.wait()
        for device in devices:
            if device in self.wrong:
                raise self.wrong[device]
        return [answer(device) for device in devices]


class Doors:
    """Posts that are under way."""

    def __init__(self, seconds: float = 60) -> None:
        self.store = Store()
        self.gathering = CheckInBatcher(self.store, seconds)

    async def come(self, *devices: str, meeting: str = "m") -> list["asyncio.Task[list[ScanResult]]"]:
        tasks = [asyncio.create_task(self.gathering.submit(post(device, meeting))) for device in devices]
        for _ in range(3):
            await asyncio.sleep(0)
        return tasks

    async def told(self, tasks: Sequence["asyncio.Task[list[ScanResult]]"]) -> list[Any]:
        self.store.let.set()
        return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def doors() -> Doors:
    return Doors()


async def test_who_comes_alone_does_not_wait_and_the_next_go_together(doors: Doors) -> None:
    tasks = [*await doors.come("a"), *await doors.come("b", "c")]
    assert doors.store.groups == [["a"]]
    assert await doors.told(tasks) == [answer("a"), answer("b"), answer("c")]
    assert doors.store.groups == [["a"], ["b", "c"]]


async def test_after_all_have_gone_it_begins_anew(doors: Doors) -> None:
    await doors.told(await doors.come("a"))
    assert await doors.told(await doors.come("b")) == [answer("b")]


async def test_a_device_that_sends_twice_is_heard_twice(doors: Doors) -> None:
    """Of two posts in one group the shift of its clock would hang on their order there."""
    await doors.told([*await doors.come("a"), *await doors.come("b", "c", "b", "d", "b")])
    assert doors.store.groups == [["a"], ["b", "c", "d"], ["b"], ["b"]]


async def test_a_group_has_an_end(doors: Doors) -> None:
    devices = [f"gate-{n}" for n in range(MAX_SUBMISSIONS_PER_TRANSACTION + 3)]
    await doors.told([*await doors.come("a"), *await doors.come(*devices)])
    assert [len(group) for group in doors.store.groups] == [1, MAX_SUBMISSIONS_PER_TRANSACTION, 3]


async def test_a_meeting_does_not_wait_for_another(doors: Doors) -> None:
    tasks = [*await doors.come("a"), *await doors.come("b", meeting="other")]
    assert doors.store.groups == [["a"], ["b"]]
    await doors.told(tasks)


async def test_what_one_has_wrong_is_not_the_others_fault(doors: Doors) -> None:
    doors.store.wrong["b"] = fault = ValueError("out of range")
    told = await doors.told([*await doors.come("a"), *await doors.come("b", "c")])
    assert told == [answer("a"), fault, answer("c")]
    assert doors.store.groups == [["a"], ["b", "c"], ["b"], ["c"]]


async def test_where_the_database_is_away_nobody_tries_again(doors: Doors) -> None:
    doors.store.wrong["b"] = Unavailable()
    told = await doors.told([*await doors.come("a"), *await doors.come("b", "c")])
    assert [type(one) for one in told] == [list, Unavailable, Unavailable]
    assert doors.store.groups == [["a"], ["b", "c"]]


async def test_who_waits_for_a_lock_does_not_take_the_others_along(doors: Doors) -> None:
    doors.store.wrong["b"] = gave_way = Unavailable()
    gave_way.__cause__ = DBAPIError("check_in", {}, LockNotAvailableError("in use"))
    told = await doors.told([*await doors.come("a"), *await doors.come("b", "c")])
    assert told == [answer("a"), gave_way, answer("c")]
    assert sorted(doors.store.groups[2:]) == [["b"], ["c"]]


async def test_when_it_breaks_off_all_are_told_at_once_and_whoever_comes_next_is_served(doors: Doors) -> None:
    """Those whose posts are being stored as well as those who wait for them."""
    tasks = [*await doors.come("a", "b"), *await doors.come("c")]
    assert doors.store.groups == [["a", "b"]]
    (task,) = doors.gathering._tasks
    task.cancel()
    for _ in range(9):
        await asyncio.sleep(0)
    told = [task.done() and type(task.exception()) for task in tasks]
    for one in tasks:
        one.cancel()
    assert told == [Unavailable] * 3
    assert await doors.told(await doors.come("d")) == [answer("d")]


async def test_nobody_waits_for_ever_and_nothing_is_stored_for_who_has_gone() -> None:
    doors = Doors(seconds=0.05)
    tasks = [*await doors.come("a"), *await doors.come("b", "c")]
    tasks[2].cancel()
    await asyncio.wait(tasks)
    assert [type(task.exception()) for task in tasks[:2]] == [Unavailable, Unavailable]
    assert await doors.told(await doors.come("d")) == [answer("d")]
    assert doors.store.groups == [["a"], ["d"]]


async def test_gates_that_scan_at_the_same_moment_are_each_told_of_their_own(
    app: FastAPI, meeting: MeetingClient
) -> None:
    """Eight devices whose clocks are apart scan one badge, and eight another."""
    headers = bearer_headers(app, Scope.CHECK_INS_WRITE)
    state_of(meeting.app).receipt_clock = FixedClock(after_start(100))

    async def check_in(n: int, badge: int) -> dict[str, Any]:
        scan = meeting.new_scan(badge, 60, skew=n)
        body = {"device_id": f"gate-{badge}-{n}", "device_sent_at": after_start(100 + n).isoformat(), **scan}
        told = await meeting.client.post(f"{meeting.path}/check-ins", json=body, headers=headers)
        assert (told.status_code, told.json()["scan_id"]) == (201, scan["scan_id"])
        assert (parse_instant(told.json()["effective_at"]), told.json()["clock_skew_ms"]) == (after_start(60), n * 1000)
        found: dict[str, Any] = told.json()
        return found

    told = await asyncio.gather(*(check_in(n, badge) for n in range(8) for badge in (0, 1)))
    for badge in (0, 1):
        outcomes = sorted(one["outcome"] for one in told[badge::2])
        assert outcomes == ["already_entered"] * 7 + ["first_entry"]
        assert (await meeting.get_attendance(badge))["status"] == "present"
    assert sorted((await meeting.get_scan_outcomes()).values()) == ["already_entered"] * 14 + ["first_entry"] * 2
