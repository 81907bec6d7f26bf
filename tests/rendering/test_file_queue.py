"""The limits of files made at once: by caller and by worker, after a short wait."""

import asyncio
from collections.abc import Hashable

import pytest

from app.core.problems import Problem, TooManyRequests, Unavailable
from app.rendering.file_queue import FileQueue

WAIT = 0.2


async def occupy(queue: FileQueue, caller: Hashable, seconds: float) -> int:
    """Occupy a place for some seconds; return 200 or the status of the refusal."""
    try:
        async with queue.acquire_place(caller):
            await asyncio.sleep(seconds)
    except Problem as problem:
        return problem.status
    return 200


async def test_second_file_of_a_caller_waits_and_a_third_is_refused_at_once() -> None:
    queue = FileQueue(2, 1, wait=WAIT)
    assert await asyncio.gather(*(occupy(queue, "a", 0.05) for _ in range(3))) == [200, 200, 429]


async def test_wait_for_a_file_of_the_same_caller_ends_with_429() -> None:
    queue = FileQueue(2, 1, wait=WAIT)
    assert await asyncio.gather(*(occupy(queue, "a", 2 * WAIT) for _ in range(2))) == [200, 429]


async def test_wait_for_files_of_others_ends_with_503() -> None:
    queue = FileQueue(2, 1, wait=WAIT)
    assert await asyncio.gather(*(occupy(queue, caller, 2 * WAIT) for caller in "abc")) == [200, 200, 503]
    assert await asyncio.gather(*(occupy(queue, caller, WAIT / 4) for caller in "abc")) == [200, 200, 200]


async def test_one_caller_leaves_a_place_to_others() -> None:
    queue = FileQueue(2, 1, wait=WAIT)
    greedy = [asyncio.create_task(occupy(queue, "a", 2 * WAIT)) for _ in range(24)]
    await asyncio.sleep(0)
    assert await occupy(queue, "b", 0) == 200
    assert sorted(await asyncio.gather(*greedy)) == [200, *[429] * 23]


async def test_refusals_say_when_to_retry_and_why() -> None:
    queue = FileQueue(1, 1, wait=0)
    async with queue.acquire_place("a"):
        with pytest.raises(TooManyRequests) as own:
            async with queue.acquire_place("a"):
                raise AssertionError("the second file was made")
        with pytest.raises(Unavailable) as full:
            async with queue.acquire_place("b"):
                raise AssertionError("the second file was made")
    assert own.value.headers["RateLimit-Policy"] == '"files";q=1;qu="concurrent-requests"'
    assert own.value.detail.en.startswith("Another file of yours")
    assert own.value.headers["Retry-After"] == full.value.headers["Retry-After"] == "5"


async def test_place_is_free_after_an_error_and_a_cancelled_wait() -> None:
    queue = FileQueue(1, 1, wait=WAIT)
    with pytest.raises(OSError, match="gone"):
        async with queue.acquire_place("a"):
            raise OSError("gone")
    first, second = (asyncio.create_task(occupy(queue, caller, WAIT / 2)) for caller in "ab")
    await asyncio.sleep(0.01)
    second.cancel()
    assert await first == 200
    assert await occupy(queue, "b", 0) == 200
    assert queue._callers == {}
