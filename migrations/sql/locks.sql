-- Keys of the advisory locks, all in one place.
--
-- A transaction that takes several of them takes them in this order, so that two transactions cannot wait for each
-- other. Locks on rows come after advisory locks, unless a trigger takes the advisory lock because of the row.
--
--   1. migrations                 One process migrates. Taken before these functions exist: its key is LOCK in
--                                 migrations/env.py. Held by the session.
--   2. grant_lock()               One process changes the rights of the service's role.
--   3. load_lock()                One process loads reference data.
--   4. first_client_lock()        One process creates the first client.
--   5. signing_key_lock()         One worker creates the next signing key.
--   6. idempotency_lock(...)      One request at a time with a client's Idempotency-Key. Only ever tried, never waited for.
--   7. parent_lock(table)         One writer of parents in `organizations` or `stages`.
--   8. office_lock(...)           One writer of an office of an organization.
--   9. roll_lock(meeting)         Shared: everybody who writes a meeting's roll (check-ins, lists). Exclusive: whoever
--                                 closes it, anonymises it, or changes its sessions.
--  10. delegation_lock(...)       One writer of an organization's delegates to a meeting.
--  11. speaker_lock(...)          One writer of a person's sessions at a meeting. Several: in the order of their ids.
--
-- sealing_lock() is tried by one worker's own connection, which takes no other lock.
--
-- Every function returns a key for pg_advisory_lock() and its like. An argument that is null gives null, and then no lock
-- is taken.

CREATE OR REPLACE FUNCTION grant_lock() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('grant', 0);

CREATE OR REPLACE FUNCTION load_lock() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('load', 0);

CREATE OR REPLACE FUNCTION first_client_lock() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('first client', 0);

CREATE OR REPLACE FUNCTION signing_key_lock() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('signing key', 0);

CREATE OR REPLACE FUNCTION sealing_lock() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('sealing', 0);

-- The line feed separates the two: neither a client's id nor a key contains one.
CREATE OR REPLACE FUNCTION idempotency_lock(client text, key text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(client || E'\n' || key, 7);

CREATE OR REPLACE FUNCTION parent_lock(table_name text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(table_name, 12);

CREATE OR REPLACE FUNCTION office_lock(organization text, office text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(organization || '/' || office, 15);

CREATE OR REPLACE FUNCTION roll_lock(meeting text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(meeting, 17);

-- `organization`: null for all organizations of the meeting.
CREATE OR REPLACE FUNCTION delegation_lock(meeting text, organization text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(meeting || '/' || coalesce(organization, ''), 18);

CREATE OR REPLACE FUNCTION speaker_lock(meeting text, official uuid) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(meeting || official, 14);
