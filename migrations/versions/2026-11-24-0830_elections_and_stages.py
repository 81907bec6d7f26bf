"""Elections and their stages, no circle among parents, and what a time zone is

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Each table with its generated columns, for the trigger.
FACTS = {"elections": "'folded'", "stages": "'folded'"}

# A circle of parents would be lost to everybody who walks a tree from its roots. The lock is for two transactions that
# would each close one half of it. Runs after the statement's rows are in, for one statement may bring a whole tree.
REFUSE_CIRCLE = """
CREATE FUNCTION refuse_circle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    above text := NEW.parent;
    passed text[] := ARRAY[NEW.code];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('parents of ' || TG_TABLE_NAME, 0));
    WHILE above IS NOT NULL LOOP
        IF above = ANY (passed) THEN
            RAISE EXCEPTION '% would be above itself', above
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = format('ck_%s_parent_no_circle', TG_TABLE_NAME);
        END IF;
        passed := passed || above;
        IF cardinality(passed) > 16 THEN
            RAISE EXCEPTION '% would be more than 16 levels deep', NEW.code
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = format('ck_%s_parent_depth', TG_TABLE_NAME);
        END IF;
        EXECUTE format('SELECT parent FROM %I WHERE code = $1', TG_TABLE_NAME) INTO above USING above;
    END LOOP;
    RETURN NULL;
END $$
"""

# A zone by its IANA name; Postgres alone would also take abbreviations, offsets and made-up rules.
IS_TIME_ZONE = """
CREATE FUNCTION is_time_zone(name text) RETURNS boolean LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
    RETURN name ~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z_+0-9-]+)+)$'
        AND EXISTS (SELECT FROM pg_timezone_names AS known WHERE known.name = is_time_zone.name);
END $$
"""


def upgrade() -> None:
    op.execute(IS_TIME_ZONE)
    op.create_table(
        "elections",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("voting_on", sa.Date(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column(
            "folded",
            sa.Text(),
            sa.Computed("fold(VARIADIC ARRAY[name, name_en, code])", persisted=True),
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 40", name=op.f("ck_elections_code_shape")
        ),
        sa.CheckConstraint(
            "decided_on BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_elections_decided_on_in_calendar")
        ),
        sa.CheckConstraint("kind IN ('general', 'regional_head')", name=op.f("ck_elections_kind_known")),
        sa.CheckConstraint(
            "voting_on BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_elections_voting_on_in_calendar")
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name=op.f("ck_elections_name_length")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_elections")),
    )
    op.create_index(
        op.f("ix_elections_folded"),
        "elections",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.create_index(op.f("ix_elections_kind_code"), "elections", ["kind", "code"], unique=False)
    op.create_index(op.f("ix_elections_name_code"), "elections", ["name", "code"], unique=False)
    op.create_index(op.f("ix_elections_updated_at_code"), "elections", ["updated_at", "code"], unique=False)
    op.create_index(
        "ix_elections_voting",
        "elections",
        [sa.literal_column("COALESCE(voting_on, 'infinity'::date)"), "code"],
        unique=False,
    )
    op.create_table(
        "stages",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("election", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "folded", sa.Text(), sa.Computed("fold(VARIADIC ARRAY[name, name_en])", persisted=True), nullable=False
        ),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 40 AND code <> 'none'",
            name=op.f("ck_stages_code_shape"),
        ),
        sa.CheckConstraint("end_on BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_stages_end_on_in_calendar")),
        sa.CheckConstraint("kind IN ('stage', 'substage', 'activity', 'support')", name=op.f("ck_stages_kind_known")),
        sa.CheckConstraint(
            "start_on BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_stages_start_on_in_calendar")
        ),
        sa.CheckConstraint("end_on >= start_on", name=op.f("ck_stages_ends_after_start")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name=op.f("ck_stages_name_length")),
        sa.CheckConstraint("parent <> code", name=op.f("ck_stages_parent_is_another")),
        sa.CheckConstraint("position BETWEEN 1 AND 999", name=op.f("ck_stages_position_range")),
        sa.CheckConstraint("round BETWEEN 1 AND 9", name=op.f("ck_stages_round_range")),
        sa.ForeignKeyConstraint(
            ["election", "parent"],
            ["stages.election", "stages.code"],
            name=op.f("fk_stages_election_parent_stages"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["election"], ["elections.code"], name=op.f("fk_stages_election_elections"), onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_stages")),
        sa.UniqueConstraint("election", "code", name=op.f("uq_stages_election_code")),
    )
    op.create_index(
        op.f("ix_stages_election_parent_position"), "stages", ["election", "parent", "position"], unique=False
    )
    op.create_index("ix_stages_end_on", "stages", ["end_on"], unique=False)
    op.create_index(
        "ix_stages_first_day",
        "stages",
        [sa.literal_column("COALESCE(start_on, end_on, 'infinity'::date)"), "code"],
        unique=False,
    )
    op.create_index(
        op.f("ix_stages_folded"),
        "stages",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.create_index(op.f("ix_stages_kind_code"), "stages", ["kind", "code"], unique=False)
    op.create_index(op.f("ix_stages_name_code"), "stages", ["name", "code"], unique=False)
    op.create_index(
        "ix_stages_in_order",
        "stages",
        ["election", sa.literal_column("COALESCE(parent, '')"), "position", "code"],
        unique=False,
    )
    op.create_index(op.f("ix_stages_parent_code"), "stages", ["parent", "code"], unique=False)
    op.create_index(op.f("ix_stages_round_code"), "stages", ["round", "code"], unique=False)
    op.create_index(op.f("ix_stages_updated_at_code"), "stages", ["updated_at", "code"], unique=False)
    for table, generated in FACTS.items():
        op.execute(
            f"CREATE TRIGGER touch_fact BEFORE INSERT OR UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION touch_fact({generated})"
        )
    op.execute(REFUSE_CIRCLE)
    for table in ("organizations", "stages"):
        op.execute(
            f"CREATE TRIGGER refuse_circle AFTER INSERT OR UPDATE OF parent ON {table}"
            " FOR EACH ROW WHEN (NEW.parent IS NOT NULL) EXECUTE FUNCTION refuse_circle()"
        )


def downgrade() -> None:
    op.execute("DROP TRIGGER refuse_circle ON organizations")
    for table in ("stages", "elections"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_circle, is_time_zone")
