"""Regions with their former codes, and organizations

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Each table with its generated columns, for the trigger.
FACTS = {"regions": "'folded'", "region_codes": "", "organizations": "'folded'"}


def upgrade() -> None:
    op.create_table(
        "regions",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("iso_3166_2", sa.Text(), nullable=True),
        sa.Column("capital", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("formed_by", sa.Text(), nullable=True),
        sa.Column("split_from", sa.Text(), nullable=True),
        sa.Column("autonomous", sa.Boolean(), nullable=False),
        sa.Column(
            "folded",
            sa.Text(),
            sa.Computed("fold(VARIADIC ARRAY[name, name_en, capital])", persisted=True),
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
        sa.CheckConstraint("(type = 'province') = (parent IS NULL)", name=op.f("ck_regions_province_has_no_parent")),
        sa.CheckConstraint("(type = 'province') = (length(code) = 2)", name=op.f("ck_regions_province_has_short_code")),
        sa.CheckConstraint("code ~ '^[0-9]{2}(\\.[0-9]{2})?$'", name=op.f("ck_regions_code_shape")),
        sa.CheckConstraint("type IN ('province', 'regency', 'city')", name=op.f("ck_regions_type_known")),
        sa.CheckConstraint('parent = "left"(code, 2)', name=op.f("ck_regions_parent_leads_code")),
        sa.ForeignKeyConstraint(
            ["parent"], ["regions.code"], name=op.f("fk_regions_parent_regions"), onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["split_from"], ["regions.code"], name=op.f("fk_regions_split_from_regions"), onupdate="CASCADE"
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name=op.f("ck_regions_name_length")),
        sa.CheckConstraint(
            "valid_from BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_regions_valid_from_in_calendar")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_regions")),
        sa.UniqueConstraint("iso_3166_2", name=op.f("uq_regions_iso_3166_2")),
    )
    op.create_index(
        op.f("ix_regions_folded"),
        "regions",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.create_index(op.f("ix_regions_name_code"), "regions", ["name", "code"], unique=False)
    op.create_index(op.f("ix_regions_parent_code"), "regions", ["parent", "code"], unique=False)
    op.create_index(op.f("ix_regions_split_from"), "regions", ["split_from"], unique=False)
    op.create_index(op.f("ix_regions_type_code"), "regions", ["type", "code"], unique=False)
    op.create_index(op.f("ix_regions_updated_at_code"), "regions", ["updated_at", "code"], unique=False)
    op.create_index(op.f("ix_regions_valid_from"), "regions", ["valid_from"], unique=False)
    op.create_table(
        "region_codes",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
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
        sa.CheckConstraint("code ~ '^[0-9]{2}\\.[0-9]{2}$'", name=op.f("ck_region_codes_code_shape")),
        sa.CheckConstraint("code <> region", name=op.f("ck_region_codes_code_is_former")),
        sa.CheckConstraint('parent = "left"(code, 2)', name=op.f("ck_region_codes_parent_leads_code")),
        sa.ForeignKeyConstraint(
            ["parent"], ["regions.code"], name=op.f("fk_region_codes_parent_regions"), onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["regions.code"], name=op.f("fk_region_codes_region_regions"), onupdate="CASCADE"
        ),
        sa.CheckConstraint(
            "until BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_region_codes_until_in_calendar")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region_codes")),
    )
    op.create_index(op.f("ix_region_codes_parent"), "region_codes", ["parent"], unique=False)
    op.create_index(op.f("ix_region_codes_region"), "region_codes", ["region"], unique=False)
    op.create_table(
        "organizations",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("short_name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("established_on", sa.Date(), nullable=True),
        sa.Column("dissolved_on", sa.Date(), nullable=True),
        sa.Column(
            "folded",
            sa.Text(),
            sa.Computed("fold(VARIADIC ARRAY[name, name_en, short_name])", persisted=True),
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
        sa.CheckConstraint(
            "code ~ '^[a-z][a-z0-9]{0,29}(-[0-9]{2}(\\.[0-9]{2})?)?$'", name=op.f("ck_organizations_code_shape")
        ),
        sa.CheckConstraint(
            "kind <> 'commission' OR level IS NOT NULL", name=op.f("ck_organizations_commission_has_level")
        ),
        sa.CheckConstraint("kind IN ('commission', 'agency')", name=op.f("ck_organizations_kind_known")),
        sa.CheckConstraint("level IN ('national', 'province', 'regency')", name=op.f("ck_organizations_level_known")),
        sa.CheckConstraint(
            "sector IN ('election_body', 'government', 'court', 'legislature', 'executive', "
            "'security', 'law_enforcement', 'audit', 'local_government')",
            name=op.f("ck_organizations_sector_known"),
        ),
        sa.CheckConstraint("dissolved_on > established_on", name=op.f("ck_organizations_dissolved_after_established")),
        sa.CheckConstraint("parent <> code", name=op.f("ck_organizations_parent_is_another")),
        sa.CheckConstraint("seats BETWEEN 1 AND 99", name=op.f("ck_organizations_seats_range")),
        sa.ForeignKeyConstraint(
            ["parent"],
            ["organizations.code"],
            name=op.f("fk_organizations_parent_organizations"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["regions.code"], name=op.f("fk_organizations_region_regions"), onupdate="CASCADE"
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name=op.f("ck_organizations_name_length")),
        sa.CheckConstraint(
            "established_on BETWEEN '1900-01-01' AND '2199-12-31'",
            name=op.f("ck_organizations_established_on_in_calendar"),
        ),
        sa.CheckConstraint(
            "dissolved_on BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_organizations_dissolved_on_in_calendar")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_organizations")),
    )
    op.create_index(op.f("ix_organizations_established_on"), "organizations", ["established_on"], unique=False)
    op.create_index(
        op.f("ix_organizations_folded"),
        "organizations",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.create_index(op.f("ix_organizations_kind_code"), "organizations", ["kind", "code"], unique=False)
    op.create_index(op.f("ix_organizations_level_code"), "organizations", ["level", "code"], unique=False)
    op.create_index(op.f("ix_organizations_name_code"), "organizations", ["name", "code"], unique=False)
    op.create_index(op.f("ix_organizations_parent_code"), "organizations", ["parent", "code"], unique=False)
    op.create_index(op.f("ix_organizations_region_code"), "organizations", ["region", "code"], unique=False)
    op.create_index(op.f("ix_organizations_sector_code"), "organizations", ["sector", "code"], unique=False)
    op.create_index(op.f("ix_organizations_updated_at_code"), "organizations", ["updated_at", "code"], unique=False)
    op.create_index(
        "uq_organizations_region_of_commission",
        "organizations",
        ["region"],
        unique=True,
        postgresql_where=sa.text("kind = 'commission'"),
    )
    for table, generated in FACTS.items():
        op.execute(
            f"CREATE TRIGGER touch_fact BEFORE INSERT OR UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION touch_fact({generated})"
        )


def downgrade() -> None:
    for table in reversed(FACTS):
        op.drop_table(table)
