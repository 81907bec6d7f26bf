"""Places, assignment letters, and the sessions of a participant as a part of it

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0020, after 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


# Whoever stands in for somebody, for whom somebody stands in …: a chain that comes back to itself stands for nobody.
NO_CIRCLE = """
CREATE FUNCTION represents_no_circle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    above uuid := NEW.represents;
    steps int := 0;
BEGIN
    WHILE above IS NOT NULL LOOP
        steps := steps + 1;
        IF above = NEW.id OR steps > 16 THEN
            RAISE EXCEPTION 'participant % represents itself, or a chain that is too long', NEW.id
                USING ERRCODE = 'check_violation', TABLE = 'participants',
                CONSTRAINT = 'ck_participants_represents_no_circle';
        END IF;
        SELECT represents INTO above FROM participants WHERE id = above;
    END LOOP;
    RETURN NULL;
END $$
"""
# As before, but comparing ids as ids: as texts no index served, and each of many seated at once looked through
# all that were there. And who is seated is locked by its row: of other locks there are not enough for a whole meeting.
IN_ONE_PLACE = """
CREATE OR REPLACE FUNCTION in_one_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := to_jsonb(NEW);
    of_meeting text := changed ->> 'meeting';
    place text := CASE WHEN TG_TABLE_NAME = 'sessions' THEN changed ->> 'code' ELSE changed ->> 'session' END;
    of_group text := (SELECT parallel_group FROM sessions WHERE meeting = of_meeting AND code = place);
    speakers uuid[] := '{}';
    seated uuid[] := '{}';
    whose uuid;
    elsewhere text;
BEGIN
    IF of_group IS NULL THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'participant_sessions' THEN
        seated := ARRAY[(changed ->> 'participant')::uuid];
    ELSE
        speakers := ARRAY(
            SELECT DISTINCT official FROM session_speakers
            WHERE meeting = of_meeting AND session = place AND official IS NOT NULL ORDER BY official
        );
    END IF;
    IF TG_TABLE_NAME = 'sessions' THEN
        seated := ARRAY(
            SELECT participant FROM participant_sessions WHERE meeting = of_meeting AND session = place
            ORDER BY participant
        );
    END IF;
    FOREACH whose IN ARRAY speakers LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(of_meeting || whose, 14));
        SELECT s.code INTO elsewhere FROM session_speakers AS other
        JOIN sessions AS s ON s.meeting = other.meeting AND s.code = other.session
        WHERE other.meeting = of_meeting AND other.official = whose AND s.code <> place AND s.parallel_group = of_group
        LIMIT 1;
        IF elsewhere IS NOT NULL THEN
            RAISE EXCEPTION 'the same person speaks in % and %', place, elsewhere USING ERRCODE = 'check_violation',
                TABLE = 'session_speakers', CONSTRAINT = 'ck_session_speakers_in_one_place',
                HINT = format('%s/%s', of_meeting, elsewhere);
        END IF;
    END LOOP;
    FOREACH whose IN ARRAY seated LOOP
        PERFORM FROM participants WHERE id = whose FOR NO KEY UPDATE;
        SELECT s.code INTO elsewhere FROM participant_sessions AS other
        JOIN sessions AS s ON s.meeting = other.meeting AND s.code = other.session
        WHERE other.meeting = of_meeting AND other.participant = whose AND s.code <> place
            AND s.parallel_group = of_group LIMIT 1;
        IF elsewhere IS NOT NULL THEN
            RAISE EXCEPTION 'the same participant is in % and %', place, elsewhere USING ERRCODE = 'check_violation',
                TABLE = 'participant_sessions', CONSTRAINT = 'ck_participant_sessions_in_one_place',
                HINT = format('%s/%s', of_meeting, elsewhere);
        END IF;
    END LOOP;
    RETURN NULL;
END $$
"""
# Whom a participant comes for, in turn. By search_path it reads the list as it is, or as it was known.
IN_TURN = """
CREATE FUNCTION represented_in_turn(first uuid) RETURNS TABLE (id uuid, name text, step int)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE chain AS (
        SELECT one.represents AS id, 1 AS step FROM participants AS one WHERE one.id = first
        UNION ALL
        SELECT one.represents, chain.step + 1 FROM chain JOIN participants AS one ON one.id = chain.id
        WHERE chain.step < 16
    )
    SELECT one.id, coalesce(person.name, one.name), chain.step FROM chain
    JOIN participants AS one ON one.id = chain.id LEFT JOIN officials AS person ON person.id = one.official
