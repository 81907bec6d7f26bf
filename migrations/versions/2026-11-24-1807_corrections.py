"""Corrections of a closed roll, and the digests by which a roll is known again

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0025, after 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

CORRECTIONS_THEN = """
CREATE VIEW history.roll_corrections AS
SELECT id, meeting, participant, status, scan, reason, legal_basis, asked_by, asked_at,
    CASE WHEN confirmed_at <= {at} THEN confirmed_by END AS confirmed_by,
    CASE WHEN confirmed_at <= {at} THEN confirmed_at END AS confirmed_at,
    CASE WHEN confirmed_at <= {at} THEN confirmed_for END AS confirmed_for,
    CASE WHEN confirmed_at <= {at} THEN confirmed_basis END AS confirmed_basis,
    CASE WHEN confirmed_at <= {at} THEN 2 ELSE 1 END AS revision
FROM public.roll_corrections WHERE asked_at <= {at}
""".format(at="current_setting('rakornas.known_at')::timestamptz")
VALID = {
    "meetings": ("places_range", "retention_days_range"),
    "participants": ("letter_number_length", "letter_dated_on_in_calendar"),
}


def upgrade() -> None:
    op.create_table(
        "roll_corrections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("participant", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("scan", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_for", sa.Text(), nullable=True),
        sa.Column("confirmed_basis", sa.Text(), nullable=True),
        sa.Column(
            "revision",
            sa.Integer(),
            sa.Computed("CASE WHEN confirmed_by IS NULL THEN 1 ELSE 2 END", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('expected', 'present', 'represented', 'excused', 'sick', 'on_duty_elsewhere', 'on_leave', "
            "'absent')",
            name=op.f("ck_roll_corrections_status_known"),
        ),
        sa.CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_roll_corrections_confirmed_once")
        ),
        sa.CheckConstraint(
            "(participant IS NULL) = (status IS NULL)", name=op.f("ck_roll_corrections_status_of_somebody")
        ),
        sa.CheckConstraint("confirmed_by <> asked_by", name=op.f("ck_roll_corrections_two_clients")),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 5000", name=op.f("ck_roll_corrections_reason_length")),
        sa.CheckConstraint(
            "length(legal_basis) BETWEEN 1 AND 5000", name=op.f("ck_roll_corrections_legal_basis_length")
        ),
        sa.CheckConstraint("num_nonnulls(participant, scan) = 1", name=op.f("ck_roll_corrections_of_one_thing")),
        sa.ForeignKeyConstraint(
            ["meeting", "participant"],
            ["participants.meeting", "participants.id"],
            name=op.f("fk_roll_corrections_meeting_participant_participants"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["meeting"], ["meetings.code"], name=op.f("fk_roll_corrections_meeting_meetings"), onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_corrections")),
    )
    op.create_index(op.f("ix_roll_corrections_meeting_id"), "roll_corrections", ["meeting", "id"], unique=False)
    op.create_index(
        op.f("ix_roll_corrections_meeting_participant"), "roll_corrections", ["meeting", "participant"], unique=False
    )
    op.create_table(
        "roll_digests",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_roll_digests_digest_shape")),
        sa.CheckConstraint("lines >= 0", name=op.f("ck_roll_digests_lines_not_negative")),
        sa.ForeignKeyConstraint(
            ["meeting"],
            ["meetings.code"],
            name=op.f("fk_roll_digests_meeting_meetings"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_roll_digests")),
    )
    op.create_index(op.f("ix_roll_digests_meeting_made_at"), "roll_digests", ["meeting", "made_at"], unique=False)
    op.execute(CORRECTIONS_THEN)
    for table, names in VALID.items():
        for name in names:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")


def downgrade() -> None:
    op.execute("DROP VIEW history.roll_corrections")
    op.drop_table("roll_digests")
    op.drop_table("roll_corrections")
