"""What follows of each change is derived at once

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0022, after 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# A few rows of long tables, each by its key, whatever the statistics say: a plan that reads all of a table once is good
# for a small meeting, and bad for ever after.
BY_KEYS = (
    "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"
    " SET plan_cache_mode = force_generic_plan"
)
# These, and those in whose places they come, and so on: all whom a change of these may touch, each once. It ends also
# on a circle, which represents_no_circle refuses, but not where two writers close it at the same moment.
CHAIN = """
CREATE FUNCTION and_whom_they_represent(whom uuid[]) RETURNS uuid[] LANGUAGE plpgsql STABLE
{by_keys} AS $$
DECLARE
    reached uuid[];
    further uuid[];
BEGIN
    SELECT array_agg(DISTINCT one) INTO reached FROM unnest(whom) AS one WHERE one IS NOT NULL;
    further := reached;
    LOOP
        SELECT array_agg(represents) INTO further FROM (
            SELECT represents FROM participants WHERE id = ANY (further) AND represents IS NOT NULL
            EXCEPT SELECT unnest(reached)
        ) AS one_more;
        EXIT WHEN further IS NULL;
        reached := reached || further;
    END LOOP;
    RETURN reached;
END $$
"""
# Derive anew what stands of these, and of those whom they represent, for it hangs on who comes in their place. Locked
# in one order first, so that two gates that see one badge come one after the other, and the second sees the first's.
LOCK = """
CREATE FUNCTION lock_attendance(of_meeting text, whom uuid[]) RETURNS uuid[] LANGUAGE plpgsql
{by_keys} AS $$
DECLARE
    touched uuid[] := and_whom_they_represent(whom);
BEGIN
    LOOP
        PERFORM FROM attendance WHERE meeting = of_meeting AND participant = ANY (touched)
        ORDER BY participant FOR NO KEY UPDATE;
        -- Whoever was waited for may have said meanwhile in whose place somebody comes.
        EXIT WHEN NOT EXISTS (SELECT unnest(and_whom_they_represent(whom)) EXCEPT SELECT unnest(touched));
        touched := and_whom_they_represent(whom);
    END LOOP;
    RETURN touched;
END $$
"""
DERIVE_LOCKED = """
CREATE FUNCTION derive_locked_attendance(of_meeting text, touched uuid[]) RETURNS void LANGUAGE plpgsql
{by_keys} AS $$
BEGIN
    UPDATE attendance AS held SET
        organization = derived.organization, office = derived.office, sessions = derived.sessions,
        status = derived.status, late = derived.late, arrived_at = derived.arrived_at, left_at = derived.left_at,
        entry = derived.entry
    FROM unnest(touched) AS one CROSS JOIN LATERAL (
        SELECT * FROM derived_attendance WHERE meeting = of_meeting AND participant = one OFFSET 0
    ) AS derived
    WHERE held.meeting = of_meeting AND held.participant = one
        AND (held.organization, held.office, held.sessions, held.status, held.late, held.arrived_at, held.left_at,
            held.entry) IS DISTINCT FROM (derived.organization, derived.office, derived.sessions, derived.status,
            derived.late, derived.arrived_at, derived.left_at, derived.entry);
END $$
"""
DERIVE = """
CREATE FUNCTION derive_attendance(of_meeting text, whom uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM derive_locked_attendance(of_meeting, lock_attendance(of_meeting, whom));
END $$
"""
FOLLOW_LIST = """
CREATE FUNCTION follow_list() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_meeting text;
    whom uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO attendance (
            meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry
        ) SELECT
            derived.meeting, derived.participant, derived.organization, derived.office, derived.sessions,
            derived.status, derived.late, derived.arrived_at, derived.left_at, derived.entry
        FROM is_now JOIN derived_attendance AS derived
            ON derived.meeting = is_now.meeting AND derived.participant = is_now.id
        ORDER BY derived.participant;
        FOR of_meeting, whom IN
            SELECT meeting, array_agg(represents) FROM is_now WHERE represents IS NOT NULL GROUP BY meeting
        LOOP
            PERFORM derive_attendance(of_meeting, whom);
        END LOOP;
    ELSIF TG_OP = 'UPDATE' THEN
        FOR of_meeting, whom IN
            SELECT meeting, array_agg(one) FROM (
                SELECT meeting, id AS one FROM is_now UNION SELECT meeting, represents FROM was
            ) AS touched GROUP BY meeting
        LOOP
            PERFORM derive_attendance(of_meeting, whom);
        END LOOP;
    ELSE
        FOR of_meeting, whom IN
            SELECT meeting, array_agg(represents) FROM was WHERE represents IS NOT NULL GROUP BY meeting
        LOOP
            PERFORM derive_attendance(of_meeting, whom);
        END LOOP;
    END IF;
    RETURN NULL;
END $$
"""
# Who is late hangs on when a session starts, and who is invited on which sessions run side by side.
FOLLOW_SESSIONS = """
CREATE FUNCTION follow_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_meeting text := CASE WHEN TG_OP = 'DELETE' THEN OLD.meeting ELSE NEW.meeting END;
    whom uuid[];
BEGIN
    -- What gates are just storing is derived by the hours of before: it must be seen here.
    PERFORM pg_advisory_xact_lock(hashtextextended(of_meeting, 17));
    SELECT array_agg(DISTINCT participant) INTO whom FROM badges WHERE meeting = of_meeting
        AND EXISTS (SELECT FROM scans WHERE scans.meeting = of_meeting AND scans.badge = badges.id);
    IF whom IS NOT NULL THEN
        PERFORM derive_attendance(of_meeting, whom);
    END IF;
    RETURN NULL;
END $$
"""
EVENTS = {
    "insert": "NEW TABLE AS is_now",
    "update": "OLD TABLE AS was NEW TABLE AS is_now",
    "delete": "OLD TABLE AS was",
}


def upgrade() -> None:
    for statement in (
        CHAIN.format(by_keys=BY_KEYS),
        LOCK.format(by_keys=BY_KEYS),
        DERIVE_LOCKED.format(by_keys=BY_KEYS),
        DERIVE,
        FOLLOW_LIST,
        FOLLOW_SESSIONS,
    ):
        op.execute(statement)
    for event, rows in EVENTS.items():
        op.execute(
            f"CREATE TRIGGER follow_list_on_{event} AFTER {event} ON participants REFERENCING {rows}"
            " FOR EACH STATEMENT EXECUTE FUNCTION follow_list()"
        )
    op.execute(
        "CREATE TRIGGER follow_sessions AFTER INSERT OR DELETE OR UPDATE OF starts_at, parallel_group ON sessions"
        " FOR EACH ROW EXECUTE FUNCTION follow_sessions()"
    )
    op.execute(
        "INSERT INTO attendance (meeting, participant, organization, office, sessions, status, late, arrived_at,"
        " left_at, entry) SELECT meeting, participant, organization, office, sessions, status, late, arrived_at,"
        " left_at, entry FROM derived_attendance ORDER BY meeting, participant"
    )


def downgrade() -> None:
    for event in EVENTS:
        op.execute(f"DROP TRIGGER follow_list_on_{event} ON participants")
    op.execute("DROP TRIGGER follow_sessions ON sessions")
    op.execute("DELETE FROM attendance")
    op.execute("DROP FUNCTION follow_sessions, follow_list, derive_attendance")
    op.execute("DROP FUNCTION derive_locked_attendance, lock_attendance, and_whom_they_represent")
