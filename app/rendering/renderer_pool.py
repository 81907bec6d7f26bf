"""Render files in processes of their own, so that the worker's event loop goes on meanwhile.

In a thread, a renderer would hold the interpreter lock for most of its time, and every other request would wait for it.
"""

import asyncio
import os
import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import structlog

from app.core.problems import Unavailable
from app.rendering.renderer_process import FRAME_HEAD, REPLY_HEAD, ReplyKind

T = TypeVar("T")

TIMEOUT_SECONDS = 25.0
IDLE_SECONDS = 60.0
SLICE_LENGTH = 500
RETRY_SECONDS = 5
COMMAND = (sys.executable, "-m", "app.rendering.renderer_process")
IMPORT_PATH = str(Path(__file__).parents[2])

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class RenderingError(Exception):
    """A renderer raised an exception; the message contains its traceback."""


class RendererPool:
    """Processes that render files. One pool per worker.

    A process is started when no idle one is left, is used again, and ends after a time without jobs. The caller limits
    the number of jobs at once (`FileQueue`).
    """

    def __init__(
        self, *, timeout: float = TIMEOUT_SECONDS, idle: float = IDLE_SECONDS, command: Sequence[str] = COMMAND
    ) -> None:
        """Create a pool without processes.

        Args:
            timeout: Longest time of a job, in seconds.
            idle: Seconds after which a process without a job ends.
            command: Command line of a process.
        """
        self._timeout = timeout
        self._idle_seconds = idle
        self._command = command
        self._idle: dict[asyncio.subprocess.Process, asyncio.TimerHandle] = {}

    async def run(self, function: Callable[..., T], *arguments: Any, items: Sequence[Any] = ()) -> T:
        """Return `function(*arguments, list(items))`, called in another process.

        `function` is one of a module, and the arguments can be pickled. Items are pickled slice by slice, because a
        long list would stop the event loop.

        Raises:
            Unavailable: The process could not start, ended, took too long or needed too much memory.
            RenderingError: The function raised an exception.
        """
        process = None
        is_reusable = False
        try:
            async with asyncio.timeout(self._timeout):
                process = self._take_idle() or await self._start()
                await _write_job(process, function, arguments, items)
                kind, content = await _read_reply(process)
            is_reusable = kind is ReplyKind.RESULT
        except (OSError, EOFError, TimeoutError) as error:
            log.warning("renderer_failed", error=type(error).__name__)
            raise Unavailable(retry_after=RETRY_SECONDS) from error
        finally:
            if process is not None:
                self._release(process, is_reusable=is_reusable)
        if kind is ReplyKind.OUT_OF_MEMORY:
            log.warning("renderer_failed", error="MemoryError")
            raise Unavailable(retry_after=RETRY_SECONDS)
        if kind is ReplyKind.ERROR:
            raise RenderingError(content.decode())
        result: T = pickle.loads(content)  # noqa: S301  # written by our own process
        return result

    async def stop(self) -> None:
        """End the idle processes and wait for their end."""
        processes = list(self._idle)
        for process in processes:
            self._end_idle(process)
        await asyncio.gather(*(process.wait() for process in processes))

    def _take_idle(self) -> asyncio.subprocess.Process | None:
        """Return an idle process that still runs, or None."""
        while self._idle:
            process, timer = self._idle.popitem()
            timer.cancel()
            if process.returncode is None:
                return process
        return None

    async def _start(self) -> asyncio.subprocess.Process:
        """Start a process, which can import this package from wherever the worker did."""
        paths = [IMPORT_PATH, *filter(None, [os.environ.get("PYTHONPATH")])]
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )

    def _release(self, process: asyncio.subprocess.Process, *, is_reusable: bool) -> None:
        """Keep a process for the next job, or kill it."""
        if is_reusable:
            timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._end_idle, process)
            self._idle[process] = timer
        else:
            _kill(process)

    def _end_idle(self, process: asyncio.subprocess.Process) -> None:
        """Kill a process that has no job."""
        timer = self._idle.pop(process, None)
        if timer is not None:
            timer.cancel()
        _kill(process)


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill a process unless it has ended; the event loop collects its exit status."""
    if process.returncode is None:
        process.kill()


async def _write_job(
    process: asyncio.subprocess.Process, function: Callable[..., Any], arguments: tuple[Any, ...], items: Sequence[Any]
) -> None:
    """Write a job to the input of a process, and let other tasks run after each slice."""
    slices = [items[start : start + SLICE_LENGTH] for start in range(0, len(items), SLICE_LENGTH)]
    assert process.stdin is not None  # noqa: S101
    for frame in ((function, arguments, len(slices)), *slices):
        content = pickle.dumps(frame)
        process.stdin.write(FRAME_HEAD.pack(len(content)) + content)
        await process.stdin.drain()
        await asyncio.sleep(0)


async def _read_reply(process: asyncio.subprocess.Process) -> tuple[ReplyKind, bytes]:
    """Read the reply of a process: its kind, and the pickled result or the text of the error."""
    assert process.stdout is not None  # noqa: S101
    kind, length = REPLY_HEAD.unpack(await process.stdout.readexactly(REPLY_HEAD.size))
    return ReplyKind(kind), await process.stdout.readexactly(length)
