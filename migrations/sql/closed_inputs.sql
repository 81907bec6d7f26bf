-- The schema `closed`: what the attendance of closed rolls is derived from. close_roll() copies it from the tables of the
-- same names; afterwards only confirmed corrections change it (migrations/sql/closed_rolls.sql). all.sql runs
-- attendance_views.sql and live_roll_lines.sql over it, so that a closed roll is derived by the same text as an open one.
--
-- The copies have no references to officials and organizations, which may change or be deleted.
CREATE SCHEMA IF NOT EXISTS closed;

CREATE TABLE IF NOT EXISTS closed.participants (
    meeting text NOT NULL REFERENCES meetings ON UPDATE CASCADE ON DELETE CASCADE,
    id uuid NOT NULL,
    official uuid,
    name text,
    name_as_printed text,
    organization text,
    office text,
    capacity text NOT NULL,
    represents uuid,
    status text NOT NULL,
    day_statuses jsonb NOT NULL,
    late boolean NOT NULL,
    arrived_at timestamptz,
    left_at timestamptz,
    parts jsonb NOT NULL,
    CONSTRAINT pk_participants PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS ix_participants_meeting ON closed.participants (meeting, represents);

CREATE TABLE IF NOT EXISTS closed.sessions (
    meeting text NOT NULL REFERENCES meetings ON UPDATE CASCADE ON DELETE CASCADE,
    code text NOT NULL,
    name text NOT NULL,
    position int NOT NULL,
    starts_at timestamptz,
    parallel_group text,
    CONSTRAINT pk_sessions PRIMARY KEY (meeting, code)
);

CREATE TABLE IF NOT EXISTS closed.meeting_days (
    meeting text NOT NULL REFERENCES meetings ON UPDATE CASCADE ON DELETE CASCADE,
    day date NOT NULL,
    begins_at timestamptz NOT NULL,
    cutoff_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CONSTRAINT pk_meeting_days PRIMARY KEY (meeting, day)
);

-- A scan that counts, with what was derived of it: its time on the service's clock, its classification and its day.
CREATE TABLE IF NOT EXISTS closed.entries_and_exits (
    meeting text NOT NULL REFERENCES meetings ON UPDATE CASCADE ON DELETE CASCADE,
    participant uuid NOT NULL,
    id uuid NOT NULL,
    digest bytea NOT NULL,
    session text,
    effective_at timestamptz NOT NULL,
    classification text NOT NULL,
    day date NOT NULL,
    day_ends_at timestamptz NOT NULL,
    CONSTRAINT pk_entries_and_exits PRIMARY KEY (meeting, id, digest)
);
CREATE INDEX IF NOT EXISTS ix_entries_and_exits_participant ON closed.entries_and_exits (participant);

-- The organizations of the participants, by which a summary is grouped.
CREATE TABLE IF NOT EXISTS closed.participant_organizations (
    meeting text NOT NULL REFERENCES meetings ON UPDATE CASCADE ON DELETE CASCADE,
    code text NOT NULL,
    name text NOT NULL,
    level text,
    region text,
    region_name text,
    CONSTRAINT pk_participant_organizations PRIMARY KEY (meeting, code)
);
