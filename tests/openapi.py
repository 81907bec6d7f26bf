"""The published contract, `tests/openapi.json`, and the answers to its examples, `app/explorer/answers.json`.

`uv run python -m tests.openapi` asks a service over the reference data for the answers, and writes both anew.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from app import operations
from app.auth import Scope
from app.core.examples import EXAMPLE, shortened
from app.explorer.contract import ANSWERS, answers, contract
from app.main import create_app
from app.settings import Settings
from tests.callers import bearer

PUBLISHED = Path(__file__).with_name("openapi.json")
OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def current() -> bytes:
    return orjson.dumps(contract(create_app()), option=OPTIONS | orjson.OPT_SORT_KEYS)


def examples(app: FastAPI) -> list[str]:
    """The address of every operation's example."""
    routes = (context.original_route for context in iter_route_contexts(app.routes))
    return [
        route.openapi_extra[EXAMPLE]
        for route in routes
        if isinstance(route, APIRoute) and route.openapi_extra and EXAMPLE in route.openapi_extra
    ]


async def answer_of(client: httpx.AsyncClient, address: str, closed: Mapping[str, str]) -> Any:
    """What the service says, as an example: to anyone, or to who has the token in `closed`, if that is needed."""
    headers = {"Accept": "application/json, text/plain", "Accept-Language": "en"}
    answer = await client.get(address, headers=headers)
    if answer.status_code == 401:
        answer = await client.get(address, headers={**headers, **closed})
    assert answer.status_code == 200, (address, answer.text)
    return shortened(answer.json()) if answer.headers["content-type"] == "application/json" else measured(answer.text)


def measured(text: str) -> str:
    """What is measured, without the figures."""
    return "\n".join(line for line in text.splitlines() if line.startswith("# HELP "))


async def ask(url: str) -> dict[str, Any]:
    app = create_app(Settings(DATABASE_URL=url))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        closed = bearer(app, *Scope)
        return {address: await answer_of(client, address, closed) for address in examples(app)}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="rakornas-contract-") as directory:
        Path(directory).chmod(0o755)
        with operations.database(None, Path(directory, "data")) as database:
            operations.migrate(database.url)
            operations.load_when_empty(database.url)
            ANSWERS.write_bytes(orjson.dumps(asyncio.run(ask(database.url)), option=OPTIONS))
    answers.cache_clear()
    PUBLISHED.write_bytes(current())


if __name__ == "__main__":
    main()
