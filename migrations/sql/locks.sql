-- Keys of the advisory locks, all in one place. Each function returns a key for pg_advisory_lock() and its like.
--
-- The transaction of a request takes several locks in this order. `rakornas load` and imports of many rows do not: they
-- take a lock for each row. A deadlock is possible there; Postgres ends one of the two, and its caller tries again.
-- Locks on rows come after advisory locks, unless a trigger takes the advisory lock because of the row.
--
--   1. migrations                   One process migrates. Taken before these functions exist: its key is LOCK in
--                                   migrations/env.py. Held by the session.
--   2. grant_lock_key()             One process changes the rights of the service's role.
--   3. load_lock_key()              One process loads reference data.
--   4. first_client_lock_key()      One process creates the first client.
--   5. signing_key_lock_key()       One worker creates the next signing key.
--   6. idempotency_lock_key(...)    One request at a time with a client's Idempotency-Key. Tried, never waited for.
--   7. parent_lock_key(table)       One writer of parents in `organizations` or `stages`.
--   8. office_lock_key(...)         One writer of an office of an organization.
--   9. roll_lock_key(meeting)       Shared: requests that write a meeting's participants or scans. Exclusive: closing,
--                                   anonymising or recomputing the roll, and changing the meeting's sessions.
--  10. delegation_lock_key(...)     One writer of an organization's delegates to a meeting.
--  11. speaker_lock_key(...)        One writer of a person's sessions at a meeting. Of one session: in id order.
--
-- sealing_lock_key() is tried by a connection of its own (the sealer's or `rakornas audit seal`), which takes no other
-- advisory lock. It is held until all lines are sealed.

CREATE OR REPLACE FUNCTION grant_lock_key() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('grant', 0);

CREATE OR REPLACE FUNCTION load_lock_key() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('load', 0);

CREATE OR REPLACE FUNCTION first_client_lock_key() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('first client', 0);

CREATE OR REPLACE FUNCTION signing_key_lock_key() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('signing key', 0);

CREATE OR REPLACE FUNCTION sealing_lock_key() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('sealing', 0);

-- The line feed separates the two: neither a client's id nor a key contains one.
CREATE OR REPLACE FUNCTION idempotency_lock_key(client text, key text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(client || E'\n' || key, 7);

CREATE OR REPLACE FUNCTION parent_lock_key(table_name text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(table_name, 12);

CREATE OR REPLACE FUNCTION office_lock_key(organization text, office text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(organization || '/' || office, 15);

CREATE OR REPLACE FUNCTION roll_lock_key(meeting text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(meeting, 17);

-- `organization`: null for a change of the meeting's `places`. That key excludes no organization's writers: the row
-- lock on the meeting does.
CREATE OR REPLACE FUNCTION delegation_lock_key(meeting text, organization text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(meeting || '/' || coalesce(organization, ''), 18);

CREATE OR REPLACE FUNCTION speaker_lock_key(meeting text, official uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(meeting || official, 14);
