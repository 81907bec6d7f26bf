"""SQL that grants a role the privileges for serving: it can add lines to the audit trail, but not change or seal them.

`{role}` is a placeholder for the role's quoted name; the others are columns of `SELECT_GRANTABLE`. INSERT is granted
without the columns that the database fills, so that a role cannot choose the number, the time or the transaction of a
line. Seals and roots are written by the function seal_audit_lines(), which has the rights of the owner and computes
them itself.
"""

AUDIT_LINE_COLUMNS = "(client, scope, operation, keys, request_id, purpose_digest)"
AUDIT_TABLES = ("audit_lines", "audit_texts", "audit_seals", "audit_roots")
# Only migrations write them, and triggers that run with the rights of their owner (SECURITY DEFINER).
READ_ONLY_TABLES = (
    "alembic_version",
    "revisions",
    "client_controllers",
    "roll_secrets",
    "audit_seals",
    "audit_roots",
    "closed_rolls",
    "closed_roll_lines",
)

GRANTS = (
    "GRANT USAGE ON SCHEMA public, history, closed TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {role}",
    "GRANT USAGE ON SEQUENCE {sequences} TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA history, closed TO {role}",
    "GRANT EXECUTE ON FUNCTION {functions} TO {role}",
    f"REVOKE ALL ON audit_lines, audit_texts, {', '.join(READ_ONLY_TABLES)} FROM {{role}}",
    f"GRANT SELECT ON {', '.join(READ_ONLY_TABLES)} TO {{role}}",
    f"GRANT SELECT, INSERT {AUDIT_LINE_COLUMNS} ON audit_lines TO {{role}}",
    "GRANT SELECT, INSERT ON audit_texts TO {role}",
)

SELECT_GRANTABLE = """
SELECT string_agg(c.oid::regclass::text, ', ') FILTER (WHERE relkind IN ('r', 'v')) AS tables,
    string_agg(c.oid::regclass::text, ', ') FILTER (WHERE relkind = 'S') AS sequences,
    (
        SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc AS p
        WHERE pronamespace IN ('public'::regnamespace, 'history'::regnamespace) AND prokind = 'f'
            AND pg_has_role(proowner, 'USAGE') AND NOT EXISTS (
                SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e'
            )
    ) AS functions
FROM pg_class AS c
WHERE relnamespace = 'public'::regnamespace AND pg_has_role(relowner, 'USAGE')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
"""
"""Reads the names of what the current role can grant: not what extensions and other roles keep in public."""

SELECT_EXTENSION_SCHEMAS = """
SELECT array_agg(DISTINCT quote_ident(nspname)) FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace
WHERE extname IN ('btree_gist', 'pg_trgm', 'unaccent') AND NOT has_schema_privilege($1::text::name, n.oid, 'USAGE')
"""
"""Reads the quoted names of the schemas with extensions that the role $1 cannot use yet, or NULL."""

_QUOTED_AUDIT_TABLES = ", ".join(f"'{table}'" for table in AUDIT_TABLES)
SELECT_IS_INSERT_ONLY = f"""
SELECT bool_and(
    NOT pg_has_role($1::text::name, relowner, 'MEMBER')
    AND NOT has_any_column_privilege($1::text::name, c.oid, 'UPDATE')
    AND NOT has_table_privilege($1::text::name, c.oid, 'DELETE, TRUNCATE')
    AND (relname IN ('audit_lines', 'audit_texts') OR NOT has_any_column_privilege($1::text::name, c.oid, 'INSERT'))
) FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace AND relname IN ({_QUOTED_AUDIT_TABLES})
"""  # noqa: S608  (constants of this module)
"""Reads whether the role $1 can only add lines to the audit trail. False for an owner, who can grant themselves all."""

SELECT_CAN_SERVE = """
SELECT coalesce(bool_and(has_table_privilege($1::text::name, c.oid, 'SELECT')), FALSE) FROM pg_class AS c
WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'history', 'closed'))
    AND relkind IN ('r', 'v')
"""
"""Reads whether the role $1 has the privileges on all tables, including those of the newest migration."""
