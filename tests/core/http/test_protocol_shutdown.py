import asyncio

import uvicorn
from starlette.types import Receive, Scope, Send

from app.core.http.protocol import SHUTDOWN_CALLBACKS
from tests.core.http.test_protocol import GET, FastProtocol, connect


async def test_shutdown_callbacks_end_endless_responses() -> None:
    """The lifespan state names the callbacks; without them the server would wait for the response."""
    is_over = asyncio.Event()

    async def endless_app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"][SHUTDOWN_CALLBACKS] = (is_over.set,)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"1", "more_body": True})
        await is_over.wait()
        await send({"type": "http.response.body", "body": b"2"})

    config = uvicorn.Config(endless_app, "127.0.0.1", 0, http=FastProtocol, ws="none", lifespan="on", log_config=None)
    server = uvicorn.Server(config)
    server_task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    async with connect(server.servers[0].sockets[0].getsockname()[1]) as (reader, writer):
        writer.write(GET % b"/")
        await reader.readuntil(b"1\r\n1\r\n")
        server.should_exit = True
        async with asyncio.timeout(3):
            assert await reader.read() == b"1\r\n2\r\n0\r\n\r\n"
            await server_task
