"""CheckInBatcher stores concurrent submissions together and returns each its own results."""

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


def build_submission(device: str, meeting: str = "m") -> DeviceSubmission:
    return DeviceSubmission(meeting, device, 0, after_start(0), 0, after_start(0), "a client", None, [])


def build_results(device: str) -> list[ScanResult]:
    return [ScanResult(201, device, after_start(0), 0)]


class BlockingStore:
    """Stores batches after it was released; the outcome of each scan is the name of its device."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.released = asyncio.Event()
        self.errors: dict[str, Exception] = {}

    async def __call__(self, submissions: Sequence[DeviceSubmission]) -> list[list[ScanResult]]:
        devices = [submission.device_id for submission in submissions]
        self.batches.append(devices)
        await self.released.wait()
        for device in devices:
            if device in self.errors:
                raise self.errors[device]
        return [build_results(device) for device in devices]


class BatcherHarness:
    """A batcher over a blocking store."""

    def __init__(self, timeout: float = 60) -> None:
        self.store = BlockingStore()
        self.batcher = CheckInBatcher(self.store, timeout)

    async def submit(self, *devices: str, meeting: str = "m") -> list["asyncio.Task[list[ScanResult]]"]:
        """Start a submission of each device and let the batcher run."""
        tasks = [asyncio.create_task(self.batcher.submit(build_submission(device, meeting))) for device in devices]
        for _ in range(3):
            await asyncio.sleep(0)
        return tasks

    async def release(self, tasks: Sequence["asyncio.Task[list[ScanResult]]"]) -> list[Any]:
        """Release the store and return the results or errors of the tasks."""
        self.store.released.set()
        return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def harness() -> BatcherHarness:
    return BatcherHarness()


async def test_first_submission_starts_at_once_and_later_ones_share_a_batch(harness: BatcherHarness) -> None:
    tasks = [*await harness.submit("a"), *await harness.submit("b", "c")]
    assert harness.store.batches == [["a"]]
    assert await harness.release(tasks) == [build_results("a"), build_results("b"), build_results("c")]
    assert harness.store.batches == [["a"], ["b", "c"]]


async def test_new_queue_starts_after_the_last_is_empty(harness: BatcherHarness) -> None:
    await harness.release(await harness.submit("a"))
    assert await harness.release(await harness.submit("b")) == [build_results("b")]


async def test_two_submissions_of_one_device_go_into_different_batches(harness: BatcherHarness) -> None:
    """Within one batch, the clock offset of the device would depend on the order of its submissions."""
    await harness.release([*await harness.submit("a"), *await harness.submit("b", "c", "b", "d", "b")])
    assert harness.store.batches == [["a"], ["b", "c", "d"], ["b"], ["b"]]


async def test_batch_has_maximum_size(harness: BatcherHarness) -> None:
    devices = [f"gate-{n}" for n in range(MAX_SUBMISSIONS_PER_TRANSACTION + 3)]
    await harness.release([*await harness.submit("a"), *await harness.submit(*devices)])
    assert [len(batch) for batch in harness.store.batches] == [1, MAX_SUBMISSIONS_PER_TRANSACTION, 3]


async def test_meetings_do_not_wait_for_each_other(harness: BatcherHarness) -> None:
    tasks = [*await harness.submit("a"), *await harness.submit("b", meeting="other")]
    assert harness.store.batches == [["a"], ["b"]]
    await harness.release(tasks)


async def test_error_of_one_submission_does_not_affect_others(harness: BatcherHarness) -> None:
    harness.store.errors["b"] = error = ValueError("out of range")
    results = await harness.release([*await harness.submit("a"), *await harness.submit("b", "c")])
    assert results == [build_results("a"), error, build_results("c")]
    assert harness.store.batches == [["a"], ["b", "c"], ["b"], ["c"]]


async def test_unavailable_database_fails_batch_without_retry(harness: BatcherHarness) -> None:
    harness.store.errors["b"] = Unavailable()
    results = await harness.release([*await harness.submit("a"), *await harness.submit("b", "c")])
    assert [type(result) for result in results] == [list, Unavailable, Unavailable]
    assert harness.store.batches == [["a"], ["b", "c"]]


async def test_lock_timeout_of_one_submission_does_not_affect_others(harness: BatcherHarness) -> None:
    harness.store.errors["b"] = contention = Unavailable()
    contention.__cause__ = DBAPIError("check_in", {}, LockNotAvailableError("in use"))
    results = await harness.release([*await harness.submit("a"), *await harness.submit("b", "c")])
    assert results == [build_results("a"), contention, build_results("c")]
    assert sorted(harness.store.batches[2:]) == [["b"], ["c"]]


async def test_cancelled_task_fails_its_submissions_and_later_ones_succeed(harness: BatcherHarness) -> None:
    """Submissions that are being stored fail, and also those that wait in the queue."""
    tasks = [*await harness.submit("a", "b"), *await harness.submit("c")]
    assert harness.store.batches == [["a", "b"]]
    (task,) = harness.batcher._tasks
    task.cancel()
    for _ in range(9):
        await asyncio.sleep(0)
    results = [task.done() and type(task.exception()) for task in tasks]
    for pending in tasks:
        pending.cancel()
    assert results == [Unavailable] * 3
    assert await harness.release(await harness.submit("d")) == [build_results("d")]


async def test_timeout_raises_unavailable_and_abandoned_submissions_are_not_stored() -> None:
    harness = BatcherHarness(timeout=0.05)
    tasks = [*await harness.submit("a"), *await harness.submit("b", "c")]
    tasks[2].cancel()
    await asyncio.wait(tasks)
    assert [type(task.exception()) for task in tasks[:2]] == [Unavailable, Unavailable]
    assert await harness.release(await harness.submit("d")) == [build_results("d")]
    assert harness.store.batches == [["a"], ["d"]]


async def test_concurrent_devices_get_results_of_their_own_scans(app: FastAPI, meeting: MeetingClient) -> None:
    """Eight devices with different clock skews scan one badge, and eight others another one."""
    headers = bearer_headers(app, Scope.CHECK_INS_WRITE)
    state_of(meeting.app).receipt_clock.now = FixedClock(after_start(100))

    async def check_in(n: int, badge: int) -> dict[str, Any]:
        scan = meeting.new_scan(badge, 60, skew=n)
        body = {"device_id": f"gate-{badge}-{n}", "device_sent_at": after_start(100 + n).isoformat(), **scan}
        response = await meeting.client.post(f"{meeting.path}/check-ins", json=body, headers=headers)
        assert (response.status_code, response.json()["scan_id"]) == (201, scan["scan_id"])
        assert (parse_instant(response.json()["effective_at"]), response.json()["clock_skew_ms"]) == (
            after_start(60),
            n * 1000,
        )
        result: dict[str, Any] = response.json()
        return result

    results = await asyncio.gather(*(check_in(n, badge) for n in range(8) for badge in (0, 1)))
    for badge in (0, 1):
        outcomes = sorted(result["outcome"] for result in results[badge::2])
        assert outcomes == ["already_entered"] * 7 + ["first_entry"]
        assert (await meeting.get_attendance(badge))["status"] == "present"
    assert sorted((await meeting.get_scan_outcomes()).values()) == ["already_entered"] * 14 + ["first_entry"] * 2
