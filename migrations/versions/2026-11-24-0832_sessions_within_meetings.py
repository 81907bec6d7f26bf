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
# meeting's zone. Whichever of the two changes asks; the lock on the meeting is for both changing at once. A meeting
# that is put off moves with its sessions: whoever changes both may defer the question that the meeting asks.
WITHIN_MEETING = """
CREATE FUNCTION session_within_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held meetings;
    outside text;
BEGIN
    IF TG_TABLE_NAME = 'sessions' THEN
        SELECT * INTO held FROM meetings WHERE code = NEW.meeting FOR SHARE;
    ELSE
        SELECT * INTO held FROM meetings WHERE code = NEW.code;
    END IF;
    SELECT s.code INTO outside FROM sessions s
    WHERE s.meeting = held.code
        AND (TG_TABLE_NAME = 'meetings' OR s.code = to_jsonb(NEW) ->> 'code')
        AND ((s.starts_at AT TIME ZONE held.time_zone)::date NOT BETWEEN held.start_on AND held.end_on
            OR ((s.ends_at - interval '1 microsecond') AT TIME ZONE held.time_zone)::date
                NOT BETWEEN held.start_on AND held.end_on)
    LIMIT 1;
    IF outside IS NOT NULL THEN
        RAISE EXCEPTION 'session % of % lies outside the days of its meeting', outside, held.code
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
        "CREATE CONSTRAINT TRIGGER sessions_within_meeting"
        " AFTER UPDATE OF code, start_on, end_on, time_zone ON meetings DEFERRABLE INITIALLY IMMEDIATE"
        " FOR EACH ROW EXECUTE FUNCTION session_within_meeting()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER sessions_within_meeting ON meetings")
    op.execute("DROP TRIGGER within_meeting ON sessions")
    op.execute("DROP FUNCTION session_within_meeting")
