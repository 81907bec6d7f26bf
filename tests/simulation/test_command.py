"""`rakornas simulate meeting` against a service over the network."""

import asyncio
import json
import os
from collections.abc import Iterator
from functools import partial

import httpx
import pytest
from typer.testing import CliRunner, Result

from app.cli import app as command
from tests.conftest import fetch_value
from tests.simulation import faults
from tests.with_service import run_service

COUNT_ACTIVE_CLIENTS = "SELECT count(*) FROM clients WHERE revoked_at IS NULL"
SMALL_MEETING = ("--participants", "20", "--gates", "3", "--seconds", "0.2")


@pytest.fixture(scope="module")
def url(service_url: str) -> Iterator[str]:
    with run_service(service_url) as url:
        yield url


async def run_command(url: str, database: str, *arguments: str) -> Result:
    """Run the command in a thread, because it starts an event loop."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "RAKORNAS_"))}
    command_line = ["simulate", "meeting", *SMALL_MEETING, "--url", url, "--database-url", database, *arguments]
    return await asyncio.to_thread(lambda: CliRunner().invoke(command, command_line, env=environment))


async def test_successful_simulation_exits_0_and_prints_table(url: str, service_url: str) -> None:
    result = await run_command(url, service_url)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("/v1/meetings/simulated-")
    assert "first_entry" in result.stdout
    assert result.stderr == "The roll agrees with the records of the simulation.\n"


async def test_json_output_has_all_figures(url: str, service_url: str) -> None:
    document = json.loads((await run_command(url, service_url, "--json")).stdout)
    assert (document["participants"], document["differences"]) == (20, [])
    assert document["sent_on_line"] + document["sent_off_line"] == document["scans"] == document["acknowledged"]


async def test_temporary_client_is_revoked(url: str, service_url: str) -> None:
    before = await fetch_value(service_url, COUNT_ACTIVE_CLIENTS)
    assert (await run_command(url, service_url)).exit_code == 0
    assert await fetch_value(service_url, COUNT_ACTIVE_CLIENTS) == before


async def test_difference_exits_1(url: str, service_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = faults.FaultyTransport(httpx.AsyncHTTPTransport(), faults.lose_a_scan)
    monkeypatch.setattr(httpx, "AsyncClient", partial(httpx.AsyncClient, transport=faulty))
    result = await run_command(url, service_url)
    assert result.exit_code == 1
    assert "was acknowledged but is not listed." in result.stderr
    assert result.stderr.endswith("The roll differs from the records of the simulation.\n")


async def test_unreachable_service_prints_one_sentence(service_url: str) -> None:
    result = await run_command("http://127.0.0.1:1", service_url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "The service is not reachable at http://127.0.0.1:1: ConnectError.\n"


@pytest.mark.parametrize("duration", ["1x", "-1s", ""])
async def test_invalid_duration_exits_2(service_url: str, duration: str) -> None:
    result = await run_command("http://127.0.0.1:1", service_url, f"--skew={duration}")
    assert (result.exit_code, "is not a duration" in result.stderr) == (2, True)
