"""A process that renders files: it reads jobs from standard input and writes their results to standard output.

A job is a frame with (function, arguments, number of slices) and then one frame per slice of the last argument; a
frame is a length and a pickle. The process ends when its input does, so it never outlives the worker that started it.
"""

import contextlib
import os
import pickle
import resource
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any, BinaryIO

FRAME_HEAD = struct.Struct(">Q")
"""Number of bytes of the frame's pickle."""
REPLY_HEAD = struct.Struct(">BQ")
"""A ReplyKind, and the number of bytes of the pickled result or of the text of the error."""
NICENESS = 10
MAX_MEMORY_BYTES = 1024 * 1024 * 1024
RECYCLED_AT_BYTES = 256 * 1024 * 1024
"""A process whose resident memory exceeds this after a job ends, because Python rarely returns memory."""


class ReplyKind(IntEnum):
    """The end of a job; after all but RESULT the process ends."""

    RESULT = 0
    LAST_RESULT = 1
    ERROR = 2
    OUT_OF_MEMORY = 3


def main() -> None:
    """Run the jobs of standard input until it ends or a job fails."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the worker decides when to stop
    os.nice(NICENESS)
    with contextlib.suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints must not appear among the replies
    kind = ReplyKind.RESULT
    while kind is ReplyKind.RESULT and (frame := _read_frame(requests)) is not None:
        kind, content = _run_job(requests, *frame)
        replies.write(REPLY_HEAD.pack(kind, len(content)) + content)
        replies.flush()


def _run_job(
    requests: BinaryIO, function: Callable[..., Any], arguments: tuple[Any, ...], slice_count: int
) -> tuple[ReplyKind, bytes]:
    """Read the slices of a job, run it, and return the kind of the reply and its content."""
    try:
        items = [item for _ in range(slice_count) for item in _read_frame(requests) or ()]
        content = pickle.dumps(function(*arguments, items))
    except MemoryError:
        return ReplyKind.OUT_OF_MEMORY, b""
    except Exception:
        return ReplyKind.ERROR, traceback.format_exc().encode(errors="replace")
    return ReplyKind.LAST_RESULT if _resident_bytes() > RECYCLED_AT_BYTES else ReplyKind.RESULT, content


def _resident_bytes() -> int:
    """Return the resident memory of this process; 0 if the system does not tell it.

    `getrusage` would return that of the worker which started this process, if that is larger.
    """
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _read_frame(requests: BinaryIO) -> Any:
    """Read the object of the next frame; None at the end of the input."""
    head = requests.read(FRAME_HEAD.size)
    if len(head) < FRAME_HEAD.size:
        return None
    (length,) = FRAME_HEAD.unpack(head)
    return pickle.loads(requests.read(length))  # noqa: S301  # only the worker that started this process writes to it


if __name__ == "__main__":
    main()
