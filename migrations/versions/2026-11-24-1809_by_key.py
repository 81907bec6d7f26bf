"""What is derived of a participant is found from them, whatever the statistics say

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0027, after 0026
"""

from collections.abc import Iterable

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# From a participant to their badges, from a badge to its scans, from a scan to the clock of its device: in this order
# (hence LIMIT 1 and OFFSET 0, which no plan looks through). Joined freely, all scans of all devices were read for each
# participant where the statistics were wrong, as they are just when all come to the doors.
JUDGED_SCANS = """
CREATE OR REPLACE VIEW {schema}.judged_scans AS
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
{joins}) AS seen
"""
JOINS = """    CROSS JOIN LATERAL (
        SELECT shift FROM device_clocks AS clock WHERE clock.meeting = scan.meeting
            AND clock.device_id = scan.device_id AND clock.clock_epoch = scan.clock_epoch LIMIT 1
    ) AS clock
    LEFT JOIN badges AS badge ON badge.id = scan.badge
    LEFT JOIN participants AS listed ON listed.id = badge.participant
"""
FORMER_JOINS = """    JOIN device_clocks AS clock ON clock.meeting = scan.meeting AND clock.device_id = scan.device_id
        AND clock.clock_epoch = scan.clock_epoch
    LEFT JOIN badges AS badge ON badge.id = scan.badge
    LEFT JOIN participants AS listed ON listed.id = badge.participant
"""
ENTRIES_AND_EXITS = """
CREATE VIEW {schema}.entries_and_exits AS
SELECT issued.participant, scan.id, scan.digest, scan.session, scan.effective_at, scan.judgement
FROM badges AS issued
CROSS JOIN LATERAL (SELECT * FROM judged_scans WHERE badge = issued.id OFFSET 0) AS scan
WHERE scan.judgement IN ('entry', 'exit') AND scan.annulled_at IS NULL
"""
DERIVED = """
CREATE OR REPLACE VIEW {schema}.derived_attendance AS
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
                {came}
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
    {seen}
) AS seen ON true
"""
CAME = "SELECT FROM entries_and_exits AS scan WHERE scan.participant = instead.id AND scan.judgement = 'entry'"
SEEN = "FROM entries_and_exits AS scan WHERE scan.participant = listed.id"
FORMER_CAME = """SELECT FROM judged_scans AS scan WHERE scan.participant = instead.id
                    AND scan.judgement = 'entry' AND scan.annulled_at IS NULL"""
FORMER_SEEN = """FROM judged_scans AS scan
    WHERE scan.participant = listed.id AND scan.judgement IN ('entry', 'exit') AND scan.annulled_at IS NULL"""
# By the key of participants alone: with the meeting beside it, an index of all of the meeting looks as good. And the
# rows to be changed, which are locked, by where they are: joined by their key, all of the meeting may be read first.
DERIVE_LOCKED = """
CREATE OR REPLACE FUNCTION derive_locked_attendance(of_meeting text, touched uuid[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    UPDATE attendance AS held SET
        organization = derived.organization, office = derived.office, sessions = derived.sessions,
        status = derived.status, late = derived.late, arrived_at = derived.arrived_at, left_at = derived.left_at,
        entry = derived.entry
    FROM unnest(touched) AS one CROSS JOIN LATERAL (
        {derived} OFFSET 0
    ) AS derived
    WHERE {held}
        AND (held.organization, held.office, held.sessions, held.status, held.late, held.arrived_at, held.left_at,
            held.entry) IS DISTINCT FROM (derived.organization, derived.office, derived.sessions, derived.status,
            derived.late, derived.arrived_at, derived.left_at, derived.entry);
END $$
"""
NOW = {
    "derived": """SELECT derived.*, its.ctid AS place
        FROM derived_attendance AS derived
        JOIN attendance AS its ON its.meeting = of_meeting AND its.participant = derived.participant
        WHERE derived.participant = one""",
    "held": "held.ctid = derived.place",
}
FORMERLY = {
    "derived": "SELECT * FROM derived_attendance WHERE meeting = of_meeting AND participant = one",
    "held": "held.meeting = of_meeting AND held.participant = one",
}
# Each row by its key, in their order: Postgres before 17 may else read all of a meeting in that order.
LOCK = """
CREATE OR REPLACE FUNCTION lock_attendance(of_meeting text, whom uuid[]) RETURNS uuid[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    touched uuid[] := and_whom_they_represent(whom);
BEGIN
    LOOP
        {lock};
        -- Whoever was waited for may have said meanwhile in whose place somebody comes.
        EXIT WHEN NOT EXISTS (SELECT unnest(and_whom_they_represent(whom)) EXCEPT SELECT unnest(touched));
        touched := and_whom_they_represent(whom);
    END LOOP;
    RETURN touched;
END $$
"""
BY_KEY = """PERFORM FROM (SELECT unnest(touched) AS one ORDER BY 1) AS one_more CROSS JOIN LATERAL (
            SELECT FROM attendance WHERE meeting = of_meeting AND participant = one FOR NO KEY UPDATE
        ) AS held"""
TOGETHER = """PERFORM FROM attendance WHERE meeting = of_meeting AND participant = ANY (touched)
        ORDER BY participant FOR NO KEY UPDATE"""


def upgrade() -> None:
    for schema in _over_now_and_then():
        op.execute(ENTRIES_AND_EXITS.format(schema=schema))
        # The outer view first, as check-ins that go on meanwhile lock them, or the two would wait for each other.
        op.execute(DERIVED.format(schema=schema, came=CAME, seen=SEEN))
        op.execute(JUDGED_SCANS.format(schema=schema, joins=JOINS))
    op.execute(DERIVE_LOCKED.format(**NOW))
    op.execute(LOCK.format(lock=BY_KEY))


def downgrade() -> None:
    op.execute(LOCK.format(lock=TOGETHER))
    op.execute(DERIVE_LOCKED.format(**FORMERLY))
    for schema in _over_now_and_then():
        op.execute(DERIVED.format(schema=schema, came=FORMER_CAME, seen=FORMER_SEEN))
        op.execute(f"DROP VIEW {schema}.entries_and_exits")
        op.execute(JUDGED_SCANS.format(schema=schema, joins=FORMER_JOINS))


def _over_now_and_then() -> Iterable[str]:
    """The views are made twice: in the schema `history` over what was known at an instant."""
    for schema, path in (("public", "public"), ("history", "history, public")):
        op.execute(f"SET LOCAL search_path = {path}")
        yield schema
    op.execute("SET LOCAL search_path = public")
