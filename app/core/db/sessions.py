"""Open connections to Postgres whose settings are the service's own, and verify that the server applies them.

The settings are not sent as startup parameters: connection poolers refuse these, or drop them silently. They are set by
a first statement and read back by a second one. Whatever a role, a database or a URL has set, the answers are the same.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app.core.db.database_url import parse_url
from app.core.db.faults import UnsuitableDatabase
from app.core.db.url_words import ConnectionOptions
from app.core.languages import Text

OLDEST_POSTGRES_MAJOR, NEWEST_POSTGRES_MAJOR = 15, 18

# Values as Postgres shows them, because they are compared with what it shows afterwards.
SESSION_SETTINGS: Mapping[str, str] = {
    "client_encoding": "UTF8",
    "timezone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "transform_null_equals": "off",
    "quote_all_identifiers": "off",
    "gin_fuzzy_search_limit": "0",  # otherwise a search returns some of its results
    "row_security": "on",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "1min",
    "idle_session_timeout": "0",
    "jit": "off",
}
"""Everything that a role or a database can change and that would change an answer, and the time-outs of commands.

Not default_transaction_read_only: an operator who sets it wants no writes. `/health/ready` tells it.
"""

REQUEST_SETTINGS: Mapping[str, str] = {
    "statement_timeout": "3s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "pg_trgm.word_similarity_threshold": "0.45",
    "max_parallel_workers_per_gather": "0",  # requests read little, and many run at once
}
"""In addition, the settings of the connections that serve requests."""

_SEARCH_PATH = """pg_catalog.concat_ws(', ', {schemas}, (
    SELECT pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(nspname), ', ')
    FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
    WHERE extname IN ('btree_gist', 'pg_trgm', 'unaccent') AND nspname NOT IN ('public', 'pg_catalog')
))"""
"""The search_path: the extensions may be in a schema of their own. New tables are created in its first schema."""

SET_SEARCH_PATH = f"SELECT pg_catalog.set_config('search_path', {_SEARCH_PATH.format(schemas='$1::text')}, false)"
"""Sets the search_path to the schemas $1, and those of the extensions."""

READ_AS_KNOWN_AT = f"""SELECT pg_catalog.set_config('rakornas.known_at', $1, true),
pg_catalog.set_config('search_path', {_SEARCH_PATH.format(schemas="'history, public'")}, true)"""
"""Lets the rest of the transaction read the record as known at the instant $1: names mean views of `history`."""


@dataclass(frozen=True)
class Connector:
    """Opens connections to a database with the settings that they need.

    Attributes:
        url: The address of the database, as in DATABASE_URL.
        name: The name by which the server lists the connection.
        settings: Settings other than those of `SESSION_SETTINGS`.
        connect_timeout: Longest time to connect and to set everything, in seconds.
        command_timeout: Longest time of a statement, in seconds; None: no limit on this side.
    """

    url: str
    name: str = "rakornas"
    settings: Mapping[str, str] = field(default_factory=dict)
    connect_timeout: float = 5
    command_timeout: float | None = None

    async def connect(self, **options: Any) -> asyncpg.Connection:
        """Open a connection with these settings; `options` are those of `asyncpg.connect`.

        Raises:
            UnsuitableDatabase: A setting did not take, or the service cannot use the server or the URL.
            OSError, TimeoutError, asyncpg.PostgresError: The server cannot be reached or refuses the connection.
        """
        address = parse_url(self.url)
        seconds = min(self.connect_timeout, address.connect_timeout or self.connect_timeout)
        async with asyncio.timeout(seconds):
            connection: asyncpg.Connection = await asyncpg.connect(
                address.dsn,
                timeout=seconds,
                command_timeout=self.command_timeout,
                **address.arguments,
                **options,
            )
            try:
                address.configure_socket(connection)
                _check_server(connection)
                await self._apply_settings(connection, address)
            except BaseException:
                connection.terminate()
                raise
        return connection

    async def _apply_settings(self, connection: asyncpg.Connection, address: ConnectionOptions) -> None:
        """Set all settings in one statement, and compare them with those of the next statement."""
        own = {"application_name": self.name, **SESSION_SETTINGS, **self.settings}
        if connection.get_server_version().major >= 17:
            own["transaction_timeout"] = "0"
        if address.application_name:
            del own["application_name"]  # Postgres shows it with other characters
            address.settings["application_name"] = address.application_name
        wanted = {**address.settings, **own}
        search_path = _SEARCH_PATH.format(schemas="'public'")
        setters = [f"pg_catalog.set_config({_quote(name)}, {_quote(value)}, false)" for name, value in wanted.items()]
        path_setter = f"pg_catalog.set_config('search_path', {search_path}, false)"
        # Without arguments it is one message, so that it takes one round trip. First the time-out of the role or the
        # database is removed, which may be shorter than this statement. The search_path comes after that of the URL.
        await connection.execute(f"SET statement_timeout = 0; SELECT {', '.join([*setters, path_setter])}")
        columns = ", ".join(f"current_setting({_quote(name)}, true)" for name in own)
        current = await connection.fetchrow(
            f"SELECT {search_path}, current_setting('search_path'), current_setting('session_replication_role')"
            f", {columns}"
        )
        expected_path, actual_path, replication_role, *values = tuple(current) if current else (None, None, None)
        for name, asked, actual in [
            ("search_path", expected_path, actual_path),
            ("session_replication_role", "origin", replication_role),  # otherwise no trigger runs
            *((name, own[name], value) for name, value in zip(own, values, strict=True)),
        ]:
            if actual != asked:
                raise UnsuitableDatabase(_describe_lost_setting(name, asked, actual))


def _quote(value: str) -> str:
    """Return a text as an SQL literal that does not depend on standard_conforming_strings."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'" if "\\" in value else f"'{escaped}'"


