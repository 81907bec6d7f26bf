"""The processes that render files: they do not stop the event loop, and end with their worker."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import ClassVar

import psutil
import pytest

from app.core.problems import Unavailable
from app.rendering.renderer_pool import RendererPool, RenderingError
from app.rendering.renderer_process import MAX_MEMORY_BYTES, RECYCLED_AT_BYTES
from tests.rendering import jobs
from tests.service.conftest import wait_until


@pytest.fixture
async def pool() -> AsyncIterator[RendererPool]:
    pool = RendererPool()
    yield pool
    await pool.stop()


async def test_function_receives_all_items_in_order(pool: RendererPool) -> None:
    assert await pool.run(jobs.multiply, 3, items=range(1_201)) == [3 * n for n in range(1_201)]
    assert await pool.run(jobs.multiply, 3) == []


async def test_process_is_another_one_and_is_used_again(pool: RendererPool) -> None:
    first = await pool.run(jobs.get_process_id)
    assert (first != os.getpid(), await pool.run(jobs.get_process_id)) == (True, first)


async def test_concurrent_jobs_have_a_process_each(pool: RendererPool) -> None:
    assert len(set(await asyncio.gather(*(pool.run(jobs.get_process_id) for _ in range(2))))) == 2


async def test_exception_of_the_function_is_raised_with_its_traceback(pool: RendererPool) -> None:
    with pytest.raises(RenderingError, match="ValueError: no such glyph"):
        await pool.run(jobs.fail)
    assert await pool.run(jobs.multiply, 2, items=[1]) == [2]


async def test_end_of_the_process_is_503(pool: RendererPool) -> None:
    for _ in range(2):
        with pytest.raises(Unavailable):
            await pool.run(jobs.end_process)
    process = psutil.Process(await pool.run(jobs.get_process_id))
    process.kill()  # while it is idle
    process.wait(5)
    await asyncio.sleep(0.2)  # the event loop notices it
    assert await pool.run(jobs.multiply, 2, items=[1]) == [2]


async def test_command_that_cannot_start_is_503() -> None:
    with pytest.raises(Unavailable):
        await RendererPool(command=["/nonexistent/python"]).run(jobs.get_process_id)


async def test_job_that_takes_too_long_is_503_and_its_process_is_killed() -> None:
    pool = RendererPool(timeout=1.0)
    children = set(psutil.Process().children())
    with pytest.raises(Unavailable):
        await pool.run(jobs.compute_forever)
    await asyncio.sleep(0.2)
    assert set(psutil.Process().children()) - children == set()


async def test_job_that_needs_too_much_memory_is_503(pool: RendererPool) -> None:
    with pytest.raises(Unavailable):
        await pool.run(jobs.allocate, MAX_MEMORY_BYTES)
    assert await pool.run(jobs.multiply, 2, items=[1]) == [2]


async def test_process_that_needed_much_memory_is_not_used_again(pool: RendererPool) -> None:
    first = await pool.run(jobs.allocate, RECYCLED_AT_BYTES)
    assert await pool.run(jobs.get_process_id) != first


async def test_cancelled_job_ends_its_process(pool: RendererPool) -> None:
    children = set(psutil.Process().children())
    job = asyncio.create_task(pool.run(jobs.compute_forever))
    await asyncio.sleep(0.5)
    (process,) = set(psutil.Process().children()) - children
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    await asyncio.sleep(0.2)
    assert not process.is_running()


async def test_idle_process_ends() -> None:
    pool = RendererPool(idle=0.1)
    process = psutil.Process(await pool.run(jobs.get_process_id))
    await asyncio.sleep(0.5)
    assert not process.is_running()


class CountedItem:
    """An item that records in which turn of the event loop it was pickled."""

    turn = 0
    turns: ClassVar[list[int]] = []

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        self.turns.append(CountedItem.turn)
        return int, (1,)


async def test_event_loop_goes_on_while_items_are_pickled(pool: RendererPool) -> None:
    """Otherwise a long list would delay every other request."""
    items = [CountedItem() for _ in range(2_000)]
    job = asyncio.create_task(pool.run(jobs.multiply, 2, items=items))
    while not job.done():
        await asyncio.sleep(0)
        CountedItem.turn += 1
    assert job.result() == [2] * 2_000
    assert len(CountedItem.turns) == 2_000
    assert len(set(CountedItem.turns)) >= 4


def test_process_ends_when_its_worker_is_killed() -> None:
    script = (
        "import asyncio\nfrom app.rendering.renderer_pool import RendererPool\nfrom tests.rendering import jobs\n"
        "async def main():\n"
        "    pool = RendererPool()\n"
        "    print(await pool.run(jobs.get_process_id), flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    worker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    process = psutil.Process(int(worker.stdout.readline()))
    worker.send_signal(signal.SIGKILL)
    worker.wait(5)
    worker.stdout.close()
    assert wait_until(lambda: not process.is_running(), 5.0)


async def test_interrupt_of_the_terminal_does_not_end_a_job(pool: RendererPool) -> None:
    process = psutil.Process(await pool.run(jobs.get_process_id))
    process.send_signal(signal.SIGINT)
    assert await pool.run(jobs.get_process_id) == process.pid
