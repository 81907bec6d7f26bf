"""Transactions of imports: their timeouts, and the temporary table of the keys that the rows have had so far."""

from collections.abc import Iterable

import orjson

from app.core.db.database import Database
from app.core.db.transaction import Transaction
from app.imports.rows import Row
from app.settings import Settings

SET_TIMEOUTS = "SELECT set_config(name, value, true) FROM json_each_text($1::text::json) AS given (name, value)"
CREATE_KEY_TABLE = "CREATE TEMPORARY TABLE imported_keys (key text PRIMARY KEY) ON COMMIT DROP"
# Returns those of these keys that no earlier row had.
INSERT_NEW_KEYS = "INSERT INTO imported_keys SELECT DISTINCT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING key"


def build_database(settings: Settings, timeout: int) -> Database:
    """Build a Database with one connection for writing and this timeout in seconds; the caller closes it."""
    update = {"command_timeout": float(timeout), "deadline": float(timeout), "write_pool_size": 1}
    return Database(settings.model_copy(update=update))


async def prepare_transaction(transaction: Transaction, timeout_seconds: int) -> None:
    """Set the timeouts of an import's transaction, and create a temporary table for the keys of its rows."""
    limits = {"statement_timeout": f"{timeout_seconds}s", "idle_in_transaction_session_timeout": f"{timeout_seconds}s"}
    await transaction.fetch(SET_TIMEOUTS, orjson.dumps(limits).decode())
    await transaction.fetch(CREATE_KEY_TABLE)


async def insert_new_keys(transaction: Transaction, rows: Iterable[Row]) -> set[str]:
    """Store the keys that these rows name in the temporary table; return those that no earlier row had."""
    keys = [row.key for row in rows if not row.has_generated_key]
    return {key for (key,) in await transaction.fetch(INSERT_NEW_KEYS, keys)} if keys else set()
