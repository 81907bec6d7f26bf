"""Divisions, officials and their appointments

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Each table with its generated columns, for the trigger.
FACTS = {"divisions": "'folded'", "officials": "'folded'", "appointments": "'certain', 'possible'"}


def upgrade() -> None:
    op.create_table(
        "divisions",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("led_by", sa.Text(), nullable=True),
        sa.Column("duties", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column(
            "folded",
            sa.Text(),
            sa.Computed("fold(VARIADIC ARRAY[name, name_en])", persisted=True),
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9]{0,9}-[0-9]{1,4}$'", name=op.f("ck_divisions_code_shape")),
        sa.CheckConstraint("kind IN ('division', 'secretariat_unit')", name=op.f("ck_divisions_kind_known")),
        sa.CheckConstraint(
            "led_by IN ('chair', 'member', 'secretary', 'secretary_general')",
            name=op.f("ck_divisions_led_by_known"),
        ),
        sa.CheckConstraint("level IN ('national', 'province', 'regency')", name=op.f("ck_divisions_level_known")),
        sa.CheckConstraint("members BETWEEN 1 AND 99", name=op.f("ck_divisions_members_range")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name=op.f("ck_divisions_name_length")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_divisions")),
    )
    op.create_index(
        op.f("ix_divisions_folded"),
        "divisions",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.create_index(op.f("ix_divisions_kind_code"), "divisions", ["kind", "code"], unique=False)
    op.create_index(op.f("ix_divisions_level_members_code"), "divisions", ["level", "members", "code"], unique=False)
    op.create_index(op.f("ix_divisions_members_code"), "divisions", ["members", "code"], unique=False)
    op.create_index(op.f("ix_divisions_name_code"), "divisions", ["name", "code"], unique=False)
    op.create_index(op.f("ix_divisions_updated_at_code"), "divisions", ["updated_at", "code"], unique=False)
    op.create_table(
        "officials",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("other_names", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "folded",
            sa.Text(),
            sa.Computed("fold(VARIADIC array_prepend(name, other_names))", persisted=True),
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name=op.f("ck_officials_name_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officials")),
    )
    op.create_index(
        op.f("ix_officials_folded"),
        "officials",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.create_index(op.f("ix_officials_name_id"), "officials", ["name", "id"], unique=False)
    op.create_index(op.f("ix_officials_updated_at_id"), "officials", ["updated_at", "id"], unique=False)
    op.create_table(
        "appointments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("official", sa.Uuid(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=True),
        sa.Column("term", sa.Text(), nullable=True),
        sa.Column("start_on", sa.Text(), nullable=True),
        sa.Column("end_on", sa.Text(), nullable=True),
        sa.Column("seen_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column(
            "certain",
            postgresql.DATERANGE(),
            sa.Computed("certain_days(start_on, end_on, seen_on)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "possible",
            postgresql.DATERANGE(),
            sa.Computed("possible_days(start_on, end_on, seen_on)", persisted=True),
            nullable=True,
        ),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        postgresql.ExcludeConstraint(
            (sa.column("official"), "="),
            (sa.column("organization"), "="),
            (sa.column("office"), "="),
            (sa.column("certain"), "&&"),
            using="gist",
            name="ex_appointments_one_office_once",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("organization"), "="),
            (sa.column("office"), "="),
            (sa.column("certain"), "&&"),
            where=sa.text("standing = 'definitive' AND office IN ('chair', 'secretary', 'secretary_general')"),
            using="gist",
            name="ex_appointments_one_definitive_holder",
        ),
        sa.CheckConstraint(
            "end_on IS NULL OR first_day(end_on) IS NOT NULL", name=op.f("ck_appointments_end_on_is_partial_date")
        ),
        sa.CheckConstraint(
            "office IN ('chair', 'member', 'secretary', 'secretary_general')",
            name=op.f("ck_appointments_office_known"),
        ),
        sa.CheckConstraint(
            "standing IN ('definitive', 'acting', 'interim_replacement')",
            name=op.f("ck_appointments_standing_known"),
        ),
        sa.CheckConstraint(
            "start_on IS NULL OR first_day(start_on) IS NOT NULL", name=op.f("ck_appointments_start_on_is_partial_date")
        ),
        sa.CheckConstraint("term ~ '^[0-9]{4}-[0-9]{4}$'", name=op.f("ck_appointments_term_shape")),
        sa.CheckConstraint("NOT isempty(possible)", name=op.f("ck_appointments_ends_after_start")),
        sa.CheckConstraint("start_on IS NOT NULL OR seen_on IS NOT NULL", name=op.f("ck_appointments_start_or_seen")),
        sa.ForeignKeyConstraint(
            ["division"],
            ["divisions.code"],
            name=op.f("fk_appointments_division_divisions"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_appointments_official_officials")),
        sa.ForeignKeyConstraint(
            ["organization"],
            ["organizations.code"],
            name=op.f("fk_appointments_organization_organizations"),
            onupdate="CASCADE",
        ),
        sa.CheckConstraint(
            "seen_on BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_appointments_seen_on_in_calendar")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
    )
    op.create_index(op.f("ix_appointments_division"), "appointments", ["division"], unique=False)
    op.create_index(op.f("ix_appointments_office"), "appointments", ["office"], unique=False)
    op.create_index(op.f("ix_appointments_official"), "appointments", ["official"], unique=False)
    op.create_index(
        op.f("ix_appointments_organization_office"), "appointments", ["organization", "office"], unique=False
    )
    op.create_index(
        "ix_appointments_organization_possible",
        "appointments",
        ["organization", "possible"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_index(op.f("ix_appointments_standing"), "appointments", ["standing"], unique=False)
    for table, generated in FACTS.items():
        op.execute(
            f"CREATE TRIGGER touch_fact BEFORE INSERT OR UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION touch_fact({generated})"
        )


def downgrade() -> None:
    for table in reversed(FACTS):
        op.drop_table(table)
