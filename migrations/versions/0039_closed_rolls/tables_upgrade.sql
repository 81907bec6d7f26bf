CREATE TABLE closed_rolls (
    meeting text NOT NULL,
    closed_at timestamptz NOT NULL,
    closed_by text,
    name text NOT NULL,
    place text,
    time_zone text NOT NULL,
    start_on date NOT NULL,
    end_on date NOT NULL,
    sessions jsonb NOT NULL,
    quorum jsonb,
    CONSTRAINT pk_closed_rolls PRIMARY KEY (meeting),
    CONSTRAINT fk_closed_rolls_meeting_meetings
        FOREIGN KEY (meeting) REFERENCES meetings (code) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE TABLE closed_roll_lines (
    meeting text NOT NULL,
    participant uuid NOT NULL,
    official uuid,
    name text,
    office text,
    organization text,
    organization_name text,
    capacity text NOT NULL,
    sessions text[] NOT NULL,
    status text NOT NULL,
    late boolean NOT NULL,
    arrived_at timestamptz,
    left_at timestamptz,
    entry uuid,
    open_status text GENERATED ALWAYS AS (CASE WHEN status = 'sick' THEN 'excused' ELSE status END) STORED NOT NULL,
    days jsonb NOT NULL,
    intervals jsonb NOT NULL,
    stays jsonb NOT NULL,
    CONSTRAINT pk_closed_roll_lines PRIMARY KEY (meeting, participant),
    CONSTRAINT fk_closed_roll_lines_meeting_meetings
        FOREIGN KEY (meeting) REFERENCES meetings (code) ON UPDATE CASCADE ON DELETE CASCADE
);

-- The next statement adds it again.
-- squawk-ignore ban-drop-constraint
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_kind_known;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_kind_known
    CHECK (kind IN ('status', 'scan', 'late_upload', 'reopen'));

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
