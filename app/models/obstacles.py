"""The obstacles to migrating a database, read before the first migration writes anything."""

from typing import NamedTuple

from app.core.languages import Text

SELECT_OBSTACLES = """
WITH extensions AS (
    SELECT name, e.oid IS NOT NULL AS is_installed, n.nspname,
        e.oid IS NULL OR has_schema_privilege(n.oid, 'USAGE') AS is_usable,
        EXISTS (SELECT FROM pg_available_extensions AS a WHERE a.name = needed.name) AS is_available,
        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
            OR has_database_privilege(current_database(), 'CREATE') AND EXISTS (
                SELECT FROM pg_available_extension_versions AS v WHERE v.name = needed.name AND v.trusted
            ) AS is_installable
    FROM (VALUES ('btree_gist'), ('pg_trgm'), ('unaccent')) AS needed (name)
    LEFT JOIN pg_extension AS e ON extname = name LEFT JOIN pg_namespace AS n ON n.oid = extnamespace
), tables AS (
    SELECT nspname, relname, relowner FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind = 'r' AND relname = ANY($1::text[] || 'alembic_version'::text)
), own AS (
    SELECT EXISTS (SELECT FROM tables WHERE nspname = 'public' AND relname = 'alembic_version') AS is_migrated
)
SELECT 1 AS place, 'no_public' AS obstacle, current_user::text AS subject WHERE to_regnamespace('public') IS NULL
UNION ALL
SELECT 2, 'elsewhere', nspname FROM tables, own
WHERE relname = 'alembic_version' AND NOT is_migrated
    AND EXISTS (SELECT FROM tables AS t WHERE t.nspname = tables.nspname AND t.relname = 'officials')
UNION ALL
SELECT 3, 'read_only', current_user WHERE current_setting('transaction_read_only')::boolean
UNION ALL
SELECT 4, 'public', current_user FROM own WHERE NOT is_migrated
    AND CASE WHEN to_regnamespace('public') IS NOT NULL THEN NOT has_schema_privilege('public', 'CREATE') END
UNION ALL
SELECT 5, 'database', current_user FROM own
WHERE NOT is_migrated AND NOT has_database_privilege(current_database(), 'CREATE')
UNION ALL
SELECT 6, 'unavailable', name FROM extensions WHERE NOT is_installed AND NOT is_available
UNION ALL
SELECT 7, 'extension', name FROM extensions WHERE NOT is_installed AND NOT is_installable
UNION ALL
SELECT 8, 'extension_schema', nspname FROM extensions WHERE NOT is_usable
UNION ALL
SELECT 9, 'owner', relowner::regrole::text FROM tables, own
WHERE is_migrated AND nspname = 'public' AND NOT pg_has_role(relowner, 'USAGE')
ORDER BY place LIMIT 1
"""
"""Reads the first obstacle: its place, its kind and what it concerns; no row if there is none. $1: names of tables."""

_SENTENCES = {
    "no_public": "The database has no schema public, in which the tables are created: CREATE SCHEMA public "
    "AUTHORIZATION {subject}.",
    "elsewhere": "The tables of the service are in the schema {subject} instead of public, where a search_path has put "
    "them. Rename the schemas: ALTER SCHEMA public RENAME TO former_public; ALTER SCHEMA {subject} RENAME TO public.",
    "read_only": "The database is read-only: it is a standby, or default_transaction_read_only is on for the role "
    "{subject}, the database or the server.",
    "public": "The role {subject} may not create tables: GRANT CREATE ON SCHEMA public TO {subject}, or migrate as the "
    "owner of the database.",
    "database": "The role {subject} may not create schemas: GRANT CREATE ON DATABASE … TO {subject}, or migrate as the "
    "owner of the database.",
    "unavailable": "The server does not offer the extension {subject}: install the package of PostgreSQL's contributed "
    "modules (postgresql-contrib).",
    "extension": "The role may not install the extension {subject}: run CREATE EXTENSION {subject} as a superuser.",
    "extension_schema": "The role may not use the schema {subject}, which contains extensions: GRANT USAGE ON SCHEMA "
    "{subject}.",
    "owner": "The tables belong to the role {subject}: migrate as that role.",
}


class Obstacle(NamedTuple):
    """A kind of obstacle, and the name of the role, schema or extension that it concerns."""

    kind: str
    subject: str

    def explain(self) -> Text:
        """Return the sentence that says what is in the way and what to do."""
        sentence = _SENTENCES[self.kind].format(subject=self.subject)
        return Text(f"Basis data tidak dapat dimigrasikan. {sentence}", sentence)
