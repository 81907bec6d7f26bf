"""Serve in each environment: migrate, load, read, write, read the past, and be ready; or be refused with a sentence."""

import asyncio
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest

from app import operations
from tests.conftest import LOADED, copy_template, fetch_value
from tests.docs.pages import DOCS
from tests.environments.pooler import run_pgbouncer
from tests.environments.rows import ENVIRONMENTS, Environment, table
from tests.roles import create_database, create_role, url_of_role
from tests.service.conftest import run_command, run_service
from tests.with_service import create_token

PAGE = DOCS / "postgres.md"
HAS_ICU = "SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu')"


def test_the_page_has_the_table_of_the_environments() -> None:
    """The tests below compare each row of the same table with what the service does."""
    assert table() in PAGE.read_text()


@asynccontextmanager
async def open_environment(server: str, row: Environment) -> AsyncIterator[tuple[str, str]]:
    """Yield the URL of the owner and the URL to serve with, after the database was migrated and loaded."""
    async with AsyncExitStack() as stack:
        if row.database is None:
            owner = await anext(databases := copy_template(server, LOADED))
            stack.push_async_callback(databases.aclose)  # type: ignore[attr-defined]
        else:
            owner = await stack.enter_async_context(create_database(server, row.database, *row.statements))
        url = owner
        if row.role is not None:
            role = await stack.enter_async_context(create_role(owner, row.role, **row.settings))
            url = url_of_role(owner, role)
            if row.is_owner:
                name = owner.partition("?")[0].rpartition("/")[2]
                await fetch_value(owner, f"ALTER DATABASE {name} OWNER TO {role}")
                stack.push_async_callback(fetch_value, owner, f"ALTER DATABASE {name} OWNER TO rakornas")
        if row.database is not None and not row.refusal:
            migrating = url if row.is_owner else owner
            for command in ("migrate", "load"):
                result = await asyncio.to_thread(run_command, command, "--database-url", migrating)
                assert result.returncode == 0, result.stderr
        if row.role is not None and row.is_granted and not row.is_owner:
            await asyncio.to_thread(operations.grant_privileges, owner, role)
        yield owner, f"{url}{f'&{row.words}' if row.words else ''}"


@contextmanager
def connect_through(row: Environment, url: str) -> Iterator[str]:
    """Yield the URL through the pooler of an environment, or the same URL."""
    if row.pooler is None:
        yield url
        return
    mode, further = row.pooler
    user = re.search(r"//(\w+)@", url)
    assert user is not None
    with run_pgbouncer(url, user[1], mode, further) as pooled:
        yield pooled


def assert_serves(owner: str, url: str) -> None:
    """Serve, and assert that reading, the order of a list, writing, the past and readiness are right."""
    with run_service("--database-url", url) as service, httpx.Client(base_url=service.base_url, timeout=20) as client:
        assert client.get("/health/ready").json()["status"] == "ready"
        names = [item["name"] for item in client.get("/v1/regions?sort=name&page_size=200").json()["items"]]
        assert len(names) == 200
        assert names == sorted(names)
        assert client.get("/v1/officials?q=tarmidzi").json()["items"]
        time.sleep(1.2)  # longer than the idle_session_timeout of one environment
        token = create_token(owner, service.base_url, "all", None)
        current = client.get("/v1/organizations/kpu")
        changed = client.patch(
            "/v1/organizations/kpu",
            json={"name": "Komisi Lain"},
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/merge-patch+json",
                "If-Match": current.headers["ETag"],
            },
        )
        assert changed.status_code == 200, changed.text
        assert client.get("/v1/organizations/kpu").json()["name"] == "Komisi Lain"
        before = client.get("/v1/organizations?known_at=2020-01-01T00:00:00Z")
        assert (before.status_code, before.json()["items"]) == (200, [])
        assert client.get("/health/ready").status_code == 200


def assert_refused(url: str, sentence: str) -> None:
    """Serve, and assert that it ends at its start with one line that contains the sentence."""
    result: subprocess.CompletedProcess[str] = run_command("serve", "--port", "0", "--database-url", url)
    assert result.returncode == 1
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr


@pytest.mark.full
@pytest.mark.parametrize("row", ENVIRONMENTS, ids=lambda row: row.name)
async def test_environment(server: str, row: Environment) -> None:
    if row.pooler and not Path("/usr/sbin/pgbouncer").exists():
        pytest.skip("pgbouncer is not installed")
    if row.needs_icu and not await fetch_value(server, HAS_ICU):
        pytest.skip("this server was built without ICU; Debian's, on which .ci/full repeats the tests, has it")
    async with open_environment(server, row) as (owner, direct):
        with ExitStack() as stack:
            url = stack.enter_context(connect_through(row, direct))
            if row.refusal:
                await asyncio.to_thread(assert_refused, url, row.refusal)
            else:
                await asyncio.to_thread(assert_serves, owner, url)
