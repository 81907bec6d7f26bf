-- Lists are ordered by code point, so their indexes are too. The tables are small, or are written by few.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_divisions_code ON divisions (code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_divisions_kind_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_divisions_kind_code ON divisions (kind, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_divisions_level_members_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_divisions_level_members_code ON divisions (level, members, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_divisions_members_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_divisions_members_code ON divisions (members, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_divisions_name_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_divisions_name_code ON divisions (name COLLATE "C", code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_divisions_updated_at_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_divisions_updated_at_code ON divisions (updated_at, code COLLATE "C");

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_elections_code ON elections (code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_elections_kind_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_elections_kind_code ON elections (kind, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_elections_name_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_elections_name_code ON elections (name COLLATE "C", code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_elections_updated_at_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_elections_updated_at_code ON elections (updated_at, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_elections_voting;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_elections_voting ON elections (COALESCE(voting_on, 'infinity'::date), code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_officials_name_id;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_officials_name_id ON officials (name COLLATE "C", id);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_regions_code ON regions (code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_regions_name_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_regions_name_code ON regions (name COLLATE "C", code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_regions_parent_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_regions_parent_code ON regions (parent, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_regions_type_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_regions_type_code ON regions (type, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_regions_updated_at_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_regions_updated_at_code ON regions (updated_at, code COLLATE "C");

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_organizations_code ON organizations (code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_organizations_kind_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_organizations_kind_code ON organizations (kind, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_organizations_level_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_organizations_level_code ON organizations (level, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_organizations_name_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_organizations_name_code ON organizations (name COLLATE "C", code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_organizations_parent_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_organizations_parent_code ON organizations (parent, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_organizations_region_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_organizations_region_code ON organizations (region, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_organizations_sector_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_organizations_sector_code ON organizations (sector, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_organizations_updated_at_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_organizations_updated_at_code ON organizations (updated_at, code COLLATE "C");

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_stages_code ON stages (code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_stages_first_day;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_stages_first_day ON stages (COALESCE(start_on, end_on, 'infinity'::date), code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_stages_in_order;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_stages_in_order ON stages (election COLLATE "C", COALESCE(parent, '') COLLATE "C", position, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_stages_kind_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_stages_kind_code ON stages (kind, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_stages_name_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_stages_name_code ON stages (name COLLATE "C", code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_stages_parent_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_stages_parent_code ON stages (parent, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_stages_round_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_stages_round_code ON stages (round, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_stages_updated_at_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_stages_updated_at_code ON stages (updated_at, code COLLATE "C");

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_meetings_code ON meetings (code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_meetings_election_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_meetings_election_code ON meetings (election, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_meetings_host_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_meetings_host_code ON meetings (host, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_meetings_kind_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_meetings_kind_code ON meetings (kind, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_meetings_name_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_meetings_name_code ON meetings (name COLLATE "C", code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_meetings_start_on_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_meetings_start_on_code ON meetings (start_on, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_meetings_updated_at_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_meetings_updated_at_code ON meetings (updated_at, code COLLATE "C");

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_clients_name_id;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_clients_name_id ON clients (name COLLATE "C", id);

-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_sessions_meeting_position_code;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_sessions_meeting_position_code ON sessions (meeting, position, code COLLATE "C");
