"""Persons on a roll become counts when their time is over

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0026, after 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# Persons become counts: all that tells of one of them goes, also from memory; how many they were stays.
FORGET = """
CREATE FUNCTION forget_participants(of_meeting text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone int;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(of_meeting, 17));
    PERFORM FROM meetings WHERE code = of_meeting AND forgotten_at IS NULL
        AND end_on + retention_days < (clock_timestamp() AT TIME ZONE time_zone)::date FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('rakornas.forgetting', 'on', true);
    DELETE FROM roll_corrections WHERE meeting = of_meeting;
    DELETE FROM scans WHERE meeting = of_meeting;
    DELETE FROM badges WHERE meeting = of_meeting;
    DELETE FROM device_clocks WHERE meeting = of_meeting;
    UPDATE participants SET represents = NULL WHERE meeting = of_meeting AND represents IS NOT NULL;
    DELETE FROM participants WHERE meeting = of_meeting;
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM revisions WHERE resource = 'participants'
        AND of_meeting IN (before ->> 'meeting', after ->> 'meeting');
    DELETE FROM idempotency_keys
    WHERE headers ->> 'Location' LIKE format('/v1/meetings/%s/participants%%', of_meeting);
    DELETE FROM history.participant_sessions_rows WHERE meeting = of_meeting;
    DELETE FROM history.participants_rows WHERE meeting = of_meeting;
    UPDATE meetings SET forgotten_at = clock_timestamp(), roll_closed_at = coalesce(roll_closed_at, clock_timestamp())
    WHERE code = of_meeting;
    PERFORM set_config('rakornas.forgetting', '', true);
    RETURN gone;
END $$
"""


def upgrade() -> None:
    op.execute(FORGET)


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_participants")
