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
COPY_PARTS = """
CREATE FUNCTION copy_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_whole text := '';
    of_changed text := '';
BEGIN
    FOR n IN 4 .. TG_NARGS - 2 BY 2 LOOP
        of_whole := of_whole || format(' AND part.%I = whole.%I', TG_ARGV[n], TG_ARGV[n + 1]);
        of_changed := of_changed || format(' AND whole.%I = ($1).%I', TG_ARGV[n + 1], TG_ARGV[n]);
    END LOOP;
    FOR n IN 1 .. 2 LOOP
        CONTINUE WHEN (n = 1 AND TG_OP = 'INSERT') OR (n = 2 AND TG_OP = 'DELETE');
        EXECUTE format(
            'UPDATE %I AS whole SET parts = parts || jsonb_build_object(%L, coalesce(('
            'SELECT jsonb_agg(to_jsonb(part) - %L::text[] ORDER BY part.%I) FROM %I AS part WHERE true%s'
            '), ''[]'')) WHERE true%s',
            TG_ARGV[0], TG_ARGV[1], TG_ARGV[3], TG_ARGV[2], TG_TABLE_NAME, of_whole, of_changed
        ) USING CASE WHEN n = 1 THEN OLD ELSE NEW END;
    END LOOP;
    RETURN NULL;
END $$
"""


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
        op.execute(
            f"CREATE TRIGGER copy_parts AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION copy_parts('{whole}', '{member}', '{order}', '{names}', {pairs})"
        )


def downgrade() -> None:
    for table in PARTS:
        op.execute(f"DROP TRIGGER copy_parts ON {table}")
    op.execute("DROP FUNCTION copy_parts")
    for table in ("sessions", "regions", "meetings"):
        op.drop_column(table, "parts")
    op.drop_table("revisions")
    op.drop_table("idempotency_keys")
