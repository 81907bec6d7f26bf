-- The keys of all advisory locks. Each function returns a key for pg_advisory_lock() and the similar functions.
--
-- The transaction of a request that takes several locks takes them in the order below. `rakornas load` and imports of
-- many rows cannot, because they take locks for each row. They can deadlock: Postgres then cancels one transaction, and
-- its caller tries again. Row locks are taken after advisory locks, except where a trigger on a row takes an advisory
-- lock.
--
--   1. migrations                   One process migrates. It is taken before these functions exist: its key is
--                                   MIGRATION_LOCK_KEY in migrations/env.py. A session-level lock.
--   2. grant_lock_key()             One process changes the privileges of the service's role.
--   3. load_lock_key()              One process loads reference data.
--   4. first_client_lock_key()      One process creates the first client.
--   5. signing_key_lock_key()       One worker creates the next signing key.
--   6. idempotency_lock_key(...)    One request at a time with a client's Idempotency-Key. Never waited for.
--   7. parent_lock_key(table)       One transaction writes parents in `organizations` or `stages`.
--   8. office_lock_key(...)         One transaction writes an office of an organization.
--   9. roll_lock_key(meeting)       Shared: requests that write a meeting's participants or scans. Exclusive: closing,
--                                   anonymising or recomputing the roll, and changing the meeting's sessions.
--  10. representation_lock_key(...) One transaction writes who represents whom at a meeting.
--  11. delegation_lock_key(...)     One transaction writes an organization's delegates to a meeting.
--  12. speaker_lock_key(...)        One transaction writes a person's sessions at a meeting. The locks of the speakers
--                                   of one session are taken in the order of their ids.
--
-- sealing_lock_key() has no place in the order: seal_audit_lines() takes it, in transactions that take no other advisory
-- lock, and does not wait for it.

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

-- The line feed separates the two values, because neither a client's id nor a key contains one.
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

CREATE OR REPLACE FUNCTION representation_lock_key(meeting text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(meeting, 19);

-- `organization`: null for a change of the meeting's `places`. That key does not exclude transactions that write
-- delegates; the row lock on the meeting does.
CREATE OR REPLACE FUNCTION delegation_lock_key(meeting text, organization text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(meeting || '/' || coalesce(organization, ''), 18);

CREATE OR REPLACE FUNCTION speaker_lock_key(meeting text, official uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(meeting || official, 14);
