"""Posts as gates send them: each gate has requests of its own, sends the next after its answer, on one connection.

In a process apart, so that the time goes to the server; of an answer it keeps status, body and how long it took.
"""

import asyncio
import gc
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import uvloop


class Answer(NamedTuple):
    status: int
    body: bytes
    seconds: float


class Sent(NamedTuple):
    """The answers of each gate in its order, and the seconds from the first request to the last answer."""

    answers: list[list[Answer]]
    seconds: float

    @property
    def all(self) -> list[Answer]:
        return [answer for gate in self.answers for answer in gate]

    def p99(self) -> float:
        times = sorted(answer.seconds for answer in self.all)
        return times[int(len(times) * 0.99)]


def request(path: str, token: str, body: bytes) -> bytes:
    """A POST of JSON, as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(port: int, gates: Sequence[Sequence[bytes]]) -> Sent:
    """All gates begin at the same moment."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, port, [list(gate) for gate in gates]).result()


def _run(port: int, gates: list[list[bytes]]) -> Sent:
    gc.disable()  # lest its pauses here pass for the server's
    return uvloop.run(_all(port, gates))


async def _all(port: int, gates: list[list[bytes]]) -> Sent:
    streams = []
    for _ in gates:  # one after the other, as gates open: of those that come at once one worker would accept all
        streams.append(await asyncio.open_connection("127.0.0.1", port))
        await asyncio.sleep(0.02)
    barrier = asyncio.Barrier(len(gates))
    began = time.perf_counter()
    answers = await asyncio.gather(
        *(_gate(barrier, *stream, gate) for stream, gate in zip(streams, gates, strict=True))
    )
    return Sent(list(answers), time.perf_counter() - began)


async def _gate(
    barrier: asyncio.Barrier, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: list[bytes]
) -> list[Answer]:
    await barrier.wait()
    answers = []
    for item in requests:
        began = time.perf_counter()
        writer.write(item)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        answers.append(Answer(int(head[9:12]), body, time.perf_counter() - began))
    writer.close()
    return answers
