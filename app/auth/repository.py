"""The database access of the token verifier, over a connection of its own that also listens for changes."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import asyncpg

from app.auth.keys import PUBLISH_AHEAD_SECONDS, SIGNING_PERIOD_SECONDS, SigningKey, generate_jwk
from app.core.db.pools import open_connection
from app.settings import Settings

NOTIFICATION_CHANNEL = "clients"
QUERY_TIMEOUT_SECONDS = 1.5  # for connecting and the query together
# Older revocations concern no valid token: tokens are valid for ten minutes.
REVOCATION_PERIOD = "interval '20 minutes'"
SELECT_STATE = f"""
SELECT (
    SELECT coalesce(json_agg(json_build_array(
        kid, private_key, extract(epoch FROM signs_from), extract(epoch FROM signs_until))), '[]')
    FROM signing_keys WHERE signs_until > now() - {REVOCATION_PERIOD}
), (
    SELECT coalesce(json_object_agg(id, CASE WHEN revoked_at IS NULL THEN revision END), '{{}}')
    FROM clients WHERE updated_at > now() - {REVOCATION_PERIOD}
), (
    SELECT coalesce(json_agg(id), '[]') FROM client_secrets WHERE revoked_at > now() - {REVOCATION_PERIOD}
)"""  # noqa: S608  (constants of this module)
LOCK_SIGNING_KEYS = "SELECT pg_advisory_xact_lock(signing_key_lock_key())"
INSERT_SIGNING_KEY = """
INSERT INTO signing_keys (kid, private_key, signs_from, signs_until)
SELECT $1, $2, next_start, next_start + make_interval(secs => $3)
FROM (
    SELECT max(signs_until) AS last_end, greatest(max(signs_until), clock_timestamp()) AS next_start FROM signing_keys
) AS keys
WHERE last_end IS NULL OR last_end < clock_timestamp() + make_interval(secs => $4)"""


class VerifierState(NamedTuple):
    """The signing keys and the recent revocations, as of one query."""

    signing_keys: tuple[SigningKey, ...]
    client_revisions: Mapping[str, int | None]
    """The revision of each client that changed in the last 20 minutes, by client id; None: it is revoked."""
    revoked_secrets: frozenset[str]
    """The ids of the secrets that were revoked in the last 20 minutes."""


class VerifierRepository:
    """One connection, opened at its first use. After an error it is closed, and the next use opens another."""

    def __init__(self, settings: Settings, on_change: Callable[[], None]) -> None:
        """Create the repository without connecting.

        Args:
            settings: Contains the address of the database.
            on_change: Called when a client, a secret or a key changed, and when the connection is lost.
        """
        self._settings = settings
        self._on_change = on_change
        self._connection: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()

    async def fetch_state(self) -> VerifierState:
        """Fetch the signing keys and the recent revocations of clients and secrets from the database."""
        keys, revisions, secrets = await self._run_on_connection(lambda connection: connection.fetchrow(SELECT_STATE))
        return VerifierState(
            tuple(SigningKey(*row) for row in json.loads(keys)),
            json.loads(revisions),
            frozenset(json.loads(secrets)),
        )

    async def add_signing_key(self) -> None:
        """Generate and insert the next signing key, under a lock, unless the last one signs for another day.

        The first key signs at once; each further one signs when the previous one ends, and is published until then.
        """
        kid, jwk = generate_jwk()

        async def add(connection: asyncpg.Connection) -> None:
            async with connection.transaction():
                await connection.execute(LOCK_SIGNING_KEYS)
                await connection.execute(
                    INSERT_SIGNING_KEY,
                    kid,
                    json.dumps(jwk),
                    float(SIGNING_PERIOD_SECONDS),
                    float(PUBLISH_AHEAD_SECONDS),
                )

        await self._run_on_connection(add)

    async def close(self) -> None:
        """Close the verifier's database connection at once, without waiting for the server."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _run_on_connection(self, operation: Callable[[asyncpg.Connection], Any]) -> Any:
        """Await an operation on the one connection, opened if needed, within 1.5 s; close it on an error."""
        async with self._lock:
            try:
                async with asyncio.timeout(QUERY_TIMEOUT_SECONDS):
                    if self._connection is None or self._connection.is_closed():
                        self._connection = await self._connect()
                    return await operation(self._connection)
            except BaseException:
                await self.close()
                raise

    async def _connect(self) -> asyncpg.Connection:
        """Open a database connection that calls `on_change` for each notification and when it is closed."""
        connection = await open_connection(self._settings, "rakornas token verifier")
        try:
            connection.add_termination_listener(lambda *_: self._on_change())
            await connection.add_listener(NOTIFICATION_CHANNEL, lambda *_: self._on_change())
        except BaseException:
            connection.terminate()
            raise
        return connection
