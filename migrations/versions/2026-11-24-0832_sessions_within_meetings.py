"""A session lies within the days of its meeting

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0007, after 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# No check of one row can tell it: the days stand in the meeting, the hours in its sessions, and a day is one of the
# meeting's zone. Whichever of the two changes asks; the lock on the meeting is for both changing at once.
WITHIN_MEETING = """
CREATE FUNCTION session_within_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held meetings;
    outside text;
BEGIN
    IF TG_TABLE_NAME = 'sessions' THEN
        SELECT * INTO held FROM meetings WHERE code = NEW.meeting FOR SHARE;
    ELSE
        held := NEW;
    END IF;
    SELECT s.code INTO outside FROM sessions s
    WHERE s.meeting = held.code
        AND ((s.starts_at AT TIME ZONE held.time_zone)::date NOT BETWEEN held.start_on AND held.end_on
            OR (s.ends_at AT TIME ZONE held.time_zone)::date NOT BETWEEN held.start_on AND held.end_on)
    LIMIT 1;
    IF outside IS NOT NULL THEN
        RAISE EXCEPTION 'session % is outside the days of its meeting', outside
            USING ERRCODE = 'check_violation', TABLE = 'sessions', CONSTRAINT = 'ck_sessions_within_meeting';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(WITHIN_MEETING)
    op.execute(
        "CREATE TRIGGER within_meeting AFTER INSERT OR UPDATE OF meeting, starts_at, ends_at ON sessions"
        " FOR EACH ROW EXECUTE FUNCTION session_within_meeting()"
    )
    op.execute(
        "CREATE TRIGGER within_meeting AFTER UPDATE OF start_on, end_on, time_zone ON meetings"
        " FOR EACH ROW EXECUTE FUNCTION session_within_meeting()"
    )


def downgrade() -> None:
    for table in ("meetings", "sessions"):
        op.execute(f"DROP TRIGGER within_meeting ON {table}")
    op.execute("DROP FUNCTION session_within_meeting")
