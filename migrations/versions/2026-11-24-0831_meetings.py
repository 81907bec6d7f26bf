"""Meetings with their sessions, speakers, statements and corrections

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Each table with its generated columns, for the trigger.
FACTS = {"meetings": "'folded'", "sessions": "'folded'", "meeting_statements": ""}


def upgrade() -> None:
    op.create_table(
        "meetings",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("end_on", sa.Date(), nullable=False),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("election", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("roll", sa.Text(), nullable=False),
        sa.Column("source_publisher", sa.Text(), nullable=True),
        sa.Column("source_title", sa.Text(), nullable=True),
        sa.Column(
            "folded",
            sa.Text(),
            sa.Computed("fold(VARIADIC ARRAY[name, name_en, place, code])", persisted=True),
            nullable=False,
        ),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "cancelled_on BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_meetings_cancelled_on_in_calendar")
        ),
        sa.CheckConstraint(
            "code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 40", name=op.f("ck_meetings_code_shape")
        ),
        sa.CheckConstraint("end_on BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_meetings_end_on_in_calendar")),
        sa.CheckConstraint(
            "kind IN ('national_coordination', 'coordination', 'plenary', 'training', 'induction', 'other')",
            name=op.f("ck_meetings_kind_known"),
        ),
        sa.CheckConstraint("roll IN ('open', 'restricted')", name=op.f("ck_meetings_roll_known")),
        sa.CheckConstraint(
            "start_on BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_meetings_start_on_in_calendar")
        ),
        sa.CheckConstraint("end_on >= start_on", name=op.f("ck_meetings_ends_after_start")),
        sa.CheckConstraint("is_time_zone(time_zone)", name=op.f("ck_meetings_time_zone_known")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name=op.f("ck_meetings_name_length")),
        sa.ForeignKeyConstraint(
            ["election"], ["elections.code"], name=op.f("fk_meetings_election_elections"), onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["host"], ["organizations.code"], name=op.f("fk_meetings_host_organizations"), onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_meetings")),
    )
    op.create_index(op.f("ix_meetings_election_code"), "meetings", ["election", "code"])
    op.create_index(op.f("ix_meetings_end_on"), "meetings", ["end_on"])
    op.create_index(
        op.f("ix_meetings_folded"),
        "meetings",
        ["folded"],
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.create_index(op.f("ix_meetings_host_code"), "meetings", ["host", "code"])
    op.create_index(op.f("ix_meetings_kind_code"), "meetings", ["kind", "code"])
    op.create_index(op.f("ix_meetings_name_code"), "meetings", ["name", "code"])
    op.create_index(op.f("ix_meetings_start_on_code"), "meetings", ["start_on", "code"])
    op.create_index(op.f("ix_meetings_updated_at_code"), "meetings", ["updated_at", "code"])
    op.create_table(
        "meeting_corrections",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("printed", sa.Text(), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("position BETWEEN 1 AND 999", name=op.f("ck_meeting_corrections_position_range")),
        sa.ForeignKeyConstraint(
            ["meeting"], ["meetings.code"], name=op.f("fk_meeting_corrections_meeting_meetings"), onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting", "position", name=op.f("pk_meeting_corrections")),
    )
    op.create_table(
        "sessions",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("track", sa.Integer(), nullable=True),
        sa.Column("parallel_group", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "folded",
            sa.Text(),
            sa.Computed("fold(VARIADIC ARRAY[name, name_en] || topics)", persisted=True),
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
            "code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 40", name=op.f("ck_sessions_code_shape")
        ),
        sa.CheckConstraint(
            "kind IN ('opening', 'direction', 'panel', 'discussion', 'class', 'plenary', 'closing')",
            name=op.f("ck_sessions_kind_known"),
        ),
        sa.CheckConstraint("(track IS NULL) = (parallel_group IS NULL)", name=op.f("ck_sessions_track_is_of_a_group")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_sessions_ends_after_start")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name=op.f("ck_sessions_name_length")),
        sa.CheckConstraint("position BETWEEN 1 AND 999", name=op.f("ck_sessions_position_range")),
        sa.CheckConstraint("track BETWEEN 1 AND 99", name=op.f("ck_sessions_track_range")),
        sa.ForeignKeyConstraint(
            ["meeting"], ["meetings.code"], name=op.f("fk_sessions_meeting_meetings"), onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting", "code", name=op.f("pk_sessions")),
        sa.UniqueConstraint(
            "meeting", "parallel_group", "track", name=op.f("uq_sessions_meeting_parallel_group_track")
        ),
    )
    op.create_index(
        op.f("ix_sessions_meeting_position_code"), "sessions", ["meeting", "position", "code"], unique=False
    )
    op.create_table(
        "session_speakers",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("official", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("division", sa.Text(), nullable=True),
        sa.Column("division_kind", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "division_kind IN ('division', 'secretariat_unit')", name=op.f("ck_session_speakers_division_kind_known")
        ),
        sa.CheckConstraint("num_nonnulls(official, name) < 2", name=op.f("ck_session_speakers_official_or_name")),
        sa.CheckConstraint(
            "num_nonnulls(official, name, organization, division) > 0", name=op.f("ck_session_speakers_somebody")
        ),
        sa.CheckConstraint("position BETWEEN 1 AND 999", name=op.f("ck_session_speakers_position_range")),
        sa.ForeignKeyConstraint(
            ["division"], ["divisions.code"], name=op.f("fk_session_speakers_division_divisions"), onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["meeting", "session"],
            ["sessions.meeting", "sessions.code"],
            name=op.f("fk_session_speakers_meeting_session_sessions"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_session_speakers_official_officials")),
        sa.ForeignKeyConstraint(
            ["organization"],
            ["organizations.code"],
            name=op.f("fk_session_speakers_organization_organizations"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meeting", "session", "position", name=op.f("pk_session_speakers")),
    )
    op.create_index(op.f("ix_session_speakers_division"), "session_speakers", ["division"])
    op.create_index(op.f("ix_session_speakers_official"), "session_speakers", ["official"])
    op.create_index(op.f("ix_session_speakers_organization"), "session_speakers", ["organization"])

    op.create_table(
        "meeting_statements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("official", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("form IN ('spoken', 'written')", name=op.f("ck_meeting_statements_form_known")),
        sa.CheckConstraint(
            "made_on BETWEEN '1900-01-01' AND '2199-12-31'", name=op.f("ck_meeting_statements_made_on_in_calendar")
        ),
        sa.CheckConstraint("num_nonnulls(official, name) < 2", name=op.f("ck_meeting_statements_official_or_name")),
        sa.CheckConstraint(
            "num_nonnulls(official, name, organization) > 0", name=op.f("ck_meeting_statements_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["meeting"], ["meetings.code"], name=op.f("fk_meeting_statements_meeting_meetings"), onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_meeting_statements_official_officials")),
        sa.ForeignKeyConstraint(
            ["organization"],
            ["organizations.code"],
            name=op.f("fk_meeting_statements_organization_organizations"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_statements")),
    )
    op.create_index(
        op.f("ix_meeting_statements_meeting_made_on_id"),
        "meeting_statements",
        ["meeting", "made_on", "id"],
    )
    op.create_index(op.f("ix_meeting_statements_official"), "meeting_statements", ["official"])
    op.create_index(op.f("ix_meeting_statements_organization"), "meeting_statements", ["organization"])
    for table, generated in FACTS.items():
        op.execute(
            f"CREATE TRIGGER touch_fact BEFORE INSERT OR UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION touch_fact({generated})"
        )


def downgrade() -> None:
    for table in ["meeting_statements", "session_speakers", "sessions", "meeting_corrections", "meetings"]:
        op.drop_table(table)
