"""What the trust reads of the database, over one connection of its own that also listens."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import asyncpg

from app.auth.keys import MADE_AHEAD, SIGNS_FOR, SigningKey, new_jwk
from app.core.db.pools import connect_to
from app.settings import Settings

CHANNEL = "clients"
PATIENCE = 1.5  # seconds for connecting and asking together
# Only what can still meet a token that is good: tokens last ten minutes.
RECENT = "interval '20 minutes'"
STATE = f"""
SELECT (
    SELECT coalesce(json_agg(json_build_array(
        kid, private_key, extract(epoch FROM signs_from), extract(epoch FROM signs_until))), '[]')
    FROM signing_keys WHERE signs_until > now() - {RECENT}
), (
    SELECT coalesce(json_object_agg(id, CASE WHEN revoked_at IS NULL THEN revision END), '{{}}')
    FROM clients WHERE updated_at > now() - {RECENT}
), (
    SELECT coalesce(json_agg(id), '[]') FROM client_secrets WHERE revoked_at > now() - {RECENT}
)"""  # noqa: S608  (our own words)
LOCK = "SELECT pg_advisory_xact_lock(signing_key_lock_key())"
ADD_KEY = """
INSERT INTO signing_keys (kid, private_key, signs_from, signs_until)
SELECT $1, $2, begins, begins + make_interval(secs => $3)
FROM (
    SELECT max(signs_until) AS ends, greatest(max(signs_until), clock_timestamp()) AS begins FROM signing_keys
) AS known
WHERE ends IS NULL OR ends < clock_timestamp() + make_interval(secs => $4)"""


class State(NamedTuple):
    """Our keys; the revision of each client that changed lately, None where it was revoked; secrets revoked lately."""

    keys: tuple[SigningKey, ...]
    revisions: Mapping[str, int | None]
    secrets: frozenset[str]


class Records:
    """The connection. After any fault it is dropped, and the next use makes another."""

    def __init__(self, settings: Settings, noticed: Callable[[], None]) -> None:
        self._settings = settings
        self._noticed = noticed
        self._connection: asyncpg.Connection | None = None
        self._using = asyncio.Lock()

    async def state(self) -> State:
        """What holds now."""
        keys, revisions, secrets = await self._use(lambda connection: connection.fetchrow(STATE))
        return State(
            tuple(SigningKey(kid, jwk, begins, ends) for kid, jwk, begins, ends in json.loads(keys)),
            json.loads(revisions),
            frozenset(json.loads(secrets)),
        )

    async def add_key(self) -> None:
        """Make the next key, unless another worker has made it: the first signs at once, others after the one before.

        A key that is made a day ahead is published for so long before it signs.
        """
        kid, jwk = new_jwk()

        async def add(connection: asyncpg.Connection) -> None:
            async with connection.transaction():
                await connection.execute(LOCK)
                await connection.execute(ADD_KEY, kid, json.dumps(jwk), float(SIGNS_FOR), float(MADE_AHEAD))

        await self._use(add)

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _use(self, work: Callable[[asyncpg.Connection], Any]) -> Any:
        async with self._using:
            try:
                async with asyncio.timeout(PATIENCE):
                    if self._connection is None or self._connection.is_closed():
                        self._connection = await self._connect()
                    return await work(self._connection)
            except BaseException:
                await self.close()
                raise

    async def _connect(self) -> asyncpg.Connection:
        connection = await connect_to(self._settings, application_name="rakornas trust")
        try:
            connection.add_termination_listener(lambda *_: self._noticed())
            await connection.add_listener(CHANNEL, lambda *_: self._noticed())
        except BaseException:
            connection.terminate()
            raise
        return connection
