-- The tables of the baseline with their constraints and indexes. Of several constraints that one row breaks, Postgres
-- reports the one that was created first: so their order is part of what a client sees.

CREATE TABLE regions (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    type TEXT NOT NULL,
    parent TEXT,
    iso_3166_2 TEXT,
    capital TEXT,
    time_zone TEXT NOT NULL,
    valid_from DATE,
    formed_by TEXT,
    split_from TEXT,
    autonomous BOOLEAN NOT NULL,
    folded TEXT GENERATED ALWAYS AS (fold(VARIADIC ARRAY[name, name_en, capital])) STORED NOT NULL,
    source TEXT,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    parts JSONB DEFAULT '{"previous_codes": []}' NOT NULL,
    CONSTRAINT pk_regions PRIMARY KEY (code),
    CONSTRAINT ck_regions_code_shape CHECK (code ~ '^[0-9]{2}(\.[0-9]{2})?$'),
    CONSTRAINT ck_regions_name_length CHECK (length(name) BETWEEN 1 AND 300),
    CONSTRAINT ck_regions_parent_leads_code CHECK (parent = "left"(code, 2)),
    CONSTRAINT ck_regions_province_has_no_parent CHECK ((type = 'province') = (parent IS NULL)),
    CONSTRAINT ck_regions_province_has_short_code CHECK ((type = 'province') = (length(code) = 2)),
    CONSTRAINT ck_regions_time_zone_known CHECK (is_time_zone(time_zone)),
    CONSTRAINT ck_regions_type_known CHECK (type IN ('province', 'regency', 'city')),
    CONSTRAINT ck_regions_valid_from_in_calendar CHECK (valid_from BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT uq_regions_iso_3166_2 UNIQUE (iso_3166_2),
    CONSTRAINT fk_regions_parent_regions FOREIGN KEY(parent) REFERENCES regions (code) ON UPDATE CASCADE,
    CONSTRAINT fk_regions_split_from_regions FOREIGN KEY(split_from) REFERENCES regions (code) ON UPDATE CASCADE
);
CREATE INDEX ix_regions_folded ON regions USING gin (folded gin_trgm_ops);
CREATE INDEX ix_regions_name_code ON regions (name, code);
CREATE INDEX ix_regions_parent_code ON regions (parent, code);
CREATE INDEX ix_regions_split_from ON regions (split_from);
CREATE INDEX ix_regions_type_code ON regions (type, code);
CREATE INDEX ix_regions_updated_at_code ON regions (updated_at, code);
CREATE INDEX ix_regions_valid_from ON regions (valid_from);

CREATE TABLE region_codes (
    code TEXT NOT NULL,
    region TEXT NOT NULL,
    parent TEXT NOT NULL,
    until DATE,
    source TEXT,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_region_codes PRIMARY KEY (code),
    CONSTRAINT ck_region_codes_code_is_former CHECK (code <> region),
    CONSTRAINT ck_region_codes_code_shape CHECK (code ~ '^[0-9]{2}\.[0-9]{2}$'),
    CONSTRAINT ck_region_codes_parent_leads_code CHECK (parent = "left"(code, 2)),
    CONSTRAINT ck_region_codes_until_in_calendar CHECK (until BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT fk_region_codes_parent_regions FOREIGN KEY(parent) REFERENCES regions (code) ON UPDATE CASCADE,
    CONSTRAINT fk_region_codes_region_regions FOREIGN KEY(region) REFERENCES regions (code) ON UPDATE CASCADE
);
CREATE INDEX ix_region_codes_parent ON region_codes (parent);
CREATE INDEX ix_region_codes_region ON region_codes (region);

CREATE TABLE organizations (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    short_name TEXT,
    kind TEXT NOT NULL,
    level TEXT,
    sector TEXT,
    parent TEXT,
    region TEXT,
    time_zone TEXT,
    role TEXT,
    seats INTEGER,
    established_on DATE,
    dissolved_on DATE,
    folded TEXT GENERATED ALWAYS AS (fold(VARIADIC ARRAY[name, name_en, short_name])) STORED NOT NULL,
    source TEXT,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_organizations PRIMARY KEY (code),
    CONSTRAINT ck_organizations_code_shape CHECK (code ~ '^[a-z][a-z0-9]{0,29}(-[0-9]{2}(\.[0-9]{2})?)?$'),
    CONSTRAINT ck_organizations_commission_has_level CHECK (kind <> 'commission' OR level IS NOT NULL),
    CONSTRAINT ck_organizations_dissolved_after_established CHECK (dissolved_on > established_on),
    CONSTRAINT ck_organizations_dissolved_on_in_calendar CHECK (dissolved_on BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT ck_organizations_established_on_in_calendar CHECK (established_on BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT ck_organizations_kind_known CHECK (kind IN ('commission', 'agency')),
    CONSTRAINT ck_organizations_level_known CHECK (level IN ('national', 'province', 'regency')),
    CONSTRAINT ck_organizations_name_length CHECK (length(name) BETWEEN 1 AND 300),
    CONSTRAINT ck_organizations_parent_is_another CHECK (parent <> code),
    CONSTRAINT ck_organizations_seats_range CHECK (seats BETWEEN 1 AND 99),
    CONSTRAINT ck_organizations_sector_known CHECK (sector IN ('election_body', 'government', 'court', 'legislature', 'executive', 'security', 'law_enforcement', 'audit', 'local_government')),
    CONSTRAINT ck_organizations_time_zone_known CHECK (is_time_zone(time_zone)),
    CONSTRAINT fk_organizations_parent_organizations FOREIGN KEY(parent) REFERENCES organizations (code) ON UPDATE CASCADE,
    CONSTRAINT fk_organizations_region_regions FOREIGN KEY(region) REFERENCES regions (code) ON UPDATE CASCADE
);
CREATE INDEX ix_organizations_established_on ON organizations (established_on);
CREATE INDEX ix_organizations_folded ON organizations USING gin (folded gin_trgm_ops);
CREATE INDEX ix_organizations_kind_code ON organizations (kind, code);
CREATE INDEX ix_organizations_level_code ON organizations (level, code);
CREATE INDEX ix_organizations_name_code ON organizations (name, code);
CREATE INDEX ix_organizations_parent_code ON organizations (parent, code);
CREATE INDEX ix_organizations_region_code ON organizations (region, code);
CREATE INDEX ix_organizations_sector_code ON organizations (sector, code);
CREATE INDEX ix_organizations_updated_at_code ON organizations (updated_at, code);
CREATE UNIQUE INDEX uq_organizations_region_of_commission ON organizations (region) WHERE kind = 'commission';

CREATE TABLE divisions (
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    members INTEGER,
    name TEXT NOT NULL,
    name_en TEXT,
    led_by TEXT,
    duties TEXT,
    legal_basis TEXT,
    folded TEXT GENERATED ALWAYS AS (fold(VARIADIC ARRAY[name, name_en])) STORED NOT NULL,
    source TEXT,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_divisions PRIMARY KEY (code),
    CONSTRAINT ck_divisions_code_shape CHECK (code ~ '^[a-z][a-z0-9]{0,9}-[0-9]{1,4}$'),
    CONSTRAINT ck_divisions_kind_known CHECK (kind IN ('division', 'secretariat_unit')),
    CONSTRAINT ck_divisions_led_by_known CHECK (led_by IN ('chair', 'member', 'secretary', 'secretary_general')),
    CONSTRAINT ck_divisions_level_known CHECK (level IN ('national', 'province', 'regency')),
    CONSTRAINT ck_divisions_members_range CHECK (members BETWEEN 1 AND 99),
    CONSTRAINT ck_divisions_name_length CHECK (length(name) BETWEEN 1 AND 300)
);
CREATE INDEX ix_divisions_folded ON divisions USING gin (folded gin_trgm_ops);
CREATE INDEX ix_divisions_kind_code ON divisions (kind, code);
CREATE INDEX ix_divisions_level_members_code ON divisions (level, members, code);
CREATE INDEX ix_divisions_members_code ON divisions (members, code);
CREATE INDEX ix_divisions_name_code ON divisions (name, code);
CREATE INDEX ix_divisions_updated_at_code ON divisions (updated_at, code);

CREATE TABLE officials (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    other_names TEXT[] DEFAULT '{}' NOT NULL,
    folded TEXT GENERATED ALWAYS AS (fold(VARIADIC array_prepend(name, other_names))) STORED NOT NULL,
    source TEXT,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_officials PRIMARY KEY (id),
    CONSTRAINT ck_officials_name_length CHECK (length(name) BETWEEN 1 AND 300)
);
CREATE INDEX ix_officials_folded ON officials USING gin (folded gin_trgm_ops);
CREATE INDEX ix_officials_name_id ON officials (name, id);
CREATE INDEX ix_officials_updated_at_id ON officials (updated_at, id);

CREATE TABLE appointments (
    id UUID NOT NULL,
    official UUID NOT NULL,
    organization TEXT NOT NULL,
    office TEXT NOT NULL,
    standing TEXT NOT NULL,
    division TEXT,
    term TEXT,
    start_on TEXT,
    end_on TEXT,
    seen_on DATE,
    end_reason TEXT,
    legal_basis TEXT,
    certain DATERANGE GENERATED ALWAYS AS (certain_days(start_on, end_on, seen_on)) STORED,
    possible DATERANGE GENERATED ALWAYS AS (possible_days(start_on, end_on, seen_on)) STORED,
    source TEXT,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_appointments PRIMARY KEY (id),
    CONSTRAINT ck_appointments_end_on_is_partial_date CHECK (end_on IS NULL OR first_day(end_on) IS NOT NULL),
    CONSTRAINT ck_appointments_ends_after_start CHECK (NOT isempty(possible)),
    CONSTRAINT ck_appointments_office_known CHECK (office IN ('chair', 'member', 'secretary', 'secretary_general')),
    CONSTRAINT ck_appointments_seen_on_in_calendar CHECK (seen_on BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT ck_appointments_standing_known CHECK (standing IN ('definitive', 'acting', 'interim_replacement')),
    CONSTRAINT ck_appointments_start_on_is_partial_date CHECK (start_on IS NULL OR first_day(start_on) IS NOT NULL),
    CONSTRAINT ck_appointments_start_or_seen CHECK (start_on IS NOT NULL OR seen_on IS NOT NULL),
    CONSTRAINT ck_appointments_term_shape CHECK (term ~ '^[0-9]{4}-[0-9]{4}$'),
    CONSTRAINT ex_appointments_one_office_once EXCLUDE USING gist (official WITH =, organization WITH =, office WITH =, certain WITH &&),
    CONSTRAINT ex_appointments_one_definitive_holder EXCLUDE USING gist (organization WITH =, office WITH =, certain WITH &&) WHERE (standing = 'definitive' AND office IN ('chair', 'secretary', 'secretary_general')),
    CONSTRAINT fk_appointments_division_divisions FOREIGN KEY(division) REFERENCES divisions (code) ON UPDATE CASCADE,
    CONSTRAINT fk_appointments_official_officials FOREIGN KEY(official) REFERENCES officials (id),
    CONSTRAINT fk_appointments_organization_organizations FOREIGN KEY(organization) REFERENCES organizations (code) ON UPDATE CASCADE
);
CREATE INDEX ix_appointments_beginning ON appointments (COALESCE(lower(possible), '-infinity'::date), id);
CREATE INDEX ix_appointments_division ON appointments (division);
CREATE INDEX ix_appointments_office ON appointments (office);
CREATE INDEX ix_appointments_official ON appointments (official);
CREATE INDEX ix_appointments_organization_office ON appointments (organization, office);
CREATE INDEX ix_appointments_organization_possible ON appointments USING gist (organization, possible);
CREATE INDEX ix_appointments_standing ON appointments (standing);
CREATE INDEX ix_appointments_updated_at_id ON appointments (updated_at, id);

CREATE TABLE service_keys (
    purpose TEXT NOT NULL,
    key BYTEA NOT NULL,
    CONSTRAINT pk_service_keys PRIMARY KEY (purpose)
);

CREATE TABLE elections (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    kind TEXT NOT NULL,
    voting_on DATE,
    legal_basis TEXT,
    decided_on DATE,
    folded TEXT GENERATED ALWAYS AS (fold(VARIADIC ARRAY[name, name_en, code])) STORED NOT NULL,
    source TEXT,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_elections PRIMARY KEY (code),
    CONSTRAINT ck_elections_code_shape CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 40),
    CONSTRAINT ck_elections_decided_on_in_calendar CHECK (decided_on BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT ck_elections_kind_known CHECK (kind IN ('general', 'regional_head')),
    CONSTRAINT ck_elections_name_length CHECK (length(name) BETWEEN 1 AND 300),
    CONSTRAINT ck_elections_voting_on_in_calendar CHECK (voting_on BETWEEN '1900-01-01' AND '2199-12-31')
);
CREATE INDEX ix_elections_folded ON elections USING gin (folded gin_trgm_ops);
CREATE INDEX ix_elections_kind_code ON elections (kind, code);
CREATE INDEX ix_elections_name_code ON elections (name, code);
CREATE INDEX ix_elections_updated_at_code ON elections (updated_at, code);
CREATE INDEX ix_elections_voting ON elections (COALESCE(voting_on, 'infinity'::date), code);

CREATE TABLE stages (
    code TEXT NOT NULL,
    election TEXT NOT NULL,
    parent TEXT,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    start_on DATE,
    end_on DATE,
    rule TEXT,
    round INTEGER NOT NULL,
    legal_basis TEXT,
    note TEXT,
    folded TEXT GENERATED ALWAYS AS (fold(VARIADIC ARRAY[name, name_en])) STORED NOT NULL,
    source TEXT,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_stages PRIMARY KEY (code),
    CONSTRAINT ck_stages_code_shape CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 40 AND code <> 'none'),
    CONSTRAINT ck_stages_end_on_in_calendar CHECK (end_on BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT ck_stages_ends_after_start CHECK (end_on >= start_on),
    CONSTRAINT ck_stages_kind_known CHECK (kind IN ('stage', 'substage', 'activity', 'support')),
    CONSTRAINT ck_stages_name_length CHECK (length(name) BETWEEN 1 AND 300),
    CONSTRAINT ck_stages_parent_is_another CHECK (parent <> code),
    CONSTRAINT ck_stages_position_range CHECK (position BETWEEN 1 AND 999),
    CONSTRAINT ck_stages_round_range CHECK (round BETWEEN 1 AND 9),
    CONSTRAINT ck_stages_start_on_in_calendar CHECK (start_on BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT uq_stages_election_code UNIQUE (election, code),
    CONSTRAINT fk_stages_election_parent_stages FOREIGN KEY(election, parent) REFERENCES stages (election, code) ON UPDATE CASCADE,
    CONSTRAINT fk_stages_election_elections FOREIGN KEY(election) REFERENCES elections (code) ON UPDATE CASCADE
);
CREATE INDEX ix_stages_election_parent_position ON stages (election, parent, position);
CREATE INDEX ix_stages_end_on ON stages (end_on);
CREATE INDEX ix_stages_first_day ON stages (COALESCE(start_on, end_on, 'infinity'::date), code);
CREATE INDEX ix_stages_folded ON stages USING gin (folded gin_trgm_ops);
CREATE INDEX ix_stages_in_order ON stages (election, COALESCE(parent, ''), position, code);
CREATE INDEX ix_stages_kind_code ON stages (kind, code);
CREATE INDEX ix_stages_name_code ON stages (name, code);
CREATE INDEX ix_stages_parent_code ON stages (parent, code);
CREATE INDEX ix_stages_round_code ON stages (round, code);
CREATE INDEX ix_stages_updated_at_code ON stages (updated_at, code);

CREATE TABLE meetings (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    place TEXT,
    time_zone TEXT NOT NULL,
    start_on DATE NOT NULL,
    end_on DATE NOT NULL,
    cancelled_on DATE,
    election TEXT,
    audience TEXT,
    purpose TEXT,
    roll TEXT NOT NULL,
    source_publisher TEXT,
    source_title TEXT,
    folded TEXT GENERATED ALWAYS AS (fold(VARIADIC ARRAY[name, name_en, place, code])) STORED NOT NULL,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    parts JSONB DEFAULT '{"corrections": []}' NOT NULL,
    places INTEGER,
    retention_days INTEGER,
    roll_closed_at TIMESTAMP WITH TIME ZONE,
    forgotten_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_meetings PRIMARY KEY (code),
    CONSTRAINT ck_meetings_cancelled_on_in_calendar CHECK (cancelled_on BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT ck_meetings_code_shape CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 40),
    CONSTRAINT ck_meetings_end_on_in_calendar CHECK (end_on BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT ck_meetings_ends_after_start CHECK (end_on >= start_on),
    CONSTRAINT ck_meetings_kind_known CHECK (kind IN ('national_coordination', 'coordination', 'plenary', 'training', 'induction', 'other')),
    CONSTRAINT ck_meetings_name_length CHECK (length(name) BETWEEN 1 AND 300),
    CONSTRAINT ck_meetings_places_range CHECK (places BETWEEN 1 AND 100000),
    CONSTRAINT ck_meetings_retention_days_range CHECK (retention_days BETWEEN 8 AND 36500),
    CONSTRAINT ck_meetings_roll_known CHECK (roll IN ('open', 'restricted')),
    CONSTRAINT ck_meetings_start_on_in_calendar CHECK (start_on BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT ck_meetings_time_zone_known CHECK (is_time_zone(time_zone)),
    CONSTRAINT fk_meetings_election_elections FOREIGN KEY(election) REFERENCES elections (code) ON UPDATE CASCADE,
    CONSTRAINT fk_meetings_host_organizations FOREIGN KEY(host) REFERENCES organizations (code) ON UPDATE CASCADE
);
CREATE INDEX ix_meetings_election_code ON meetings (election, code);
CREATE INDEX ix_meetings_end_on ON meetings (end_on);
CREATE INDEX ix_meetings_folded ON meetings USING gin (folded gin_trgm_ops);
CREATE INDEX ix_meetings_host_code ON meetings (host, code);
CREATE INDEX ix_meetings_kind_code ON meetings (kind, code);
CREATE INDEX ix_meetings_name_code ON meetings (name, code);
CREATE INDEX ix_meetings_start_on_code ON meetings (start_on, code);
CREATE INDEX ix_meetings_updated_at_code ON meetings (updated_at, code);

CREATE TABLE meeting_corrections (
    meeting TEXT NOT NULL,
    position INTEGER NOT NULL,
    field TEXT NOT NULL,
    printed TEXT NOT NULL,
    held TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_meeting_corrections PRIMARY KEY (meeting, position),
    CONSTRAINT ck_meeting_corrections_position_range CHECK (position BETWEEN 1 AND 999),
    CONSTRAINT fk_meeting_corrections_meeting_meetings FOREIGN KEY(meeting) REFERENCES meetings (code) ON UPDATE CASCADE
);

CREATE TABLE sessions (
    meeting TEXT NOT NULL,
    code TEXT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    track INTEGER,
    parallel_group TEXT,
    starts_at TIMESTAMP WITH TIME ZONE,
    ends_at TIMESTAMP WITH TIME ZONE,
    room TEXT,
    topics TEXT[] DEFAULT '{}' NOT NULL,
    folded TEXT GENERATED ALWAYS AS (fold(VARIADIC ARRAY[name, name_en] || topics)) STORED NOT NULL,
    source TEXT,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    parts JSONB DEFAULT '{"speakers": []}' NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (meeting, code),
    CONSTRAINT ck_sessions_code_shape CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 40),
    CONSTRAINT ck_sessions_ends_after_start CHECK (ends_at > starts_at),
    CONSTRAINT ck_sessions_kind_known CHECK (kind IN ('opening', 'direction', 'panel', 'discussion', 'class', 'plenary', 'closing')),
    CONSTRAINT ck_sessions_name_length CHECK (length(name) BETWEEN 1 AND 300),
    CONSTRAINT ck_sessions_position_range CHECK (position BETWEEN 1 AND 999),
    CONSTRAINT ck_sessions_track_is_of_a_group CHECK ((track IS NULL) = (parallel_group IS NULL)),
    CONSTRAINT ck_sessions_track_range CHECK (track BETWEEN 1 AND 99),
    CONSTRAINT uq_sessions_meeting_parallel_group_track UNIQUE (meeting, parallel_group, track),
    CONSTRAINT fk_sessions_meeting_meetings FOREIGN KEY(meeting) REFERENCES meetings (code) ON UPDATE CASCADE
);
CREATE INDEX ix_sessions_meeting_position_code ON sessions (meeting, position, code);

CREATE TABLE session_speakers (
    meeting TEXT NOT NULL,
    session TEXT NOT NULL,
    position INTEGER NOT NULL,
    official UUID,
    name TEXT,
    organization TEXT,
    division TEXT,
    division_kind TEXT,
    role TEXT,
    CONSTRAINT pk_session_speakers PRIMARY KEY (meeting, session, position),
    CONSTRAINT ck_session_speakers_division_kind_known CHECK (division_kind IN ('division', 'secretariat_unit')),
    CONSTRAINT ck_session_speakers_official_or_name CHECK (num_nonnulls(official, name) < 2),
    CONSTRAINT ck_session_speakers_position_range CHECK (position BETWEEN 1 AND 999),
    CONSTRAINT ck_session_speakers_somebody CHECK (num_nonnulls(official, name, organization, division) > 0),
    CONSTRAINT fk_session_speakers_division_divisions FOREIGN KEY(division) REFERENCES divisions (code) ON UPDATE CASCADE,
    CONSTRAINT fk_session_speakers_meeting_session_sessions FOREIGN KEY(meeting, session) REFERENCES sessions (meeting, code) ON UPDATE CASCADE,
    CONSTRAINT fk_session_speakers_official_officials FOREIGN KEY(official) REFERENCES officials (id),
    CONSTRAINT fk_session_speakers_organization_organizations FOREIGN KEY(organization) REFERENCES organizations (code) ON UPDATE CASCADE
);
CREATE INDEX ix_session_speakers_division ON session_speakers (division);
CREATE INDEX ix_session_speakers_official ON session_speakers (official);
CREATE INDEX ix_session_speakers_organization ON session_speakers (organization);

CREATE TABLE meeting_statements (
    id UUID NOT NULL,
    meeting TEXT NOT NULL,
    official UUID,
    name TEXT,
    organization TEXT,
    made_on DATE,
    form TEXT NOT NULL,
    summary TEXT NOT NULL,
    source TEXT,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_meeting_statements PRIMARY KEY (id),
    CONSTRAINT ck_meeting_statements_form_known CHECK (form IN ('spoken', 'written')),
    CONSTRAINT ck_meeting_statements_made_on_in_calendar CHECK (made_on BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT ck_meeting_statements_official_or_name CHECK (num_nonnulls(official, name) < 2),
    CONSTRAINT ck_meeting_statements_somebody CHECK (num_nonnulls(official, name, organization) > 0),
    CONSTRAINT fk_meeting_statements_meeting_meetings FOREIGN KEY(meeting) REFERENCES meetings (code) ON UPDATE CASCADE,
    CONSTRAINT fk_meeting_statements_official_officials FOREIGN KEY(official) REFERENCES officials (id),
    CONSTRAINT fk_meeting_statements_organization_organizations FOREIGN KEY(organization) REFERENCES organizations (code) ON UPDATE CASCADE
);
CREATE INDEX ix_meeting_statements_meeting_made_on_id ON meeting_statements (meeting, made_on, id);
CREATE INDEX ix_meeting_statements_official ON meeting_statements (official);
CREATE INDEX ix_meeting_statements_organization ON meeting_statements (organization);

CREATE TABLE participants (
    id UUID NOT NULL,
    meeting TEXT NOT NULL,
    official UUID,
    name TEXT,
    organization TEXT,
    office TEXT,
    capacity TEXT DEFAULT 'delegate' NOT NULL,
    represents UUID,
    status TEXT DEFAULT 'expected' NOT NULL,
    late BOOLEAN DEFAULT false NOT NULL,
    arrived_at TIMESTAMP WITH TIME ZONE,
    left_at TIMESTAMP WITH TIME ZONE,
    name_as_printed TEXT,
    note TEXT,
    open_status TEXT GENERATED ALWAYS AS (CASE WHEN status = 'sick' THEN 'excused' ELSE status END) STORED NOT NULL,
    folded TEXT GENERATED ALWAYS AS (fold(VARIADIC ARRAY[name, name_as_printed])) STORED NOT NULL,
    source TEXT,
    verified BOOLEAN NOT NULL,
    "primary" BOOLEAN NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    letter_number TEXT,
    letter_dated_on DATE,
    status_reason TEXT,
    parts JSONB DEFAULT '{"sessions": []}' NOT NULL,
    CONSTRAINT pk_participants PRIMARY KEY (id),
    CONSTRAINT ck_participants_capacity_known CHECK (capacity IN ('delegate', 'speaker', 'committee', 'observer', 'guest')),
    CONSTRAINT ck_participants_left_after_arrived CHECK (left_at >= arrived_at),
    CONSTRAINT ck_participants_letter_dated_on_in_calendar CHECK (letter_dated_on BETWEEN '1900-01-01' AND '2199-12-31'),
    CONSTRAINT ck_participants_letter_number_length CHECK (length(letter_number) BETWEEN 1 AND 300),
    CONSTRAINT ck_participants_name_as_printed_length CHECK (length(name_as_printed) BETWEEN 1 AND 300),
    CONSTRAINT ck_participants_name_length CHECK (length(name) BETWEEN 1 AND 300),
    CONSTRAINT ck_participants_office_known CHECK (office IN ('chair', 'member', 'secretary', 'secretary_general')),
    CONSTRAINT ck_participants_official_or_name CHECK (num_nonnulls(official, name) < 2),
    CONSTRAINT ck_participants_represents_another CHECK (represents <> id),
    CONSTRAINT ck_participants_somebody CHECK (num_nonnulls(official, name, organization) > 0),
    CONSTRAINT ck_participants_status_known CHECK (status IN ('expected', 'present', 'represented', 'excused', 'sick', 'on_duty_elsewhere', 'on_leave', 'absent')),
    CONSTRAINT uq_participants_meeting_id UNIQUE (meeting, id),
    CONSTRAINT fk_participants_meeting_represents_participants FOREIGN KEY(meeting, represents) REFERENCES participants (meeting, id) ON UPDATE CASCADE,
    CONSTRAINT fk_participants_meeting_meetings FOREIGN KEY(meeting) REFERENCES meetings (code) ON UPDATE CASCADE,
    CONSTRAINT fk_participants_official_officials FOREIGN KEY(official) REFERENCES officials (id),
    CONSTRAINT fk_participants_organization_organizations FOREIGN KEY(organization) REFERENCES organizations (code) ON UPDATE CASCADE
);
CREATE INDEX ix_participants_counted ON participants (meeting, organization, office, open_status, late);
CREATE INDEX ix_participants_folded ON participants USING gin (folded gin_trgm_ops);
CREATE INDEX ix_participants_meeting_office_id ON participants (meeting, office, id);
CREATE INDEX ix_participants_meeting_open_status_id ON participants (meeting, open_status, id);
CREATE INDEX ix_participants_meeting_organization_id ON participants (meeting, organization, id);
CREATE INDEX ix_participants_meeting_represents ON participants (meeting, represents);
CREATE INDEX ix_participants_meeting_updated_at_id ON participants (meeting, updated_at, id);
CREATE INDEX ix_participants_official ON participants (official);
CREATE INDEX ix_participants_organization ON participants (organization);
CREATE INDEX ix_participants_present ON participants (organization, meeting) WHERE status = 'present';
CREATE UNIQUE INDEX uq_participants_meeting_official ON participants (meeting, official);

CREATE TABLE participant_sessions (
    meeting TEXT NOT NULL,
    session TEXT NOT NULL,
    participant UUID NOT NULL,
    CONSTRAINT pk_participant_sessions PRIMARY KEY (meeting, session, participant),
    CONSTRAINT fk_participant_sessions_meeting_participant_participants FOREIGN KEY(meeting, participant) REFERENCES participants (meeting, id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT fk_participant_sessions_meeting_session_sessions FOREIGN KEY(meeting, session) REFERENCES sessions (meeting, code) ON UPDATE CASCADE
);
CREATE INDEX ix_participant_sessions_meeting_participant ON participant_sessions (meeting, participant);

CREATE TABLE signing_keys (
    kid TEXT NOT NULL,
    private_key JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    signs_from TIMESTAMP WITH TIME ZONE NOT NULL,
    signs_until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_signing_keys PRIMARY KEY (kid),
    CONSTRAINT ck_signing_keys_ends_after_start CHECK (signs_until > signs_from)
);
CREATE INDEX ix_signing_keys_signs_from ON signing_keys (signs_from);

CREATE TABLE clients (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT[] NOT NULL,
    organization TEXT,
    meeting TEXT,
    jwks JSONB,
    revision INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_clients PRIMARY KEY (id),
    CONSTRAINT ck_clients_name_length CHECK (length(name) BETWEEN 1 AND 300),
    CONSTRAINT fk_clients_meeting_meetings FOREIGN KEY(meeting) REFERENCES meetings (code) ON UPDATE CASCADE,
    CONSTRAINT fk_clients_organization_organizations FOREIGN KEY(organization) REFERENCES organizations (code) ON UPDATE CASCADE
);
CREATE INDEX ix_clients_meeting ON clients (meeting);
CREATE INDEX ix_clients_name_id ON clients (name, id);
CREATE INDEX ix_clients_organization ON clients (organization);
CREATE INDEX ix_clients_updated_at ON clients (updated_at);

CREATE TABLE client_secrets (
    id UUID NOT NULL,
    client UUID NOT NULL,
    slot INTEGER NOT NULL,
    digest BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_client_secrets PRIMARY KEY (id),
    CONSTRAINT ck_client_secrets_digest_length CHECK (length(digest) = 32),
    CONSTRAINT ck_client_secrets_slot_known CHECK (slot IN (1, 2)),
    CONSTRAINT fk_client_secrets_client_clients FOREIGN KEY(client) REFERENCES clients (id) ON DELETE CASCADE
);
CREATE INDEX ix_client_secrets_client ON client_secrets (client);
CREATE INDEX ix_client_secrets_revoked_at ON client_secrets (revoked_at);
CREATE UNIQUE INDEX uq_client_secrets_live_slot ON client_secrets (client, slot) WHERE revoked_at IS NULL;

CREATE TABLE used_assertions (
    client UUID NOT NULL,
    jti TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_used_assertions PRIMARY KEY (client, jti),
    CONSTRAINT ck_used_assertions_jti_length CHECK (length(jti) BETWEEN 1 AND 200),
    CONSTRAINT fk_used_assertions_client_clients FOREIGN KEY(client) REFERENCES clients (id) ON DELETE CASCADE
);
CREATE INDEX ix_used_assertions_expires_at ON used_assertions (expires_at);

CREATE TABLE audit_lines (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    client TEXT,
    scope TEXT,
    operation TEXT NOT NULL,
    keys TEXT[] NOT NULL,
    request_id TEXT,
    purpose TEXT,
    CONSTRAINT pk_audit_lines PRIMARY KEY (id),
    CONSTRAINT ck_audit_lines_purpose_length CHECK (length(purpose) <= 500)
);
CREATE INDEX ix_audit_lines_at_id ON audit_lines (at, id);
CREATE INDEX ix_audit_lines_client_id ON audit_lines (client, id);
CREATE INDEX ix_audit_lines_keys ON audit_lines USING gin (keys);
CREATE INDEX ix_audit_lines_operation_id ON audit_lines (operation, id);
CREATE INDEX ix_audit_lines_xid_id ON audit_lines (xid, id);

CREATE TABLE audit_seals (
    position BIGINT NOT NULL,
    line BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_audit_seals PRIMARY KEY (position),
    CONSTRAINT ck_audit_seals_hash_length CHECK (length(hash) = 32),
    CONSTRAINT ck_audit_seals_position_range CHECK (position > 0),
    CONSTRAINT uq_audit_seals_line UNIQUE (line),
    CONSTRAINT fk_audit_seals_line_audit_lines FOREIGN KEY(line) REFERENCES audit_lines (id)
);

CREATE TABLE audit_roots (
    hour TIMESTAMP WITH TIME ZONE NOT NULL,
    position BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    sealed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_audit_roots PRIMARY KEY (hour),
    CONSTRAINT ck_audit_roots_hash_length CHECK (length(hash) = 32),
    CONSTRAINT uq_audit_roots_position UNIQUE (position),
    CONSTRAINT fk_audit_roots_position_audit_seals FOREIGN KEY(position) REFERENCES audit_seals (position)
);

CREATE TABLE idempotency_keys (
    client TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    status INTEGER NOT NULL,
    headers JSONB NOT NULL,
    body BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (client, key),
    CONSTRAINT ck_idempotency_keys_key_length CHECK (length(key) BETWEEN 1 AND 255),
    CONSTRAINT ck_idempotency_keys_status_range CHECK (status BETWEEN 200 AND 299)
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE revisions (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    resource TEXT NOT NULL,
    key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    action TEXT NOT NULL,
    commit BIGINT NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    client TEXT,
    made_by TEXT,
    request_id TEXT,
    reason TEXT,
    legal_basis TEXT,
    before JSONB,
    after JSONB,
    CONSTRAINT pk_revisions PRIMARY KEY (id),
    CONSTRAINT ck_revisions_action_known CHECK (action IN ('created', 'updated', 'deleted')),
    CONSTRAINT ck_revisions_after_unless_deleted CHECK ((after IS NULL) = (action = 'deleted')),
    CONSTRAINT ck_revisions_before_unless_created CHECK ((before IS NULL) = (action = 'created'))
);
CREATE INDEX ix_revisions_xid_id ON revisions (xid, id);
CREATE UNIQUE INDEX uq_revisions_resource_key_revision ON revisions (resource, key, revision);

CREATE TABLE badges (
    id UUID NOT NULL,
    meeting TEXT NOT NULL,
    participant UUID NOT NULL,
    digest BYTEA NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_badges PRIMARY KEY (id),
    CONSTRAINT ck_badges_digest_length CHECK (length(digest) = 32),
    CONSTRAINT uq_badges_meeting_digest UNIQUE (meeting, digest),
    CONSTRAINT fk_badges_meeting_meetings FOREIGN KEY(meeting) REFERENCES meetings (code) ON UPDATE CASCADE
);
CREATE INDEX ix_badges_participant ON badges (participant);
CREATE INDEX ix_badges_revoked ON badges (meeting, revoked_at) WHERE revoked_at IS NOT NULL;
CREATE UNIQUE INDEX uq_badges_live ON badges (participant) WHERE revoked_at IS NULL;

CREATE TABLE device_clocks (
    meeting TEXT NOT NULL,
    device_id TEXT NOT NULL,
    clock_epoch INTEGER NOT NULL,
    shift BIGINT NOT NULL,
    CONSTRAINT pk_device_clocks PRIMARY KEY (meeting, device_id, clock_epoch),
    CONSTRAINT ck_device_clocks_clock_epoch_not_negative CHECK (clock_epoch >= 0),
    CONSTRAINT ck_device_clocks_device_id_length CHECK (length(device_id) BETWEEN 1 AND 100),
    CONSTRAINT fk_device_clocks_meeting_meetings FOREIGN KEY(meeting) REFERENCES meetings (code) ON UPDATE CASCADE
);

CREATE TABLE clock_readings (
    meeting TEXT NOT NULL,
    device_id TEXT NOT NULL,
    clock_epoch INTEGER NOT NULL,
    shift BIGINT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_clock_readings PRIMARY KEY (meeting, device_id, clock_epoch, shift),
    CONSTRAINT fk_clock_readings_meeting_device_id_clock_epoch_device_clocks FOREIGN KEY(meeting, device_id, clock_epoch) REFERENCES device_clocks (meeting, device_id, clock_epoch) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE scans (
    meeting TEXT NOT NULL,
    id UUID NOT NULL,
    digest BYTEA NOT NULL,
    device_id TEXT NOT NULL,
    clock_epoch INTEGER NOT NULL,
    sequence BIGINT,
    badge UUID,
    badge_text TEXT,
    direction TEXT NOT NULL,
    session TEXT,
    scanned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    after_closing BOOLEAN NOT NULL,
    reported_outcome TEXT NOT NULL,
    client TEXT NOT NULL,
    request_id TEXT,
    annulled_at TIMESTAMP WITH TIME ZONE,
    annulled_by TEXT,
    annulled_for TEXT,
    legal_basis TEXT,
    CONSTRAINT pk_scans PRIMARY KEY (meeting, id, digest),
    CONSTRAINT ck_scans_annulled_for_a_reason CHECK ((annulled_at IS NULL) = (annulled_for IS NULL)),
    CONSTRAINT ck_scans_badge_or_text CHECK ((badge IS NULL) = (badge_text IS NOT NULL)),
    CONSTRAINT ck_scans_direction_known CHECK (direction IN ('in', 'out')),
    CONSTRAINT fk_scans_meeting_device_id_clock_epoch_device_clocks FOREIGN KEY(meeting, device_id, clock_epoch) REFERENCES device_clocks (meeting, device_id, clock_epoch) ON UPDATE CASCADE
);
CREATE INDEX ix_scans_badge ON scans (badge);
CREATE INDEX ix_scans_device_id_clock_epoch_meeting ON scans (device_id, clock_epoch, meeting);
CREATE INDEX ix_scans_meeting_received_at_id ON scans (meeting, received_at, id);

CREATE TABLE attendance (
    meeting TEXT NOT NULL,
    participant UUID NOT NULL,
    organization TEXT,
    office TEXT,
    sessions TEXT[] NOT NULL,
    status TEXT NOT NULL,
    late BOOLEAN NOT NULL,
    arrived_at TIMESTAMP WITH TIME ZONE,
    left_at TIMESTAMP WITH TIME ZONE,
    entry UUID,
    open_status TEXT GENERATED ALWAYS AS (CASE WHEN status = 'sick' THEN 'excused' ELSE status END) STORED NOT NULL,
    CONSTRAINT pk_attendance PRIMARY KEY (meeting, participant),
    CONSTRAINT ck_attendance_status_known CHECK (status IN ('expected', 'present', 'represented', 'excused', 'sick', 'on_duty_elsewhere', 'on_leave', 'absent')),
    CONSTRAINT fk_attendance_meeting_participant_participants FOREIGN KEY(meeting, participant) REFERENCES participants (meeting, id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX ix_attendance_meeting_open_status_participant ON attendance (meeting, open_status, participant);

CREATE TABLE attendance_counts (
    meeting TEXT NOT NULL,
    family TEXT NOT NULL,
    session TEXT NOT NULL,
    organization TEXT NOT NULL,
    office TEXT NOT NULL,
    slot INTEGER NOT NULL,
    invited INTEGER NOT NULL,
    expected INTEGER NOT NULL,
    present INTEGER NOT NULL,
    represented INTEGER NOT NULL,
    excused INTEGER NOT NULL,
    on_duty_elsewhere INTEGER NOT NULL,
    on_leave INTEGER NOT NULL,
    absent INTEGER NOT NULL,
    late INTEGER NOT NULL,
    CONSTRAINT pk_attendance_counts PRIMARY KEY (meeting, family, session, organization, office, slot),
    CONSTRAINT ck_attendance_counts_family_known CHECK (family IN ('all', 'body', 'office', 'session')),
    CONSTRAINT ck_attendance_counts_sums_up CHECK (invited = expected + present + represented + excused + on_duty_elsewhere + on_leave + absent),
    CONSTRAINT fk_attendance_counts_meeting_meetings FOREIGN KEY(meeting) REFERENCES meetings (code) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE roll_corrections (
    id UUID NOT NULL,
    meeting TEXT NOT NULL,
    participant UUID,
    status TEXT,
    scan UUID,
    reason TEXT NOT NULL,
    legal_basis TEXT,
    asked_by TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    confirmed_by TEXT,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    confirmed_for TEXT,
    confirmed_basis TEXT,
    revision INTEGER GENERATED ALWAYS AS (CASE WHEN confirmed_by IS NULL THEN 1 ELSE 2 END) STORED NOT NULL,
    CONSTRAINT pk_roll_corrections PRIMARY KEY (id),
    CONSTRAINT ck_roll_corrections_confirmed_once CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CONSTRAINT ck_roll_corrections_legal_basis_length CHECK (length(legal_basis) BETWEEN 1 AND 5000),
    CONSTRAINT ck_roll_corrections_of_one_thing CHECK (num_nonnulls(participant, scan) = 1),
    CONSTRAINT ck_roll_corrections_reason_length CHECK (length(reason) BETWEEN 1 AND 5000),
    CONSTRAINT ck_roll_corrections_status_known CHECK (status IN ('expected', 'present', 'represented', 'excused', 'sick', 'on_duty_elsewhere', 'on_leave', 'absent')),
    CONSTRAINT ck_roll_corrections_status_of_somebody CHECK ((participant IS NULL) = (status IS NULL)),
    CONSTRAINT ck_roll_corrections_two_clients CHECK (confirmed_by <> asked_by),
    CONSTRAINT fk_roll_corrections_meeting_participant_participants FOREIGN KEY(meeting, participant) REFERENCES participants (meeting, id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT fk_roll_corrections_meeting_meetings FOREIGN KEY(meeting) REFERENCES meetings (code) ON UPDATE CASCADE
);
CREATE INDEX ix_roll_corrections_meeting_id ON roll_corrections (meeting, id);
CREATE INDEX ix_roll_corrections_meeting_participant ON roll_corrections (meeting, participant);

CREATE TABLE roll_digests (
    digest TEXT NOT NULL,
    meeting TEXT NOT NULL,
    lines INTEGER NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_roll_digests PRIMARY KEY (digest),
    CONSTRAINT ck_roll_digests_digest_shape CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT ck_roll_digests_lines_not_negative CHECK (lines >= 0),
    CONSTRAINT fk_roll_digests_meeting_meetings FOREIGN KEY(meeting) REFERENCES meetings (code) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX ix_roll_digests_meeting_made_at ON roll_digests (meeting, made_at);
CREATE SCHEMA history;
CREATE TABLE history.commits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stamp timestamptz);
CREATE TABLE history.clock (single boolean PRIMARY KEY DEFAULT true CHECK (single), stamp timestamptz NOT NULL);
INSERT INTO history.clock (stamp) VALUES (clock_timestamp());

-- The secrets of this installation: 32 bytes each from the server's strong random source, which gen_random_uuid() reads.
-- Page tokens are signed with the first; from the second, the key of each meeting is derived that signs its badges.
INSERT INTO service_keys (purpose, key) VALUES
    ('page_tokens', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
    ('badges', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
