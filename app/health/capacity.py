"""The number of connections that the server allows."""

from app.core.db.sessions import Connector

SELECT_CONNECTION_LIMITS = """
SELECT current_setting('max_connections')::int, 'max_connections'
UNION ALL
SELECT rolconnlimit, format('the CONNECTION LIMIT of the role %s', rolname) FROM pg_roles
WHERE rolname = current_user AND rolconnlimit >= 0
UNION ALL
SELECT datconnlimit, format('the CONNECTION LIMIT of the database %s', datname) FROM pg_database
WHERE datname = current_database() AND datconnlimit >= 0
"""


async def fetch_connection_limit(url: str) -> tuple[int, str]:
    """Return how many connections the URL's role may have, and the name of the setting that decides it."""
    connection = await Connector(url).connect()
    try:
        return min((int(limit), str(source)) for limit, source in await connection.fetch(SELECT_CONNECTION_LIMITS))
    finally:
        await connection.close()
