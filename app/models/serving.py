"""SQL that reads what the current role lacks for serving: schemas, relations, privileges, extensions."""

from app.models.metadata import HISTORY_TRIGGERS, Base
from app.models.privileges import AUDIT_TABLES, READ_ONLY_TABLES

EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")

TABLES = sorted(Base.metadata.tables)
RELATIONS = [
    *(f"public.{name}" for name in TABLES),
    *sorted(
        f"history.{mapper.local_table.name}{suffix}"  # type: ignore[attr-defined]
        for mapper in Base.registry.mappers
        if mapper.class_.__triggers__ >= HISTORY_TRIGGERS
        for suffix in ("", "_rows")
    ),
]
"""The tables of this release and the views and tables of their history."""

SELECT_MISSING_SCHEMAS = """
SELECT coalesce(string_agg(name, ', '), '') FROM unnest(ARRAY['public', 'history', 'closed']) AS name
WHERE to_regnamespace(name) IS NOT NULL AND NOT has_schema_privilege(name, 'USAGE')
"""
"""Reads the schemas that exist and that the role must not use. A name in them would not be found."""

_quoted_read_only = ", ".join(f"'{name}'" for name in {*AUDIT_TABLES, *READ_ONLY_TABLES})
_quoted_extensions = ", ".join(f"('{name}')" for name in EXTENSIONS)

SELECT_DEFECTS = f"""
WITH owner (id) AS (
    SELECT relowner FROM pg_class WHERE oid = to_regclass('public.alembic_version')
), relations AS (
    SELECT c.oid, relkind, relname, nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE nspname IN ('public', 'history', 'closed') AND (
        nspname || '.' || relname = ANY($1::text[])
        -- Not what others keep in public. A table of this release is in $1.
        OR $2 AND relowner = (SELECT id FROM owner) AND (nspname <> 'public' OR relkind <> 'r')
    )
), defects (defect) AS (
    SELECT 'extension ' || name FROM (VALUES {_quoted_extensions}) AS needed (name)
    WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = name)
    UNION ALL
    SELECT 'USAGE: schema ' || nspname FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace
    WHERE extname IN (SELECT name FROM (VALUES {_quoted_extensions}) AS needed (name))
        AND NOT has_schema_privilege(n.oid, 'USAGE')
    UNION ALL
    SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL
    UNION ALL
    SELECT format('%s: %s.%s', privilege, nspname, relname)
    FROM relations CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
    WHERE NOT has_table_privilege(oid, privilege) AND CASE privilege
        WHEN 'SELECT' THEN relkind IN ('r', 'v')
        ELSE relkind = 'r' AND nspname = 'public' AND relname NOT IN ({_quoted_read_only})
    END
    UNION ALL
    SELECT 'INSERT: public.' || relname FROM relations
    WHERE nspname = 'public' AND relname IN ('audit_lines', 'audit_texts')
        AND NOT has_any_column_privilege(oid, 'INSERT')
    UNION ALL
    -- The condition on relkind is in CASE, because has_sequence_privilege() raises an error for a table.
    SELECT 'USAGE: ' || relname FROM relations
    WHERE nspname = 'public' AND CASE WHEN relkind = 'S' THEN NOT has_sequence_privilege(oid, 'USAGE') END
    UNION ALL
    SELECT 'EXECUTE: ' || p.oid::regprocedure FROM pg_proc AS p
    WHERE $2 AND pronamespace IN ('public'::regnamespace, 'history'::regnamespace) AND prokind = 'f'
        AND proowner = (SELECT id FROM owner)
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
        AND NOT has_function_privilege(p.oid, 'EXECUTE')
)
SELECT array_agg(defect ORDER BY defect COLLATE "C") FROM defects
"""  # noqa: S608  (constants of this module)
"""Reads what is missing, or NULL. $1: `RELATIONS`; $2: whether everything in the schemas is of this release."""
