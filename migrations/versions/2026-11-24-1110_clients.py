"""Machine clients, their secrets, and the keys that sign their tokens

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What a token carries of its client: where any of it changes, tokens made before are told from those made after.
TOUCH_CLIENT = """
CREATE FUNCTION touch_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision;
    NEW.updated_at := OLD.updated_at;
    IF (NEW.name, NEW.scopes, NEW.organization, NEW.meeting, NEW.jwks, NEW.revoked_at)
        IS DISTINCT FROM (OLD.name, OLD.scopes, OLD.organization, OLD.meeting, OLD.jwks, OLD.revoked_at)
    THEN
        NEW.revision := OLD.revision + 1;
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$"""
# Heard by every worker, which then looks for itself what has changed.
TELL_CLIENTS = """
CREATE FUNCTION tell_clients() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('clients', '');
    RETURN NULL;
END $$"""


def upgrade() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("private_key", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("signs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signs_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("signs_until > signs_from", name=op.f("ck_signing_keys_ends_after_start")),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_keys")),
    )
    op.create_index(op.f("ix_signing_keys_signs_from"), "signing_keys", ["signs_from"], unique=False)
    op.create_table(
        "clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("meeting", sa.Text(), nullable=True),
        sa.Column("jwks", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name=op.f("ck_clients_name_length")),
        sa.ForeignKeyConstraint(
            ["meeting"], ["meetings.code"], name=op.f("fk_clients_meeting_meetings"), onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization"],
            ["organizations.code"],
            name=op.f("fk_clients_organization_organizations"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_index(op.f("ix_clients_meeting"), "clients", ["meeting"], unique=False)
    op.create_index(op.f("ix_clients_name_id"), "clients", ["name", "id"], unique=False)
    op.create_index(op.f("ix_clients_organization"), "clients", ["organization"], unique=False)
    op.create_index(op.f("ix_clients_updated_at"), "clients", ["updated_at"], unique=False)
    op.create_table(
        "client_secrets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client", sa.Uuid(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_client_secrets_digest_length")),
        sa.CheckConstraint("slot IN (1, 2)", name=op.f("ck_client_secrets_slot_known")),
        sa.ForeignKeyConstraint(
            ["client"], ["clients.id"], name=op.f("fk_client_secrets_client_clients"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_secrets")),
    )
    op.create_index(op.f("ix_client_secrets_client"), "client_secrets", ["client"], unique=False)
    op.create_index(op.f("ix_client_secrets_revoked_at"), "client_secrets", ["revoked_at"], unique=False)
    op.create_index(
        "uq_client_secrets_live_slot",
        "client_secrets",
        ["client", "slot"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "used_assertions",
        sa.Column("client", sa.Uuid(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(jti) BETWEEN 1 AND 200", name=op.f("ck_used_assertions_jti_length")),
        sa.ForeignKeyConstraint(
            ["client"], ["clients.id"], name=op.f("fk_used_assertions_client_clients"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client", "jti", name=op.f("pk_used_assertions")),
    )
    op.create_index(op.f("ix_used_assertions_expires_at"), "used_assertions", ["expires_at"], unique=False)
    op.execute(TOUCH_CLIENT)
    op.execute("CREATE TRIGGER touch_client BEFORE UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION touch_client()")
    op.execute(TELL_CLIENTS)
    for table in ("clients", "client_secrets", "signing_keys"):
        op.execute(
            f"CREATE TRIGGER tell_clients AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION tell_clients()"
        )


def downgrade() -> None:
    op.drop_table("signing_keys")
    op.drop_table("used_assertions")
    op.drop_table("client_secrets")
    op.drop_table("clients")
    op.execute("DROP FUNCTION touch_client, tell_clients")
