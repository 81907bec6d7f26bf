"""`serve` over the embedded server: the first start, the second, two at once, and after every kind of kill."""

import os
import re
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from app.auth import Scope
from app.core.embedded import postmaster
from tests.auth.credentials import decode_token
from tests.service.conftest import check_clean_end, comes_true, fetched, reachable_directory, serving, status
from tests.service.test_tokens import fetched as token_of

GREETED = re.compile(r"for this machine; .*\n  client_id      (\S+)\n  client_secret  (\S+)\n")


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """One data directory for all tests that can share it. No server is left on it by any."""
    with reachable_directory() as directory:
        yield directory / "data"


@pytest.fixture(autouse=True)
def nothing_is_left_running(data_dir: Path) -> Iterator[None]:
    yield
    assert comes_true(lambda: not servers(data_dir))


def servers(data_dir: Path) -> list[int]:
    return postmaster.list_server_processes(data_dir / "pg")


async def test_first_start_and_second(data_dir: Path) -> None:
    """The first says whom to ask with, and what to ask."""
    with serving("--data-dir", str(data_dir)) as service:
        addresses = [
            words[1]
            for line in service.greeting.splitlines()
            if line.startswith("  curl 'http") and (words := shlex.split(line))
        ]
        roster, commissions, person = (orjson.loads(fetched(address)) for address in addresses)
        assert len(roster["items"]) == 8
        assert len(commissions["items"]) == 34
        assert "Tarmizi" in person["items"][0]["name"]
        assert b"swagger" in fetched(f"{service.base}/docs")
        assert fetched(f"{service.base}/health/ready")
        greeted = GREETED.search(service.greeting)
        assert greeted
        _, claims = decode_token(await token_of(service, *greeted.groups()))
        assert (claims["iss"], claims["scope"].split()) == (service.base, [str(scope) for scope in Scope])
        assert greeted[2] not in service.errors()
        check_clean_end(service, signal.SIGTERM)
    assert servers(data_dir) == []

    with serving("--data-dir", str(data_dir)) as service:
        assert len(orjson.loads(fetched(addresses[0].replace(addresses[0][:22], service.base[:22])))["items"]) == 8
        assert not GREETED.search(service.greeting)
        check_clean_end(service, signal.SIGINT)
    assert servers(data_dir) == []


@pytest.mark.full
async def test_two_share_one_server(data_dir: Path) -> None:
    with serving("--data-dir", str(data_dir)) as first, serving("--data-dir", str(data_dir)) as second:
        before = postmaster.read_live_pid_file(data_dir / "pg")
        check_clean_end(first, signal.SIGTERM)
        assert postmaster.read_live_pid_file(data_dir / "pg") == before
        assert await status(second) == 200
        check_clean_end(second, signal.SIGTERM)
    assert servers(data_dir) == []


@pytest.mark.full
async def test_after_the_service_was_killed(data_dir: Path) -> None:
    with serving("--data-dir", str(data_dir)) as killed:
        assert killed.stop(signal.SIGKILL) == -signal.SIGKILL
        assert servers(data_dir), "nobody was there to stop it"
        with serving("--data-dir", str(data_dir)) as service:
            assert await status(service) == 200
            check_clean_end(service, signal.SIGTERM)


@pytest.mark.full
async def test_after_the_server_was_killed(data_dir: Path) -> None:
    """The service that lost it says so; the next start brings it back, also for the first."""
    with serving("--data-dir", str(data_dir)) as bereft:
        assert await status(bereft) == 200
        os.kill(servers_first(data_dir), signal.SIGKILL)
        assert comes_true(lambda: not servers(data_dir))
        assert await status(bereft) == 503
        assert await status(bereft, b"/health/ready") == 503
        assert await status(bereft, b"/health/live") == 200
        with serving("--data-dir", str(data_dir)) as service:
            assert await status(service) == 200
            assert await status(bereft) == 200
            assert await status(bereft, b"/health/ready") == 200
            check_clean_end(service, signal.SIGTERM)
        assert await status(bereft) == 200
        check_clean_end(bereft, signal.SIGTERM)


def servers_first(data_dir: Path) -> int:
    found = postmaster.read_live_pid_file(data_dir / "pg")
    assert found
    return found.pid
