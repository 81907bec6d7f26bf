"""Answers kept for a retry, and the memory of what was written

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


class Xid8(sa.types.UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


# A table of parts: whose they are and by which columns, their member, their order, and what is not shown of them.
PARTS = {
    "region_codes": (
        "regions",
        {"region": "code"},
        "previous_codes",
        "code",
        ["region", "source", "verified", "primary", "revision", "updated_at"],
    ),
    "meeting_corrections": ("meetings", {"meeting": "code"}, "corrections", "position", ["meeting", "position"]),
    "session_speakers": (
        "sessions",
        {"meeting": "meeting", "session": "code"},
        "speakers",
        "position",
        ["meeting", "session", "position"],
    ),
}

# Arguments: whose parts, the member, the order, what is not shown, and pairs of columns: the part's and the whole's.
# Once for a statement, whatever number of parts it writes: each copy makes the whole's row anew.
COPY_PARTS = """
CREATE FUNCTION copy_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    same text := '';
    of_part text := '';
    of_whole text := '';
    touched text;
BEGIN
    FOR n IN 4 .. TG_NARGS - 2 BY 2 LOOP
        same := same || format(' AND part.%I = whole.%I', TG_ARGV[n], TG_ARGV[n + 1]);
        of_part := of_part || CASE WHEN n > 4 THEN ', ' ELSE '' END || quote_ident(TG_ARGV[n]);
        of_whole := of_whole || CASE WHEN n > 4 THEN ', ' ELSE '' END || 'whole.' || quote_ident(TG_ARGV[n + 1]);
    END LOOP;
    touched := CASE TG_OP
        WHEN 'INSERT' THEN format('SELECT %s FROM is_now', of_part)
        WHEN 'DELETE' THEN format('SELECT %s FROM was', of_part)
        ELSE format('SELECT %1$s FROM was UNION SELECT %1$s FROM is_now', of_part)
    END;
    EXECUTE format(
        'UPDATE %I AS whole SET parts = parts || jsonb_build_object(%L, coalesce(('
        'SELECT jsonb_agg(to_jsonb(part) - %L::text[] ORDER BY part.%I) FROM %I AS part WHERE true%s'
        '), ''[]'')) WHERE (%s) IN (%s)',
        TG_ARGV[0], TG_ARGV[1], TG_ARGV[3], TG_ARGV[2], TG_TABLE_NAME, same, of_whole, touched
    );
    RETURN NULL;
END $$
"""
EVENTS = {
    "insert": "NEW TABLE AS is_now",
    "update": "OLD TABLE AS was NEW TABLE AS is_now",
    "delete": "OLD TABLE AS was",
}


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 255", name=op.f("ck_idempotency_keys_key_length")),
        sa.CheckConstraint("status BETWEEN 200 AND 299", name=op.f("ck_idempotency_keys_status_range")),
        sa.PrimaryKeyConstraint("client", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("commit", sa.BigInteger(), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("(after IS NULL) = (action = 'deleted')", name=op.f("ck_revisions_after_unless_deleted")),
        sa.CheckConstraint("(before IS NULL) = (action = 'created')", name=op.f("ck_revisions_before_unless_created")),
        sa.CheckConstraint("action IN ('created', 'updated', 'deleted')", name=op.f("ck_revisions_action_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
    )
    op.create_index(op.f("ix_revisions_xid_id"), "revisions", ["xid", "id"], unique=False)
    op.create_index("uq_revisions_resource_key_revision", "revisions", ["resource", "key", "revision"], unique=True)
    op.add_column(
        "meetings",
        sa.Column(
            "parts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("""'{"corrections": []}'"""),
            nullable=False,
        ),
    )
    op.add_column(
        "regions",
        sa.Column(
            "parts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("""'{"previous_codes": []}'"""),
            nullable=False,
        ),
    )
    op.add_column(
        "sessions",
        sa.Column(
            "parts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("""'{"speakers": []}'"""),
            nullable=False,
        ),
    )
    op.execute(COPY_PARTS)
    copy_parts()


def copy_parts() -> None:
    """The triggers, and the copies of what stands there already, which are no change of anything."""
    for table, (whole, columns, member, order, hidden) in PARTS.items():
        pairs = ", ".join(f"'{of_part}', '{of_whole}'" for of_part, of_whole in columns.items())
        same = " AND ".join(f"part.{of_part} = whole.{of_whole}" for of_part, of_whole in columns.items())
        names = f"{{{','.join(hidden)}}}"
        op.execute(f"ALTER TABLE {whole} DISABLE TRIGGER touch_fact")
        op.execute(
            f"UPDATE {whole} AS whole SET parts = jsonb_build_object('{member}', coalesce(("  # noqa: S608
            f"SELECT jsonb_agg(to_jsonb(part) - '{names}'::text[] ORDER BY part.{order})"
            f" FROM {table} AS part WHERE {same}), '[]'))"
        )
        op.execute(f"ALTER TABLE {whole} ENABLE TRIGGER touch_fact")
        for event, rows in EVENTS.items():
            op.execute(
                f"CREATE TRIGGER copy_parts_on_{event} AFTER {event} ON {table} REFERENCING {rows}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION copy_parts('{whole}', '{member}', '{order}', '{names}', {pairs})"
            )


def downgrade() -> None:
    for table in PARTS:
        for event in EVENTS:
            op.execute(f"DROP TRIGGER copy_parts_on_{event} ON {table}")
    op.execute("DROP FUNCTION copy_parts")
    for table in ("sessions", "regions", "meetings"):
        op.drop_column(table, "parts")
    op.drop_table("revisions")
    op.drop_table("idempotency_keys")
