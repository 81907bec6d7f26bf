"""Checking in: a post of scans is stored, judged and counted in one statement

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0024, after 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# What one device has sent at once, and the shift of its clock by all that is known of it then.
POST = """
CREATE TYPE device_post AS (
    p int, device_id text, clock_epoch int, sent_at timestamptz, received_at timestamptz, client text, request_id text,
    shift bigint
)
"""
# One scan of the post `p`, the badge by the digest of its text.
SCAN = """
CREATE TYPE device_scan AS (
    p int, n int, id uuid, digest bytea, badge bytea, badge_text text, direction text, session text,
    scanned_at timestamptz, sequence bigint
)
"""
# The scans of some posts, no two of one device. The lock is shared by all gates of a meeting, and closing its roll
# takes it alone: what is stored is either before the closing or knows that it is after it. A post waits for the one
# before it of its device, whose clock it may move, and with it the times of all that the device has seen; and gates
# that see the same badge wait for each other at the row of its participant, so that only one is told of a first entry.
# All locks are taken in one order, devices first, or two posts could each hold what the other wants next. LIMIT 1 where
# there can be no more, and no reading of whole tables: each row is looked up by its key, whatever the statistics say.
CHECK_IN = """
CREATE FUNCTION check_in(of_meeting text, sent json, given json) RETURNS TABLE (
    p int, n int, status int, outcome text, effective_at timestamptz, shift bigint
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    closed boolean;
    post device_post;
    posts device_post[] := '{}';
    seen device_scan[] := ARRAY(SELECT one FROM json_populate_recordset(NULL::device_scan, given) AS one);
    former bigint;
    whom uuid[];
    moved uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(of_meeting, 17));
    SELECT roll_closed_at IS NOT NULL INTO closed FROM meetings WHERE code = of_meeting;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT array_agg(DISTINCT badge.participant) INTO whom
    FROM unnest(seen) AS one
    CROSS JOIN LATERAL (
        SELECT participant FROM badges WHERE meeting = of_meeting AND digest = one.badge LIMIT 1
    ) AS badge;
    FOR post IN
        SELECT * FROM json_populate_recordset(NULL::device_post, sent) AS one ORDER BY one.device_id, one.clock_epoch
    LOOP
        post.shift := extract(epoch FROM post.received_at - post.sent_at) * 1000000;
        INSERT INTO device_clocks AS clock (meeting, device_id, clock_epoch, shift)
        SELECT of_meeting, post.device_id, post.clock_epoch, post.shift WHERE NOT EXISTS (
            SELECT FROM device_clocks AS clock WHERE clock.meeting = of_meeting
                AND clock.device_id = post.device_id AND clock.clock_epoch = post.clock_epoch
        ) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            INSERT INTO clock_readings
            VALUES (of_meeting, post.device_id, post.clock_epoch, post.shift, post.received_at);
        ELSE
            SELECT clock.shift INTO former FROM device_clocks AS clock WHERE clock.meeting = of_meeting
                AND clock.device_id = post.device_id AND clock.clock_epoch = post.clock_epoch FOR NO KEY UPDATE;
            IF post.shift < former THEN
                INSERT INTO clock_readings
                VALUES (of_meeting, post.device_id, post.clock_epoch, post.shift, post.received_at);
                UPDATE device_clocks AS clock SET shift = post.shift WHERE clock.meeting = of_meeting
                    AND clock.device_id = post.device_id AND clock.clock_epoch = post.clock_epoch;
                SELECT array_agg(DISTINCT badge.participant) INTO moved
                FROM scans AS scan
                CROSS JOIN LATERAL (SELECT participant FROM badges WHERE id = scan.badge LIMIT 1) AS badge
                WHERE scan.meeting = of_meeting AND scan.device_id = post.device_id
                    AND scan.clock_epoch = post.clock_epoch;
                whom := whom || moved;
            END IF;
            post.shift := least(post.shift, former);
        END IF;
        posts := array_append(posts, post);
    END LOOP;
    whom := lock_attendance(of_meeting, whom);
    RETURN QUERY
    WITH one AS MATERIALIZED (
        SELECT seen_one.*, post.device_id, post.clock_epoch, post.sent_at, post.received_at, post.client,
            post.request_id, post.shift, badge.id AS known, listed.participant, listed.entry,
            scanned_at + post.shift * interval '1 microsecond' AS effective_at,
            badge.revoked_at,
            CASE WHEN seen_one.session IS NULL OR listed.sessions = '{}' THEN false ELSE EXISTS (
                SELECT FROM sessions AS named
                JOIN sessions AS other ON other.meeting = named.meeting
                    AND other.parallel_group = named.parallel_group AND other.code <> named.code
                WHERE named.meeting = of_meeting AND named.code = seen_one.session
                    AND other.code = ANY (listed.sessions)
            ) END AS elsewhere
        FROM unnest(posts) AS post
        JOIN unnest(seen) AS seen_one ON seen_one.p = post.p
        LEFT JOIN LATERAL (
            SELECT * FROM badges WHERE meeting = of_meeting AND digest = seen_one.badge LIMIT 1
        ) AS badge ON true
        LEFT JOIN LATERAL (
            SELECT * FROM attendance WHERE meeting = of_meeting AND participant = badge.participant LIMIT 1
        ) AS listed ON true
    ), judged_one AS (
        SELECT one.*, judged(
            direction, known IS NOT NULL, closed, participant IS NOT NULL AND NOT elsewhere, effective_at, revoked_at
        ) AS judgement FROM one
    ), told_one AS (
        SELECT judged_one.*, CASE
            WHEN judgement <> 'entry' THEN judgement
            WHEN entry IS NULL AND 1 = dense_rank() OVER (
                PARTITION BY participant, judgement ORDER BY effective_at, id, digest
            ) THEN 'first_entry'
            ELSE 'already_entered'
        END AS told FROM judged_one
    ), stored AS (
        INSERT INTO scans AS held (
            meeting, id, digest, device_id, clock_epoch, sequence, badge, badge_text, direction, session, scanned_at,
            sent_at, received_at, after_closing, told, client, request_id
        ) SELECT DISTINCT ON (id, digest)
            of_meeting, id, digest, device_id, clock_epoch, sequence, known,
            CASE WHEN known IS NULL THEN badge_text END, direction, session, scanned_at, sent_at, received_at, closed,
            told, client, request_id
        FROM told_one ORDER BY id, digest, n
        ON CONFLICT (meeting, id, digest) DO UPDATE SET
            clock_epoch = least(held.clock_epoch, excluded.clock_epoch),
            sent_at = CASE WHEN excluded.received_at < held.received_at THEN excluded.sent_at ELSE held.sent_at END,
            received_at = least(held.received_at, excluded.received_at),
            after_closing = held.after_closing AND excluded.after_closing
        WHERE excluded.clock_epoch < held.clock_epoch OR excluded.received_at < held.received_at
            OR held.after_closing > excluded.after_closing
        RETURNING held.id, held.digest, held.xmax = 0 AS is_new, held.told
    )
    SELECT one.p, one.n, CASE WHEN stored.is_new THEN 201 ELSE 200 END, coalesce(stored.told, before.told, one.told),
        CASE WHEN before.clock_epoch < one.clock_epoch THEN before.scanned_at + (
            SELECT clock.shift FROM device_clocks AS clock WHERE clock.meeting = of_meeting
                AND clock.device_id = one.device_id AND clock.clock_epoch = before.clock_epoch
        ) * interval '1 microsecond' ELSE one.effective_at END,
        one.shift
    FROM told_one AS one
    LEFT JOIN stored USING (id, digest)
    LEFT JOIN LATERAL (
        SELECT * FROM scans WHERE meeting = of_meeting AND id = one.id AND digest = one.digest
            AND stored.is_new IS NOT TRUE LIMIT 1
    ) AS before ON true
    ORDER BY one.p, one.n;
    IF whom IS NOT NULL THEN
        PERFORM derive_locked_attendance(of_meeting, whom);
    END IF;
END $$
"""


def upgrade() -> None:
    for statement in (POST, SCAN, CHECK_IN):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION check_in")
    op.execute("DROP TYPE device_post, device_scan")
