"""Load generator for check-in devices: each has its own requests, and sends the next one after the last response.

It runs in its own process, so that the processor is left to the server. It records the status, body and latency of each
response.
"""

import asyncio
import gc
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import uvloop


class Response(NamedTuple):
    """A response; its latency is in seconds."""

    status: int
    body: bytes
    latency: float


class DeviceLoadResult(NamedTuple):
    """The responses of each device in order, and the seconds from the first request to the last response."""

    responses_by_device: list[list[Response]]
    seconds: float

    @property
    def responses(self) -> list[Response]:
        return [response for responses in self.responses_by_device for response in responses]

    @property
    def p99(self) -> float:
        """The 99th percentile of the latencies, in seconds."""
        latencies = sorted(response.latency for response in self.responses)
        return latencies[int(len(latencies) * 0.99)]


def build_post_request(path: str, token: str, body: bytes) -> bytes:
    """Return a POST request with a JSON body, as sent over the connection."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send_requests(port: int, requests_by_device: Sequence[Sequence[bytes]]) -> DeviceLoadResult:
    """Send the requests of all devices, which start at the same moment, each on one connection."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, port, [list(requests) for requests in requests_by_device]).result()


def _run(port: int, requests_by_device: list[list[bytes]]) -> DeviceLoadResult:
    gc.disable()  # its pauses would be measured as latency of the server
    return uvloop.run(_run_devices(port, requests_by_device))


async def _run_devices(port: int, requests_by_device: list[list[bytes]]) -> DeviceLoadResult:
    streams = []
    for _ in requests_by_device:  # with pauses: one worker would accept all connections that arrive together
        streams.append(await asyncio.open_connection("127.0.0.1", port))
        await asyncio.sleep(0.02)
    barrier = asyncio.Barrier(len(requests_by_device))
    started_at = time.perf_counter()
    responses = await asyncio.gather(
        *(
            _run_device(barrier, reader, writer, requests)
            for (reader, writer), requests in zip(streams, requests_by_device, strict=True)
        )
    )
    return DeviceLoadResult(list(responses), time.perf_counter() - started_at)


async def _run_device(
    barrier: asyncio.Barrier, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: list[bytes]
) -> list[Response]:
    await barrier.wait()
    responses = []
    for request in requests:
        started_at = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        responses.append(Response(int(head[9:12]), body, time.perf_counter() - started_at))
    writer.close()
    return responses