def _check_server(connection: asyncpg.Connection) -> None:
    """Raise UnsuitableDatabase unless the server's version and the encoding of the database can be used."""
    major = connection.get_server_version().major
    if not OLDEST_POSTGRES_MAJOR <= major <= NEWEST_POSTGRES_MAJOR:
        supported = f"{OLDEST_POSTGRES_MAJOR}", f"{NEWEST_POSTGRES_MAJOR}"
        raise UnsuitableDatabase(
            Text(
                f"Ini PostgreSQL {major}; layanan berjalan pada {supported[0]} sampai {supported[1]}.",
                f"This is PostgreSQL {major}; the service runs on {supported[0]} to {supported[1]}.",
            )
        )
    encoding = getattr(connection.get_settings(), "server_encoding", "UTF8")
    if encoding != "UTF8":
        raise UnsuitableDatabase(
            Text(
                f"Pengodean basis data adalah {encoding}, layanan memerlukan UTF8. Buat basis data lain: CREATE "
                "DATABASE rakornas ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0.",
                f"The encoding of the database is {encoding}, the service needs UTF8. Create another database: CREATE "
                "DATABASE rakornas ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0.",
            )
        )


def _describe_lost_setting(name: str, asked: str, actual: str | None) -> Text:
    """Return the sentence for the operator about a setting that the server does not apply."""
    if name == "session_replication_role":
        return Text(
            f"Peran ini mempunyai session_replication_role = {actual}: pemicu tidak berjalan. Hapus dengan ALTER ROLE "
            "… RESET session_replication_role (atau ALTER DATABASE).",
            f"This role has session_replication_role = {actual}: no trigger would run. Remove it with ALTER ROLE … "
            "RESET session_replication_role (or ALTER DATABASE).",
        )
    return Text(
        f"Pengaturan {name} tidak berlaku: {actual!r}, bukan {asked!r}. Apakah ada pooler koneksi di antaranya? "
        "Hubungkan langsung, atau lewat pooler dalam mode sesi.",
        f"The setting {name} did not take: it is {actual!r} instead of {asked!r}. Is there a connection pooler in "
        "between? Connect directly, or through a pooler in session mode.",
    )
