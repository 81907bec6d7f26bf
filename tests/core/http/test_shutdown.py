import asyncio

import uvicorn
from starlette.types import Receive, Scope, Send

from app.core.http.protocol import SHUTDOWN_CALLBACKS
from tests.core.http.test_protocol import GET, Hasty, connection


async def test_what_has_no_end_of_its_own_is_told_of_the_servers() -> None:
    """As the state of the lifespan says: without that the server would wait for it."""
    over = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"][SHUTDOWN_CALLBACKS] = (over.set,)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"1", "more_body": True})
        await over.wait()
        await send({"type": "http.response.body", "body": b"2"})

    config = uvicorn.Config(endless, "127.0.0.1", 0, http=Hasty, ws="none", lifespan="on", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    async with connection(server.servers[0].sockets[0].getsockname()[1]) as (reader, writer):
        writer.write(GET % b"/")
        await reader.readuntil(b"1\r\n1\r\n")
        server.should_exit = True
        async with asyncio.timeout(3):
            assert await reader.read() == b"1\r\n2\r\n0\r\n\r\n"
            await serving
