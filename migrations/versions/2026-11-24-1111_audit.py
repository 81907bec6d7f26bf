"""The audit trail and its seals

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("audit_lines", "audit_seals", "audit_roots")

# For everyone, the owner too, whom no missing privilege holds back: what is done by mistake ends here. An owner who
# must cut the trail says so with ALTER TABLE … DISABLE TRIGGER, which the server's log of DDL keeps; the chain tells.
KEEP_AS_IT_IS = """
CREATE FUNCTION keep_as_it_is() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""


class Xid8(sa.types.UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def upgrade() -> None:
    op.create_table(
        "audit_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.CheckConstraint("length(purpose) <= 500", name=op.f("ck_audit_lines_purpose_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_lines")),
    )
    op.create_index(op.f("ix_audit_lines_at_id"), "audit_lines", ["at", "id"], unique=False)
    op.create_index(op.f("ix_audit_lines_client_id"), "audit_lines", ["client", "id"], unique=False)
    op.create_index(op.f("ix_audit_lines_keys"), "audit_lines", ["keys"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_audit_lines_operation_id"), "audit_lines", ["operation", "id"], unique=False)
    op.create_index(op.f("ix_audit_lines_xid_id"), "audit_lines", ["xid", "id"], unique=False)
    op.create_table(
        "audit_seals",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_audit_seals_hash_length")),
        sa.CheckConstraint("position > 0", name=op.f("ck_audit_seals_position_range")),
        sa.ForeignKeyConstraint(["line"], ["audit_lines.id"], name=op.f("fk_audit_seals_line_audit_lines")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("line", name=op.f("uq_audit_seals_line")),
    )
    op.create_table(
        "audit_roots",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_audit_roots_hash_length")),
        sa.ForeignKeyConstraint(
            ["position"], ["audit_seals.position"], name=op.f("fk_audit_roots_position_audit_seals")
        ),
        sa.PrimaryKeyConstraint("hour", name=op.f("pk_audit_roots")),
        sa.UniqueConstraint("position", name=op.f("uq_audit_roots_position")),
    )
    op.execute(KEEP_AS_IT_IS)
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER keep_as_it_is BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION keep_as_it_is()"
        )


def downgrade() -> None:
    op.drop_table("audit_roots")
    op.drop_table("audit_seals")
    op.drop_table("audit_lines")
    op.execute("DROP FUNCTION keep_as_it_is")
