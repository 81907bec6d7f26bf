"""Regions, organizations, divisions, officials and their appointments; keys of the service

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

branch_labels = None
depends_on = None

FACTS = ("regions", "region_codes", "organizations", "divisions", "officials", "appointments")


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
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9]*-[0-9]+$'", name=op.f("ck_divisions_code_shape")),
        sa.CheckConstraint("kind IN ('division', 'secretariat_unit')", name=op.f("ck_divisions_kind_known")),
        sa.CheckConstraint(
            "led_by IN ('chair', 'member', 'secretary', 'secretary_general')",
            name=op.f("ck_divisions_led_by_known"),
        ),
        sa.CheckConstraint("level IN ('national', 'province', 'regency')", name=op.f("ck_divisions_level_known")),
        sa.CheckConstraint("members BETWEEN 1 AND 99", name=op.f("ck_divisions_members_range")),
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
        sa.CheckConstraint("code ~ '^[0-9]{2}(\\.[0-9]{2})?$'", name=op.f("ck_regions_code_shape")),
        sa.CheckConstraint("type IN ('province', 'regency', 'city')", name=op.f("ck_regions_type_known")),
        sa.CheckConstraint('parent = "left"(code, 2)', name=op.f("ck_regions_parent_leads_code")),
        sa.ForeignKeyConstraint(
            ["parent"], ["regions.code"], name=op.f("fk_regions_parent_regions"), onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["split_from"], ["regions.code"], name=op.f("fk_regions_split_from_regions"), onupdate="CASCADE"
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
        "service_keys",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_service_keys")),
    )
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
            "code ~ '^[a-z][a-z0-9]*(-[0-9]{2}(\\.[0-9]{2})?)?$'", name=op.f("ck_organizations_code_shape")
        ),
        sa.CheckConstraint(
            "kind <> 'commission' OR level IS NOT NULL", name=op.f("ck_organizations_commission_has_level")
        ),
        sa.CheckConstraint("kind IN ('commission', 'agency')", name=op.f("ck_organizations_kind_known")),
        sa.CheckConstraint("level IN ('national', 'province', 'regency')", name=op.f("ck_organizations_level_known")),
        sa.CheckConstraint(
            "sector IN ('election_body', 'government', 'court', 'legislature', 'executive', 'security', 'law_enforcement', 'audit', 'local_government')",
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
        sa.ForeignKeyConstraint(
            ["parent"], ["regions.code"], name=op.f("fk_region_codes_parent_regions"), onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["region"], ["regions.code"], name=op.f("fk_region_codes_region_regions"), onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region_codes")),
    )
    op.create_index(op.f("ix_region_codes_parent"), "region_codes", ["parent"], unique=False)
    op.create_index(op.f("ix_region_codes_region"), "region_codes", ["region"], unique=False)
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
        sa.CheckConstraint("end_on ~ '^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$'", name=op.f("ck_appointments_end_on_shape")),
        sa.CheckConstraint(
            "office IN ('chair', 'member', 'secretary', 'secretary_general')",
            name=op.f("ck_appointments_office_known"),
        ),
        sa.CheckConstraint(
            "standing IN ('definitive', 'acting', 'interim_replacement')",
            name=op.f("ck_appointments_standing_known"),
        ),
        sa.CheckConstraint(
            "start_on ~ '^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$'", name=op.f("ck_appointments_start_on_shape")
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
    for table in FACTS:
        op.execute(f"CREATE TRIGGER touch_fact BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION touch_fact()")
    # Signs page tokens. 32 bytes from the server's strong random source, which gen_random_uuid() reads.
    op.execute(
        "INSERT INTO service_keys (purpose, key) VALUES"
        " ('page_tokens', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_appointments_standing"), table_name="appointments")
    op.drop_index("ix_appointments_organization_possible", table_name="appointments", postgresql_using="gist")
    op.drop_index(op.f("ix_appointments_organization_office"), table_name="appointments")
    op.drop_index(op.f("ix_appointments_official"), table_name="appointments")
    op.drop_index(op.f("ix_appointments_office"), table_name="appointments")
    op.drop_index(op.f("ix_appointments_division"), table_name="appointments")
    op.drop_table("appointments")
    op.drop_index(op.f("ix_region_codes_region"), table_name="region_codes")
    op.drop_index(op.f("ix_region_codes_parent"), table_name="region_codes")
    op.drop_table("region_codes")
    op.drop_index(op.f("ix_organizations_updated_at_code"), table_name="organizations")
    op.drop_index(op.f("ix_organizations_sector_code"), table_name="organizations")
    op.drop_index(op.f("ix_organizations_region_code"), table_name="organizations")
    op.drop_index(op.f("ix_organizations_parent_code"), table_name="organizations")
    op.drop_index(op.f("ix_organizations_name_code"), table_name="organizations")
    op.drop_index(op.f("ix_organizations_level_code"), table_name="organizations")
    op.drop_index(op.f("ix_organizations_kind_code"), table_name="organizations")
    op.drop_index(
        op.f("ix_organizations_folded"),
        table_name="organizations",
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.drop_index(op.f("ix_organizations_established_on"), table_name="organizations")
    op.drop_table("organizations")
    op.drop_table("service_keys")
    op.drop_index(op.f("ix_regions_valid_from"), table_name="regions")
    op.drop_index(op.f("ix_regions_updated_at_code"), table_name="regions")
    op.drop_index(op.f("ix_regions_type_code"), table_name="regions")
    op.drop_index(op.f("ix_regions_split_from"), table_name="regions")
    op.drop_index(op.f("ix_regions_parent_code"), table_name="regions")
    op.drop_index(op.f("ix_regions_name_code"), table_name="regions")
    op.drop_index(
        op.f("ix_regions_folded"),
        table_name="regions",
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.drop_table("regions")
    op.drop_index(op.f("ix_officials_updated_at_id"), table_name="officials")
    op.drop_index(op.f("ix_officials_name_id"), table_name="officials")
    op.drop_index(
        op.f("ix_officials_folded"),
        table_name="officials",
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.drop_table("officials")
    op.drop_index(op.f("ix_divisions_updated_at_code"), table_name="divisions")
    op.drop_index(op.f("ix_divisions_name_code"), table_name="divisions")
    op.drop_index(op.f("ix_divisions_members_code"), table_name="divisions")
    op.drop_index(op.f("ix_divisions_level_members_code"), table_name="divisions")
    op.drop_index(op.f("ix_divisions_kind_code"), table_name="divisions")
    op.drop_index(
        op.f("ix_divisions_folded"),
        table_name="divisions",
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.drop_table("divisions")
