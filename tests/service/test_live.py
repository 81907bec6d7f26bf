"""Who listens to the real service: it is heard at once, and its end too."""

import asyncio
import signal
import time

import pytest

from tests.service.conftest import PATIENCE, check_clean_end, serving
from tests.service.wire import get

LIVE = b"/v1/meetings/rakornas-2022-06/attendance/live"

pytestmark = pytest.mark.full  # test_two_workers shows that listeners are let go


async def test_a_service_that_is_stopped_waits_for_nobody_who_listens(own_url: str) -> None:
    with serving("--database-url", own_url) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(get(LIVE))
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            await reader.readuntil(b"event: summary\n")
        stopped = time.monotonic()
        await asyncio.to_thread(check_clean_end, service, signal.SIGTERM)
        assert time.monotonic() - stopped < 3
        assert (await reader.read()).endswith(b"0\r\n\r\n")
        writer.close()


async def test_one_worker_of_two_ends_as_well(own_url: str) -> None:
    with serving("--database-url", own_url, "--workers", "2") as service:
        listeners = [await asyncio.open_connection("127.0.0.1", service.port) for _ in range(6)]
        for reader, writer in listeners:
            writer.write(get(LIVE))
            async with asyncio.timeout(PATIENCE):  # the address is printed before the workers are there
                await reader.readuntil(b"event: summary\n")
        stopped = time.monotonic()
        await asyncio.to_thread(check_clean_end, service, signal.SIGTERM)
        assert time.monotonic() - stopped < 5
        for reader, writer in listeners:
            assert (await reader.read()).endswith(b"0\r\n\r\n")
            writer.close()
