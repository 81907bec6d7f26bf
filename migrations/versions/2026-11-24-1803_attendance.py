"""Who came, as it follows from the list and the scans

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0021, after 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# What a scan comes to, but for which entry is the first. The same words judge it when it is told and ever after.
JUDGED = """
CREATE FUNCTION judged(
    direction text, is_known boolean, after_closing boolean, is_invited boolean, effective_at timestamptz,
    revoked_at timestamptz
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN NOT is_known THEN 'badge_unknown'
    WHEN after_closing THEN 'meeting_closed'
    WHEN NOT is_invited THEN 'not_invited'
    WHEN effective_at >= revoked_at THEN 'badge_revoked'
    WHEN direction = 'out' THEN 'exit'
    ELSE 'entry'
END
"""
# The views are made twice: over what stands now, and in the schema `history` over what was known at an instant.
# Whoever is assigned to one of the sessions side by side is not invited to another of them.
JUDGED_SCANS = """
CREATE VIEW {schema}.judged_scans AS
SELECT seen.*, judged(direction, badge IS NOT NULL, after_closing, participant IS NOT NULL AND NOT elsewhere,
    effective_at, revoked_at) AS judgement
FROM (
    SELECT scan.*, listed.id AS participant, badge.revoked_at,
        scan.scanned_at + clock.shift * interval '1 microsecond' AS effective_at,
        CASE WHEN scan.session IS NULL OR listed.id IS NULL THEN false ELSE EXISTS (
            SELECT FROM sessions AS named
            JOIN sessions AS other ON other.meeting = named.meeting
                AND other.parallel_group = named.parallel_group AND other.code <> named.code
            JOIN participant_sessions AS seat ON seat.meeting = other.meeting AND seat.session = other.code
            WHERE named.meeting = scan.meeting AND named.code = scan.session AND seat.participant = listed.id
        ) END AS elsewhere
    FROM scans AS scan
    JOIN device_clocks AS clock ON clock.meeting = scan.meeting AND clock.device_id = scan.device_id
        AND clock.clock_epoch = scan.clock_epoch
    LEFT JOIN badges AS badge ON badge.id = scan.badge
    LEFT JOIN participants AS listed ON listed.id = badge.participant
) AS seen
"""
# One line a participant: what the scans show goes before what was stated, and that before who came in their place.
# Late is who first came after the start of the session at which that was or, where the gate named none or its hour is
# not known, of the first one that is for all or that they are assigned to.
DERIVED = """
CREATE VIEW {schema}.derived_attendance AS
SELECT listed.meeting, listed.id AS participant, listed.organization, listed.office,
    ARRAY(SELECT jsonb_array_elements_text(listed.parts -> 'sessions')) AS sessions,
    CASE
        WHEN seen.entry IS NOT NULL THEN 'present'
        WHEN listed.status <> 'expected' THEN listed.status
        WHEN EXISTS (
            SELECT FROM participants AS one WHERE one.meeting = listed.meeting AND one.represents = listed.id
        ) AND EXISTS (
            WITH RECURSIVE instead AS (
                SELECT one.id, one.status FROM participants AS one
                WHERE one.meeting = listed.meeting AND one.represents = listed.id
                UNION
                SELECT one.id, one.status FROM instead
                JOIN participants AS one ON one.meeting = listed.meeting AND one.represents = instead.id
            )
            SELECT FROM instead WHERE instead.status = 'present' OR EXISTS (
                SELECT FROM judged_scans AS scan WHERE scan.participant = instead.id
                    AND scan.judgement = 'entry' AND scan.annulled_at IS NULL
            )
        ) THEN 'represented'
        ELSE 'expected'
    END AS status,
    CASE WHEN seen.entry IS NULL THEN listed.late ELSE coalesce(seen.entered_at > coalesce(
        (SELECT starts_at FROM sessions WHERE meeting = listed.meeting AND code = seen.session),
        (SELECT min(starts_at) FROM sessions WHERE meeting = listed.meeting
            AND (parallel_group IS NULL OR listed.parts -> 'sessions' ? code))
    ), false) END AS late,
    coalesce(seen.entered_at, listed.arrived_at) AS arrived_at,
    CASE WHEN seen.entry IS NULL THEN listed.left_at ELSE seen.left_at END AS left_at,
    seen.entry
FROM participants AS listed
LEFT JOIN LATERAL (
    SELECT
        (array_agg(scan.id ORDER BY effective_at, scan.id, digest) FILTER (WHERE judgement = 'entry'))[1] AS entry,
        min(effective_at) FILTER (WHERE judgement = 'entry') AS entered_at,
        (array_agg(session ORDER BY effective_at, scan.id, digest) FILTER (WHERE judgement = 'entry'))[1] AS session,
        (array_agg(CASE WHEN judgement = 'exit' THEN effective_at END
            ORDER BY effective_at, scan.id, digest))[count(*)] AS left_at
    FROM judged_scans AS scan
    WHERE scan.participant = listed.id AND scan.judgement IN ('entry', 'exit') AND scan.annulled_at IS NULL
) AS seen ON true
"""
_AT = "current_setting('rakornas.known_at')::timestamptz"
_THEN = (
    """
CREATE VIEW history.device_clocks AS
SELECT meeting, device_id, clock_epoch, min(shift) AS shift FROM clock_readings
WHERE received_at <= {at} GROUP BY meeting, device_id, clock_epoch
""",
    """
CREATE VIEW history.badges AS
SELECT id, meeting, participant, digest, issued_at, CASE WHEN revoked_at <= {at} THEN revoked_at END AS revoked_at
FROM public.badges WHERE issued_at <= {at}
""",
    """
CREATE VIEW history.scans AS
SELECT meeting, id, digest, device_id, clock_epoch, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, after_closing, told, client, request_id,
    CASE WHEN annulled_at <= {at} THEN annulled_at END AS annulled_at,
    CASE WHEN annulled_at <= {at} THEN annulled_by END AS annulled_by,
    CASE WHEN annulled_at <= {at} THEN annulled_for END AS annulled_for,
    CASE WHEN annulled_at <= {at} THEN legal_basis END AS legal_basis
FROM public.scans WHERE received_at <= {at}
""",
)
HISTORY = tuple(view.format(at=_AT) for view in _THEN)
ATTENDANCE_THEN = """
CREATE VIEW history.attendance AS
SELECT *, CASE WHEN status = 'sick' THEN 'excused' ELSE status END AS open_status FROM history.derived_attendance
"""

VIEWS = (JUDGED_SCANS, DERIVED)


def upgrade() -> None:
    op.create_table(
        "attendance",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("participant", sa.Uuid(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("sessions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry", sa.Uuid(), nullable=True),
        sa.Column(
            "open_status",
            sa.Text(),
            sa.Computed("CASE WHEN status = 'sick' THEN 'excused' ELSE status END", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('expected', 'present', 'represented', 'excused', 'sick', 'on_duty_elsewhere', 'on_leave', "
            "'absent')",
            name=op.f("ck_attendance_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["meeting", "participant"],
            ["participants.meeting", "participants.id"],
            name=op.f("fk_attendance_meeting_participant_participants"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meeting", "participant", name=op.f("pk_attendance")),
    )
    op.create_index(
        op.f("ix_attendance_meeting_open_status_participant"),
        "attendance",
        ["meeting", "open_status", "participant"],
        unique=False,
    )
    for statement in (JUDGED, *(view.format(schema="public") for view in VIEWS), *HISTORY):
        op.execute(statement)
    op.execute("SET LOCAL search_path = history, public")
    for view in VIEWS:
        op.execute(view.format(schema="history"))
    op.execute("SET LOCAL search_path = public")
    op.execute(ATTENDANCE_THEN)


def downgrade() -> None:
    op.execute("DROP VIEW history.attendance, history.derived_attendance, history.judged_scans")
    op.execute("DROP VIEW history.scans, history.badges, history.device_clocks")
    op.drop_table("attendance")
    op.execute("DROP VIEW derived_attendance, judged_scans")
    op.execute("DROP FUNCTION judged")
