"""Event streams of the real service when it stops."""

import asyncio
import signal
import time

import pytest

from tests.service.conftest import TIMEOUT_SECONDS, assert_clean_exit, run_service
from tests.service.raw_http import build_get

LIVE = b"/v1/meetings/rakornas-2022-06/attendance/live"

pytestmark = pytest.mark.full  # test_workers.py tests the end of streams too


async def test_stop_does_not_wait_for_listeners(own_url: str) -> None:
    with run_service("--database-url", own_url) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(build_get(LIVE))
        async with asyncio.timeout(TIMEOUT_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            await reader.readuntil(b"event: summary\n")
        stopped = time.monotonic()
        await asyncio.to_thread(assert_clean_exit, service, signal.SIGTERM)
        assert time.monotonic() - stopped < 3
        assert (await reader.read()).endswith(b"0\r\n\r\n")
        writer.close()


async def test_stop_of_two_workers_ends_all_streams(own_url: str) -> None:
    with run_service("--database-url", own_url, "--workers", "2") as service:
        listeners = [await asyncio.open_connection("127.0.0.1", service.port) for _ in range(6)]
        for reader, writer in listeners:
            writer.write(build_get(LIVE))
            async with asyncio.timeout(TIMEOUT_SECONDS):  # the address is printed before the workers have started
                await reader.readuntil(b"event: summary\n")
        stopped = time.monotonic()
        await asyncio.to_thread(assert_clean_exit, service, signal.SIGTERM)
        assert time.monotonic() - stopped < 5
        for reader, writer in listeners:
            assert (await reader.read()).endswith(b"0\r\n\r\n")
            writer.close()
