"""The environments: what each is, and whether the service works there or is refused at its start."""

from dataclasses import dataclass, field
from typing import Literal

UTF8 = "ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER libc"
EXTENSIONS = tuple(f"CREATE EXTENSION {name} SCHEMA extensions" for name in ("pg_trgm", "unaccent", "btree_gist"))


@dataclass(frozen=True)
class Environment:
    """A row of the table in docs/postgres.md.

    Attributes:
        name: What is unusual, in words.
        refusal: The beginning or a part of the sentence with which it is refused; None: it works.
        remedy: What to do, for the table; also a note for an environment that works.
        database: Options of CREATE DATABASE; None: a copy of the loaded database.
        statements: SQL run in the new database before it is migrated. {database} is its name.
        role: Options of the role that serves; None: it is the owner of everything.
        settings: Settings of that role.
        is_granted: Whether the role gets its privileges (`rakornas migrate --grant-to`).
        is_owner: Whether the role owns the database, and migrates it, without being a superuser.
        pooler: The mode of a pgbouncer in between, and further lines of its configuration.
        words: Words added to the URL.
        needs_icu: Whether the server must have been built with ICU.
    """

    name: str
    refusal: str | None = None
    remedy: str = ""
    database: str | None = None
    statements: tuple[str, ...] = ()
    role: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
    is_granted: bool = True
    is_owner: bool = False
    pooler: tuple[Literal["session", "transaction", "statement"], str] | None = None
    words: str = ""
    needs_icu: bool = False


POOLER_REFUSAL = "A connection pooler in transaction or statement mode is in between"
IGNORED = "ignore_startup_parameters = extra_float_digits,search_path,statement_timeout,lock_timeout,jit"
STRANGE_SETTINGS = {
    "search_path": "nowhere",
    "timezone": "'Asia/Jayapura'",
    "DateStyle": "'SQL, DMY'",
    "default_transaction_isolation": "serializable",
    "statement_timeout": "500",
    "standard_conforming_strings": "off",
}

ENVIRONMENTS = (
    Environment("A role that owns nothing, with the privileges of `--grant-to`", role="LOGIN"),
    Environment("An owner that is no superuser migrates and serves", database=UTF8, role="LOGIN", is_owner=True),
    Environment("pgbouncer in session mode", role="LOGIN", pooler=("session", "")),
    Environment(
        "pgbouncer in session mode with `ignore_startup_parameters`", role="LOGIN", pooler=("session", IGNORED)
    ),
    Environment(
        "pgbouncer in transaction mode",
        POOLER_REFUSAL,
        "Set `pool_mode = session`, or connect directly.",
        role="LOGIN",
        pooler=("transaction", IGNORED),
    ),
    Environment(
        "pgbouncer in statement mode",
        POOLER_REFUSAL,
        "Set `pool_mode = session`, or connect directly.",
        role="LOGIN",
        pooler=("statement", IGNORED),
    ),
    Environment("A schema named as the role", database=UTF8, statements=("CREATE SCHEMA rakornas",)),
    Environment(
        "Extensions in a schema of their own",
        database=UTF8,
        statements=("CREATE SCHEMA extensions", *EXTENSIONS),
        role="LOGIN",
    ),
    Environment(
        "A search_path of the database without `public`",
        database=UTF8,
        statements=("ALTER DATABASE {database} SET search_path = nowhere",),
        role="LOGIN",
    ),
    Environment(
        "A database with an ICU locale",
        remedy="The order of lists is the same.",
        database="ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
        role="LOGIN",
        needs_icu=True,
    ),
    Environment(
        "A database with the locale C",
        remedy="A search finds only words of ASCII letters.",
        database="ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER libc",
        role="LOGIN",
    ),
    Environment(
        "A database with the encoding LATIN1",
        "The encoding of the database is LATIN1, the service needs UTF8",
        "Create another database: `ENCODING 'UTF8'`.",
        database="ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc",
    ),
    Environment(
        "A database with the encoding SQL_ASCII",
        "The encoding of the database is SQL_ASCII, the service needs UTF8",
        "Create another database: `ENCODING 'UTF8'`.",
        database="ENCODING 'SQL_ASCII' LOCALE 'C' LOCALE_PROVIDER libc",
    ),
    Environment("`idle_session_timeout` of 1 s on the role", role="LOGIN", settings={"idle_session_timeout": "1000"}),
    Environment(
        "Other settings on the role (search_path, time zone, date style, serializable, time-outs)",
        role="LOGIN",
        settings=STRANGE_SETTINGS,
    ),
    Environment(
        "`default_transaction_read_only` on the role",
        "The database is read-only",
        "`ALTER ROLE … RESET default_transaction_read_only`, or use the primary server.",
        role="LOGIN",
        settings={"default_transaction_read_only": "on"},
    ),
    Environment(
        "`session_replication_role = replica` on the role",
        "no trigger would run",
        "`ALTER ROLE … RESET session_replication_role`.",
        role="LOGIN",
        settings={"session_replication_role": "replica"},
    ),
    Environment(
        "A role without privileges",
        "The service's role lacks",
        "`rakornas migrate --grant-to ROLE` as the owner.",
        role="LOGIN IN ROLE pg_read_all_data",
        is_granted=False,
    ),
    Environment(
        "Too few connections for the role (or the database, or the server)",
        "the CONNECTION LIMIT of the role",
        "Raise the limit, or use fewer workers or smaller pools.",
        role="LOGIN CONNECTION LIMIT 12",
    ),
    Environment(
        "Words of libpq in the address",
        role="LOGIN",
        words="channel_binding=prefer&connect_timeout=5&gssencmode=disable&keepalives_idle=30&load_balance_hosts=random",
    ),
    Environment(
        "A word of the address that the driver cannot honour",
        "has channel_binding=require, which is not supported",
        "Remove it, or write what the sentence says.",
        words="channel_binding=require",
    ),
)


def table() -> str:
    """Return the table of all environments, as docs/postgres.md shows it."""
    lines = ["| environment | result | what to do |", "|---|---|---|"]
    for row in ENVIRONMENTS:
        lines.append(f"| {row.name} | {'refused at start' if row.refusal else 'works'} | {row.remedy} |")
    return "\n".join(lines) + "\n"
