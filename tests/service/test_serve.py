"""`rakornas serve` with the embedded server: first and later starts, two services, and starts after kills."""

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
from tests.service.conftest import (
    assert_clean_exit,
    create_directory,
    fetch_body,
    fetch_status,
    run_service,
    wait_until,
)
from tests.service.test_tokens import fetch_token as token_of

CLIENT_PATTERN = re.compile(r"for this machine\. .*\n  client_id      (\S+)\n  client_secret  (\S+)\n")


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A data directory for all tests of this module. Each test leaves no server running."""
    with create_directory() as directory:
        yield directory / "data"


@pytest.fixture(autouse=True)
def assert_no_server_remains(data_dir: Path) -> Iterator[None]:
    yield
    assert wait_until(lambda: not list_server_processes(data_dir))


def list_server_processes(data_dir: Path) -> list[int]:
    return postmaster.list_server_processes(data_dir / "pg")


async def test_first_and_second_start(data_dir: Path) -> None:
    """The first start prints the credentials of a client and example requests."""
    with run_service("--data-dir", str(data_dir)) as service:
        addresses = [
            words[1]
            for line in service.greeting.splitlines()
            if line.startswith("  curl 'http") and (words := shlex.split(line))
        ]
        roster, commissions, person = (orjson.loads(fetch_body(address)) for address in addresses)
        assert len(roster["items"]) == 8
        assert len(commissions["items"]) == 34
        assert "Tarmizi" in person["items"][0]["name"]
        assert b"swagger" in fetch_body(f"{service.base_url}/docs")
        assert fetch_body(f"{service.base_url}/health/ready")
        greeted = CLIENT_PATTERN.search(service.greeting)
        assert greeted
        _, claims = decode_token(await token_of(service, *greeted.groups()))
        assert (claims["iss"], claims["scope"].split()) == (service.base_url, [str(scope) for scope in Scope])
        assert greeted[2] not in service.read_log()
        assert_clean_exit(service, signal.SIGTERM)
    assert list_server_processes(data_dir) == []

    with run_service("--data-dir", str(data_dir)) as service:
        assert (
            len(orjson.loads(fetch_body(addresses[0].replace(addresses[0][:22], service.base_url[:22])))["items"]) == 8
        )
        assert not CLIENT_PATTERN.search(service.greeting)
        assert_clean_exit(service, signal.SIGINT)
    assert list_server_processes(data_dir) == []


@pytest.mark.full
async def test_two_services_share_one_server(data_dir: Path) -> None:
    with run_service("--data-dir", str(data_dir)) as first, run_service("--data-dir", str(data_dir)) as second:
        before = postmaster.read_live_pid_file(data_dir / "pg")
        assert_clean_exit(first, signal.SIGTERM)
        assert postmaster.read_live_pid_file(data_dir / "pg") == before
        assert await fetch_status(second) == 200
        assert_clean_exit(second, signal.SIGTERM)
    assert list_server_processes(data_dir) == []


@pytest.mark.full
async def test_start_after_the_service_was_killed(data_dir: Path) -> None:
    with run_service("--data-dir", str(data_dir)) as killed:
        assert killed.send_signal(signal.SIGKILL) == -signal.SIGKILL
        assert list_server_processes(data_dir), "the server runs on, as nothing stopped it"
        with run_service("--data-dir", str(data_dir)) as service:
            assert await fetch_status(service) == 200
            assert_clean_exit(service, signal.SIGTERM)


@pytest.mark.full
async def test_start_after_the_server_was_killed(data_dir: Path) -> None:
    """The service without a server answers 503, until the next start of a service brings the server back."""
    with run_service("--data-dir", str(data_dir)) as bereft:
        assert await fetch_status(bereft) == 200
        os.kill(get_postmaster_pid(data_dir), signal.SIGKILL)
        assert wait_until(lambda: not list_server_processes(data_dir))
        assert await fetch_status(bereft) == 503
        assert await fetch_status(bereft, b"/health/ready") == 503
        assert await fetch_status(bereft, b"/health/live") == 200
        with run_service("--data-dir", str(data_dir)) as service:
            assert await fetch_status(service) == 200
            assert await fetch_status(bereft) == 200
            assert await fetch_status(bereft, b"/health/ready") == 200
            assert_clean_exit(service, signal.SIGTERM)
        assert await fetch_status(bereft) == 200
        assert_clean_exit(bereft, signal.SIGTERM)


def get_postmaster_pid(data_dir: Path) -> int:
    found = postmaster.read_live_pid_file(data_dir / "pg")
    assert found
    return found.pid
