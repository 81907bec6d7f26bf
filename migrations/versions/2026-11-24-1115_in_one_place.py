"""Nobody is in two parallel sessions at once, and every time zone is one that there is

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Whoever speaks, or is assigned to sit, in one session of a group does not in another. The lock is for two writers that
# put one person into two sessions at the same moment, neither seeing the other's; all take them in the same order. The
# hint names the other session.
IN_ONE_PLACE = """
CREATE FUNCTION in_one_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := to_jsonb(NEW);
    whose text;
    elsewhere text;
    of_group text := CASE WHEN TG_TABLE_NAME = 'sessions' THEN changed ->> 'parallel_group' ELSE (
        SELECT parallel_group FROM sessions WHERE meeting = changed ->> 'meeting' AND code = changed ->> 'session'
    ) END;
    place text := CASE WHEN TG_TABLE_NAME = 'sessions' THEN changed ->> 'code' ELSE changed ->> 'session' END;
BEGIN
    IF of_group IS NULL THEN
        RETURN NULL;
    END IF;
    FOR whose IN
        SELECT official::text FROM session_speakers
        WHERE TG_TABLE_NAME <> 'participant_sessions' AND official IS NOT NULL
            AND meeting = changed ->> 'meeting' AND session = place ORDER BY 1
    LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(changed ->> 'meeting' || whose, 14));
        SELECT s.code INTO elsewhere FROM session_speakers AS other
        JOIN sessions AS s ON s.meeting = other.meeting AND s.code = other.session
        WHERE other.meeting = changed ->> 'meeting' AND other.official::text = whose
            AND s.code <> place AND s.parallel_group = of_group LIMIT 1;
        IF elsewhere IS NOT NULL THEN
            RAISE EXCEPTION 'the same person speaks in % and %', place, elsewhere USING ERRCODE = 'check_violation',
                TABLE = 'session_speakers', CONSTRAINT = 'ck_session_speakers_in_one_place',
                HINT = format('%s/%s', changed ->> 'meeting', elsewhere);
        END IF;
    END LOOP;
    FOR whose IN
        SELECT participant::text FROM participant_sessions
        WHERE TG_TABLE_NAME <> 'session_speakers' AND meeting = changed ->> 'meeting' AND session = place
            AND (TG_TABLE_NAME = 'sessions' OR participant::text = changed ->> 'participant') ORDER BY 1
    LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(changed ->> 'meeting' || whose, 14));
        SELECT s.code INTO elsewhere FROM participant_sessions AS other
        JOIN sessions AS s ON s.meeting = other.meeting AND s.code = other.session
        WHERE other.meeting = changed ->> 'meeting' AND other.participant::text = whose
            AND s.code <> place AND s.parallel_group = of_group LIMIT 1;
        IF elsewhere IS NOT NULL THEN
            RAISE EXCEPTION 'the same participant is in % and %', place, elsewhere USING ERRCODE = 'check_violation',
                TABLE = 'participant_sessions', CONSTRAINT = 'ck_participant_sessions_in_one_place',
                HINT = format('%s/%s', changed ->> 'meeting', elsewhere);
        END IF;
    END LOOP;
    RETURN NULL;
END $$
"""
# Exclusion constraints that several writers meet at once are found out by a deadlock: whoever writes of an office waits
# for the one before instead, and then hears that it is taken.
QUEUE_FOR_OFFICE = """
CREATE FUNCTION queue_for_office() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.organization || '/' || NEW.office, 15));
    RETURN NEW;
END $$
"""
ZONES = ("regions", "organizations")
# To list all zones takes the server 20 ms, so what was found once is remembered by the connection. The former function,
# which looks each time, says the same and is not put back.
IS_TIME_ZONE = """
CREATE OR REPLACE FUNCTION is_time_zone(name text) RETURNS boolean LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    found text := coalesce(current_setting('rakornas.zones', true), '');
BEGIN
    IF name !~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z_+0-9-]+)+)$' THEN
        RETURN false;
    END IF;
    IF strpos(found || ' ', format(' %s ', name)) > 0 THEN
        RETURN true;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_timezone_names AS known WHERE known.name = is_time_zone.name) THEN
        RETURN false;
    END IF;
    PERFORM set_config('rakornas.zones', format('%s %s', found, name), false);
    RETURN true;
END $$
"""


def upgrade() -> None:
    op.execute(QUEUE_FOR_OFFICE)
    op.execute(
        "CREATE TRIGGER queue_for_office BEFORE INSERT OR UPDATE ON appointments"
        " FOR EACH ROW EXECUTE FUNCTION queue_for_office()"
    )
    op.execute(IN_ONE_PLACE)
    op.execute(IS_TIME_ZONE)
    for table in ("session_speakers", "participant_sessions"):
        op.execute(
            f"CREATE TRIGGER in_one_place AFTER INSERT OR UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION in_one_place()"
        )
    op.execute(
        "CREATE TRIGGER in_one_place AFTER UPDATE OF parallel_group ON sessions"
        " FOR EACH ROW WHEN (OLD.parallel_group IS DISTINCT FROM NEW.parallel_group) EXECUTE FUNCTION in_one_place()"
    )
    for table in ZONES:
        name = op.f(f"ck_{table}_time_zone_known")
        op.create_check_constraint(name, table, sa.text("is_time_zone(time_zone)"), postgresql_not_valid=True)


def downgrade() -> None:
    for table in ZONES:
        op.drop_constraint(op.f(f"ck_{table}_time_zone_known"), table)
    for table in ("session_speakers", "participant_sessions", "sessions"):
        op.execute(f"DROP TRIGGER in_one_place ON {table}")
    op.execute("DROP TRIGGER queue_for_office ON appointments")
    op.execute("DROP FUNCTION in_one_place, queue_for_office")