$$
"""
# How many delegates an organization may send. The lock is for two that would both take the last place.
PLACES_LEFT = """
CREATE FUNCTION places_left() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_meeting text := CASE WHEN TG_TABLE_NAME = 'meetings' THEN to_jsonb(NEW) ->> 'code'
        ELSE to_jsonb(NEW) ->> 'meeting' END;
    sent_by text := to_jsonb(NEW) ->> 'organization';
    allowed int;
    taken int;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(of_meeting || '/' || coalesce(sent_by, ''), 18));
    SELECT places INTO allowed FROM meetings WHERE code = of_meeting FOR SHARE;
    IF allowed IS NULL THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'participants' THEN
        SELECT count(*) INTO taken FROM (
            SELECT FROM participants
            WHERE meeting = of_meeting AND organization = sent_by AND capacity = 'delegate' LIMIT allowed + 1
        ) AS delegation;
    ELSE
        SELECT max(number) INTO taken FROM (
            SELECT count(*) AS number FROM participants
            WHERE meeting = of_meeting AND capacity = 'delegate' AND organization IS NOT NULL GROUP BY organization
        ) AS delegation;
    END IF;
    IF taken > allowed THEN
        RAISE EXCEPTION 'of one organization there are % delegates, and % places', taken, allowed
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
            CONSTRAINT = format('ck_%s_places_left', TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$
"""
# The sessions of a participant, copied into its row: so a change of them is a change of the participant.
COPY_SESSIONS = """
CREATE FUNCTION copy_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched text := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT meeting, participant FROM is_now'
        WHEN 'DELETE' THEN 'SELECT meeting, participant FROM was'
        ELSE 'SELECT meeting, participant FROM was UNION SELECT meeting, participant FROM is_now'
    END;
BEGIN
    EXECUTE format(
        'UPDATE participants AS whole SET parts = jsonb_build_object(''sessions'', coalesce(('
        'SELECT jsonb_agg(session ORDER BY session) FROM participant_sessions AS part'
        ' WHERE part.meeting = whole.meeting AND part.participant = whole.id), ''[]''))'
        ' WHERE (meeting, id) IN (%s)', touched
    );
    RETURN NULL;
END $$
"""
EVENTS = {
    "insert": "NEW TABLE AS is_now",
    "update": "OLD TABLE AS was NEW TABLE AS is_now",
    "delete": "OLD TABLE AS was",
}
CHECKS = {
    "meetings": {
        "places_range": "places BETWEEN 1 AND 100000",
        "retention_days_range": "retention_days BETWEEN 8 AND 36500",
    },
    "participants": {
        "letter_number_length": "length(letter_number) BETWEEN 1 AND 300",
        "letter_dated_on_in_calendar": "letter_dated_on BETWEEN '1900-01-01' AND '2199-12-31'",
    },
}


def upgrade() -> None:
    op.add_column("meetings", sa.Column("places", sa.Integer(), nullable=True))
    op.add_column("meetings", sa.Column("retention_days", sa.Integer(), nullable=True))
    op.add_column("meetings", sa.Column("roll_closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("meetings", sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("participants", sa.Column("letter_number", sa.Text(), nullable=True))
    op.add_column("participants", sa.Column("letter_dated_on", sa.Date(), nullable=True))
    op.add_column("participants", sa.Column("status_reason", sa.Text(), nullable=True))
    op.add_column(
        "participants",
        sa.Column(
            "parts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{\"sessions\": []}'"),
            nullable=False,
        ),
    )
    for table, checks in CHECKS.items():
        for name, rule in checks.items():
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, sa.text(rule), postgresql_not_valid=True)
    op.execute("SELECT keep_history_of('meetings', 'code'), keep_history_of('participants', 'id')")
    op.execute(NO_CIRCLE)
    op.execute(IN_TURN)
    op.execute(IN_ONE_PLACE)
    op.execute(PLACES_LEFT)
    op.execute(COPY_SESSIONS)
    for event, rows in EVENTS.items():
        op.execute(
            f"CREATE TRIGGER copy_sessions_on_{event} AFTER {event} ON participant_sessions REFERENCING {rows}"
            " FOR EACH STATEMENT EXECUTE FUNCTION copy_sessions()"
        )
    op.execute(
        "UPDATE participants AS whole SET parts = jsonb_build_object('sessions', part.sessions) FROM ("
        "SELECT meeting, participant, jsonb_agg(session ORDER BY session) AS sessions FROM participant_sessions"
        " GROUP BY meeting, participant) AS part WHERE part.meeting = whole.meeting AND part.participant = whole.id"
    )
    op.execute(
        "CREATE TRIGGER represents_no_circle AFTER INSERT OR UPDATE OF represents ON participants"
        " FOR EACH ROW WHEN (NEW.represents IS NOT NULL) EXECUTE FUNCTION represents_no_circle()"
    )
    op.execute(
        "CREATE TRIGGER places_left AFTER INSERT OR UPDATE OF organization, capacity ON participants"
        " FOR EACH ROW WHEN (NEW.capacity = 'delegate' AND NEW.organization IS NOT NULL)"
        " EXECUTE FUNCTION places_left()"
    )
    op.execute(
        "CREATE TRIGGER places_left AFTER UPDATE OF places ON meetings"
        " FOR EACH ROW WHEN (NEW.places IS NOT NULL) EXECUTE FUNCTION places_left()"
    )


def downgrade() -> None:
    for event in EVENTS:
        op.execute(f"DROP TRIGGER copy_sessions_on_{event} ON participant_sessions")
    op.execute("DROP TRIGGER represents_no_circle ON participants")
    for table in ("participants", "meetings"):
        op.execute(f"DROP TRIGGER places_left ON {table}")
    op.execute("DROP FUNCTION copy_sessions, places_left, represented_in_turn, represents_no_circle")
    for column in ("parts", "status_reason", "letter_dated_on", "letter_number"):
        op.drop_column("participants", column)
    for column in ("forgotten_at", "roll_closed_at", "retention_days", "places"):
        op.drop_column("meetings", column)
