"""What an operator does to a database: find it, start the embedded one, migrate, load, and check that it fits."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import asyncpg
from pydantic import ValidationError

from app import models
from app.core import embedded
from app.settings import Settings

if TYPE_CHECKING:
    from app.reference import loader

OLDEST, NEWEST = 15, 18
MIGRATIONS = Path(__file__).parents[1] / "migrations"  # beside `app` in a checkout and in a wheel

T = TypeVar("T")


class OperatorError(Exception):
    """Something that the operator can put right; the message says what and how."""


class OperatedDatabase(NamedTuple):
    url: str
    embedded: bool


@contextmanager
def database(url: str | None, data_dir: Path | None) -> Iterator[OperatedDatabase]:
    """The operator's database, or the embedded one for as long as the block runs."""
    if url:
        yield OperatedDatabase(url, embedded=False)
        return
    try:
        with embedded.running(data_dir or embedded.default_data_dir()) as server:
            yield OperatedDatabase(server.url, embedded=True)
    except embedded.EmbeddedError as error:
        raise OperatorError(str(error)) from error


def settings() -> Settings:
    """The settings of the environment; OperatorError names the one that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = str(first["loc"][0])
        variable = name if name == "DATABASE_URL" else f"RAKORNAS_{name.upper()}"
        reason = first["msg"].removeprefix("Value error, ")
        raise OperatorError(f"{variable} is not right: {reason}.") from error


def migrate(url: str) -> tuple[str | None, str]:
    """Bring the schema to this release's; returns the revision before and after."""
    before = _asked(_revision(url))
    if before is None or before < models.SCHEMA_REVISION:
        # Alembic is imported only where there is something to migrate: it is a fifth of a warm start.
        from alembic import command
        from alembic.config import Config
        from sqlalchemy.exc import SQLAlchemyError

        configuration = Config()
        configuration.set_main_option("script_location", str(MIGRATIONS))
        configuration.set_main_option("path_separator", "os")
        configuration.attributes["url"] = url
        try:
            command.upgrade(configuration, "head")
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise OperatorError(f"The database was not migrated: {_first_line(error)}") from error
    return before, max(before or "", models.SCHEMA_REVISION)


def load(url: str, dataset: "loader.Dataset", progress: "loader.Progress | None" = None) -> "loader.Summary":
    """Load a data set; DatasetError tells what is wrong with a row, OperatorError what is wrong with the database."""
    from app.reference import loader

    return _asked(loader.load(url, dataset, progress))


def load_when_empty(url: str) -> None:
    """Load the shipped reference data into a database that has none. Later changes to it are never overwritten."""
    if _asked(_fetch(url, "SELECT EXISTS (SELECT FROM regions)")):
        return
    from app.reference import loader

    load(url, loader.read_dataset(loader.SHIPPED))


def check_server(url: str, workers: int) -> None:
    """Raise OperatorError unless the server is one of 15 to 18, is migrated, and has enough connections."""
    version = int(_asked(_fetch(url, "SHOW server_version_num"))) // 10000
    if not OLDEST <= version <= NEWEST:
        raise OperatorError(f"This is Postgres {version}; the service runs on {OLDEST} to {NEWEST}.")
    revision = _asked(_revision(url))
    if revision is None or revision < models.SCHEMA_REVISION:
        raise OperatorError(
            f"The schema is at {revision or 'nothing'}, this release needs {models.SCHEMA_REVISION}: "
            "run `rakornas migrate`, or `rakornas serve --migrate`."
        )
    needed = workers * settings().pool_size * 2 + 10  # twice: while one release replaces another, both are there
    allowed = int(_asked(_fetch(url, "SHOW max_connections")))
    if needed > allowed:
        raise OperatorError(
            f"{workers} workers need up to {needed} connections, the server allows {allowed}: "
            "use fewer workers, a smaller RAKORNAS_POOL_SIZE, or raise max_connections."
        )


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error or type(error).__name__).splitlines()[0]


async def _revision(url: str) -> str | None:
    try:
        found = await _fetch(url, "SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return str(found) if found is not None else None


async def _fetch(url: str, sql: str) -> Any:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def _asked(question: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(question)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise OperatorError(
            f"The database (DATABASE_URL, --database-url) cannot be used: {error or type(error).__name__}"
        ) from error
