"""Operate a database: open it or start the embedded one, migrate it, load data, grant privileges, check it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import asyncpg
from pydantic import ValidationError

from app import models
from app.core import embedded
from app.core.db.explanations import DATABASE_ERRORS, explain_database_error, is_complete
from app.core.db.pools import EXTRA_CONNECTIONS_PER_WORKER
from app.core.db.sessions import Connector
from app.core.embedded import services
from app.models import privileges, schema
from app.settings import Settings

if TYPE_CHECKING:
    from app.core.db.transaction import Transaction
    from app.reference import loader

SERVICE_ROLE = "rakornas_service"  # on the embedded server
MIGRATIONS_DIR = Path(__file__).parents[1] / "migrations"  # next to `app`, in a checkout and in a wheel

CANNOT_BE_USED = "The database (DATABASE_URL, --database-url) cannot be used"

T = TypeVar("T")


class OperatorError(Exception):
    """An error that the operator can correct; the message says how."""


class TargetDatabase(NamedTuple):
    """A database that a command works on."""

    url: str
    embedded: bool


@contextmanager
def open_database(url: str | None, data_dir: Path | None, *, is_service: bool = False) -> Iterator[TargetDatabase]:
    """Yield the database at `url` or, without a URL, the embedded one on `data_dir`, whose server runs meanwhile.

    With `is_service`, other commands on this machine find the data directory as that of a running service.
    """
    if url:
        yield TargetDatabase(url, embedded=False)
        return
    try:
        directory = data_dir or embedded.default_data_dir()
        with embedded.run_server(directory) as server, ExitStack() as stack:
            if is_service:
                stack.enter_context(services.mark_as_served(directory))
            yield TargetDatabase(server.url, embedded=True)
    except embedded.EmbeddedError as error:
        raise OperatorError(str(error)) from error


def read_settings() -> Settings:
    """Read the settings from the environment; OperatorError names a variable that is not valid."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = str(first["loc"][0])
        variable = name if name.isupper() else f"RAKORNAS_{name.upper()}"
        reason, _, _ = first["msg"].removeprefix("Value error, ").partition(", unable to parse")
        reason = reason.replace("Input should be", "must be").replace("Input is not", "it is not")
        raise OperatorError(f"{variable} is not valid: {reason}.") from error


def migrate(url: str) -> tuple[str | None, str]:
    """Migrate a database's schema to this release if necessary; return its revisions before (None: none) and after."""
    before = run_query(_fetch_revision(url))
    state = require_migratable(before)
    if state in ("empty", "older"):
        # Alembic is imported only if there is something to migrate: the import takes a fifth of a restart.
        from alembic import command
        from alembic.config import Config
        from sqlalchemy.exc import SQLAlchemyError

        configuration = Config()
        configuration.set_main_option("script_location", str(MIGRATIONS_DIR))
        configuration.set_main_option("path_separator", "os")
        configuration.attributes["url"] = url
        try:
            command.upgrade(configuration, "head")
        except (SQLAlchemyError, *DATABASE_ERRORS) as error:
            raise OperatorError(f"The database was not migrated: {explain_database_error(error)}") from error
    return before, before if before and state == "ready" else models.SCHEMA_REVISION


def require_migratable(revision: str | None) -> schema.SchemaState:
    """Return how a schema revision compares with this release's; OperatorError if it cannot be migrated."""
    if reason := schema.explain_refusal(revision):
        raise OperatorError(reason)
    return schema.compare_revision(revision)


def load_dataset(
    url: str, dataset: "loader.Dataset", report_progress: "loader.ReportProgress | None" = None
) -> "loader.LoadSummary":
    """Write a data set to a database in one transaction, and return the counts of rows by table.

    Raises:
        DatasetError: A row is invalid.
        OperatorError: The database cannot be used.
    """
    from app.reference import loader

    return run_query(loader.load(url, dataset, report_progress))


def grant_privileges(url: str, role: str) -> bool:
    """Grant a role what serving needs, revoke writes of the audit trail; return False if it can change that still.

    Writes of `alembic_version` and `revisions` are revoked too; other privileges that the role has stay. A superuser
    can change the audit trail, and so can the owner of its tables.
    """
    if require_migratable(run_query(_fetch_revision(url))) == "empty":
        raise OperatorError("The database has no schema: run `rakornas migrate` first.")
    return run_query(_grant_privileges(url, role))


def switch_to_service_role(url: str) -> str:
    """Create the role for serving if missing, grant it its privileges, and return the embedded server's URL for it."""
    run_query(_grant_privileges(url, SERVICE_ROLE, create_role=True))
    return url.replace(f"//{embedded.DATABASE_NAME}@", f"//{SERVICE_ROLE}@", 1)


