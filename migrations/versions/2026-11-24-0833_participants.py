"""Who was asked to a meeting, and who came

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Each table with its generated columns, for the trigger.
FACTS = {"participants": "'open_status', 'folded'"}


def upgrade() -> None:
    op.create_table(
        "participants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("official", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Text(), server_default=sa.text("'delegate'"), nullable=False),
        sa.Column("represents", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'expected'"), nullable=False),
        sa.Column("late", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name_as_printed", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "open_status",
            sa.Text(),
            sa.Computed("CASE WHEN status = 'sick' THEN 'excused' ELSE status END", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "folded",
            sa.Text(),
            sa.Computed("fold(VARIADIC ARRAY[name, name_as_printed])", persisted=True),
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
            "capacity IN ('delegate', 'speaker', 'committee', 'observer', 'guest')",
            name=op.f("ck_participants_capacity_known"),
        ),
        sa.CheckConstraint(
            "office IN ('chair', 'member', 'secretary', 'secretary_general')", name=op.f("ck_participants_office_known")
        ),
        sa.CheckConstraint(
            "status IN ('expected', 'present', 'represented', 'excused', 'sick', 'on_duty_elsewhere', 'on_leave', "
            "'absent')",
            name=op.f("ck_participants_status_known"),
        ),
        sa.CheckConstraint("left_at >= arrived_at", name=op.f("ck_participants_left_after_arrived")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name=op.f("ck_participants_name_length")),
        sa.CheckConstraint(
            "length(name_as_printed) BETWEEN 1 AND 300", name=op.f("ck_participants_name_as_printed_length")
        ),
        sa.CheckConstraint("num_nonnulls(official, name) < 2", name=op.f("ck_participants_official_or_name")),
        sa.CheckConstraint(
            "num_nonnulls(official, name, organization) > 0",
            name=op.f("ck_participants_somebody"),
        ),
        sa.CheckConstraint("represents <> id", name=op.f("ck_participants_represents_another")),
        sa.ForeignKeyConstraint(
            ["meeting", "represents"],
            ["participants.meeting", "participants.id"],
            name=op.f("fk_participants_meeting_represents_participants"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["meeting"], ["meetings.code"], name=op.f("fk_participants_meeting_meetings"), onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_participants_official_officials")),
        sa.ForeignKeyConstraint(
            ["organization"],
            ["organizations.code"],
            name=op.f("fk_participants_organization_organizations"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint("meeting", "id", name=op.f("uq_participants_meeting_id")),
    )
    op.create_index(
        "ix_participants_counted",
        "participants",
        ["meeting", "organization", "office", "open_status", "late"],
        unique=False,
    )
    op.create_index(
        op.f("ix_participants_folded"),
        "participants",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.create_index(
        op.f("ix_participants_meeting_office_id"), "participants", ["meeting", "office", "id"], unique=False
    )
    op.create_index(
        op.f("ix_participants_meeting_open_status_id"), "participants", ["meeting", "open_status", "id"], unique=False
    )
    op.create_index(
        op.f("ix_participants_meeting_organization_id"), "participants", ["meeting", "organization", "id"], unique=False
    )
    op.create_index(op.f("ix_participants_meeting_represents"), "participants", ["meeting", "represents"], unique=False)
    op.create_index(
        op.f("ix_participants_meeting_updated_at_id"), "participants", ["meeting", "updated_at", "id"], unique=False
    )
    op.create_index(op.f("ix_participants_official"), "participants", ["official"], unique=False)
    op.create_index(op.f("ix_participants_organization"), "participants", ["organization"], unique=False)
    op.create_index(
        "ix_participants_present",
        "participants",
        ["organization", "meeting"],
        unique=False,
        postgresql_where=sa.text("status = 'present'"),
    )
    op.create_index("uq_participants_meeting_official", "participants", ["meeting", "official"], unique=True)
    op.create_table(
        "participant_sessions",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("participant", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting", "participant"],
            ["participants.meeting", "participants.id"],
            name=op.f("fk_participant_sessions_meeting_participant_participants"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["meeting", "session"],
            ["sessions.meeting", "sessions.code"],
            name=op.f("fk_participant_sessions_meeting_session_sessions"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meeting", "session", "participant", name=op.f("pk_participant_sessions")),
    )
    op.create_index(
        op.f("ix_participant_sessions_meeting_participant"),
        "participant_sessions",
        ["meeting", "participant"],
        unique=False,
    )
    for table, generated in FACTS.items():
        op.execute(
            f"CREATE TRIGGER touch_fact BEFORE INSERT OR UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION touch_fact({generated})"
        )


def downgrade() -> None:
    for table in ["participant_sessions", "participants"]:
        op.drop_table(table)
