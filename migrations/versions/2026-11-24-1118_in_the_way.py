"""The rule of a meeting's days says which session stands in the way

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0018, after 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# As before, with the session's key as the hint.
WITHIN_MEETING = """
CREATE OR REPLACE FUNCTION session_within_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
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
            USING ERRCODE = 'check_violation', TABLE = 'sessions', CONSTRAINT = 'ck_sessions_within_meeting',
            HINT = format('%s/%s', held.code, outside);
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(WITHIN_MEETING)


def downgrade() -> None:
    """The former function says the same but for its hint, and is not put back."""