def run_in_transaction(url: str, work: "Callable[[Transaction], Awaitable[T]]") -> T:
    """Run `work` in one transaction of the database, in a new event loop; commit and return its result."""
    from app.core.db.database import Database
    from app.core.db.transaction import open_transaction
    from app.core.problems import Unavailable

    async def run() -> T:
        database = Database(read_settings().model_copy(update={"database_url": url}))
        try:
            async with open_transaction(database) as transaction:
                return await work(transaction)
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except Unavailable as error:
        raise to_operator_error(error) from error


def load_if_empty(url: str) -> None:
    """Load the shipped reference data into a database that has no regions; otherwise change nothing."""
    if run_query(_fetch_value(url, "SELECT EXISTS (SELECT FROM regions)")):
        return
    from app.reference import loader

    load_dataset(url, loader.read_dataset(loader.SHIPPED))


def check_server(url: str, workers: int) -> None:
    """Raise OperatorError unless the server can be used, its schema is migrated and its connections are enough.

    If there are workers, their role must be able to read, write and read history too, as `/health/ready` checks it.
    """
    revision = run_query(_fetch_revision(url))
    if require_migratable(revision) != "ready":
        raise OperatorError(
            f"{f'The schema is at {revision}' if revision else 'The database has no schema'}, this release needs "
            f"{models.SCHEMA_REVISION}: run `rakornas migrate`, or `rakornas serve --migrate`."
        )
    if not workers:
        return
    from app.core.problems import Unavailable
    from app.health.capacity import fetch_connection_limit
    from app.health.repository import check_readiness

    settings = read_settings()
    per_worker = settings.pool_size + settings.write_pool_size + EXTRA_CONNECTIONS_PER_WORKER
    needed = workers * per_worker * 2 + 10  # twice: both releases run while one replaces the other
    allowed, source = run_query(fetch_connection_limit(url))
    if needed > allowed:
        raise OperatorError(
            f"{workers} workers need up to {needed} connections, {source} allows {allowed}: "
            f"use fewer workers, a smaller RAKORNAS_POOL_SIZE or RAKORNAS_WRITE_POOL_SIZE, or raise {source}."
        )
    try:
        run_query(check_readiness(settings.model_copy(update={"database_url": url})))
    except Unavailable as error:
        raise OperatorError(f"{CANNOT_BE_USED}: {error.detail.en}") from error


async def _grant_privileges(url: str, role: str, *, create_role: bool = False) -> bool:
    """Grant a role (created if `create_role`) what serving needs; return False if it can change the audit trail."""
    connection = await Connector(url).connect()
    try:
        # Postgres does not queue writers of its catalogs: without the lock, one of two concurrent grants would fail.
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(grant_lock_key())")
            name = await connection.fetchval("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = $1", role)
            if name is None and not create_role:
                raise OperatorError(f"There is no role {role}: create it with CREATE ROLE … LOGIN.")
            if name is None:
                name = role
                await connection.execute(f"CREATE ROLE {role} LOGIN")
            elif create_role and await connection.fetchval(privileges.SELECT_CAN_SERVE, role):
                return True  # so that a restart writes nothing
            grantable = dict(await connection.fetchrow(privileges.SELECT_GRANTABLE) or {})
            for statement in privileges.GRANTS:
                await connection.execute(statement.format(role=name, **grantable))
            for extension_schema in await connection.fetchval(privileges.SELECT_EXTENSION_SCHEMAS, role) or ():
                await connection.execute(f"GRANT USAGE ON SCHEMA {extension_schema} TO {name}")
            return bool(await connection.fetchval(privileges.SELECT_IS_INSERT_ONLY, role))
    finally:
        await connection.close()


async def _fetch_revision(url: str) -> str | None:
    """Return the schema revision of a database, or None if it has no schema."""
    try:
        revision = await _fetch_value(url, schema.SELECT_REVISION)
    except asyncpg.UndefinedTableError:
        return None
    return str(revision) if revision is not None else None


async def _fetch_value(url: str, sql: str) -> Any:
    """Open a connection, and return the first value of a query's first row."""
    connection = await Connector(url).connect()
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def run_query(query: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a new event loop and return its result; OperatorError if the database cannot be used."""
    try:
        return asyncio.run(query)
    except (*DATABASE_ERRORS, ValueError) as error:
        raise to_operator_error(error) from error


def to_operator_error(error: BaseException) -> OperatorError:
    """Return the operator's error for one of the database, with the reason and what to do."""
    explanation = explain_database_error(error)
    return OperatorError(explanation if is_complete(error) else f"{CANNOT_BE_USED}: {explanation}")
