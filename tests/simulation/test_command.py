"""`rakornas simulate meeting`, as an operator types it, beside a service over the network."""

import asyncio
import json
import os
from collections.abc import Iterator
from functools import partial

import httpx
import pytest
from typer.testing import CliRunner, Result

from app.cli import app as command
from tests.conftest import fetch
from tests.simulation import lies
from tests.with_service import service

LIVE = "SELECT count(*) FROM clients WHERE revoked_at IS NULL"
SMALL = ("--participants", "20", "--gates", "3", "--seconds", "0.2")


@pytest.fixture(scope="module")
def url(service_url: str) -> Iterator[str]:
    with service(service_url) as url:
        yield url


async def run(url: str, database: str, *arguments: str) -> Result:
    """In a thread of its own: the command has an event loop of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "RAKORNAS_"))}
    whole = ["simulate", "meeting", *SMALL, "--url", url, "--database-url", database, *arguments]
    return await asyncio.to_thread(lambda: CliRunner().invoke(command, whole, env=environment))


async def test_a_meeting_is_played_and_told(url: str, service_url: str) -> None:
    done = await run(url, service_url)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("/v1/meetings/simulated-")
    assert "first_entry" in done.stdout
    assert done.stderr == "The roll is what the ledger says.\n"


async def test_its_figures_are_there_for_machines(url: str, service_url: str) -> None:
    told = json.loads((await run(url, service_url, "--json")).stdout)
    assert (told["participants"], told["differences"]) == (20, [])
    assert told["sent_on_line"] + told["sent_off_line"] == told["scans"] == told["acknowledged"]


async def test_no_client_of_it_stays(url: str, service_url: str) -> None:
    before = await fetch(service_url, LIVE)
    assert (await run(url, service_url)).exit_code == 0
    assert await fetch(service_url, LIVE) == before


async def test_a_service_that_lies_is_exit_code_1(url: str, service_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    liar = lies.Liar(httpx.AsyncHTTPTransport(), lies.loses_a_scan)
    monkeypatch.setattr(httpx, "AsyncClient", partial(httpx.AsyncClient, transport=liar))
    done = await run(url, service_url)
    assert done.exit_code == 1
    assert "was acknowledged, and is lost." in done.stderr
    assert done.stderr.endswith("The roll and the ledger differ.\n")


async def test_nobody_there_is_told_in_a_sentence(service_url: str) -> None:
    done = await run("http://127.0.0.1:1", service_url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Nothing answers at http://127.0.0.1:1: ConnectError.\n"


@pytest.mark.parametrize("span", ["1x", "-1s", ""])
async def test_a_span_is_a_number_and_a_unit(service_url: str, span: str) -> None:
    done = await run("http://127.0.0.1:1", service_url, f"--skew={span}")
    assert (done.exit_code, "is no span of time" in done.stderr) == (2, True)
