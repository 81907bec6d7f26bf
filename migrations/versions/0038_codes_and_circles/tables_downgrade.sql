ALTER TABLE devices DROP CONSTRAINT fk_devices_meeting_meetings;
ALTER TABLE devices ADD CONSTRAINT fk_devices_meeting_meetings
    FOREIGN KEY (meeting) REFERENCES meetings (code) ON UPDATE CASCADE;
ALTER TABLE badges DROP CONSTRAINT fk_badges_meeting_meetings;
ALTER TABLE badges ADD CONSTRAINT fk_badges_meeting_meetings
    FOREIGN KEY (meeting) REFERENCES meetings (code) ON UPDATE CASCADE;
DROP INDEX ix_revisions_deleted_participants;
-- Of an official in several capacities the entry with the least id stays; the others get the name as text.
UPDATE participants SET official = NULL, name = (SELECT name FROM officials WHERE officials.id = participants.official)
WHERE EXISTS (
    SELECT FROM participants AS first
    WHERE first.meeting = participants.meeting AND first.official = participants.official AND first.id < participants.id
);
CREATE UNIQUE INDEX uq_participants_meeting_official ON participants (meeting, official);
DROP INDEX uq_participants_meeting_official_capacity;
-- Foreign keys cannot say that the object of a revoked client was deleted.
UPDATE clients SET organization = NULL
WHERE revoked_at IS NOT NULL AND organization NOT IN (SELECT code FROM organizations);
UPDATE clients SET meeting = NULL WHERE revoked_at IS NOT NULL AND meeting NOT IN (SELECT code FROM meetings);
ALTER TABLE clients ADD CONSTRAINT fk_clients_organization_organizations
    FOREIGN KEY (organization) REFERENCES organizations (code) ON UPDATE CASCADE;
ALTER TABLE clients ADD CONSTRAINT fk_clients_meeting_meetings
    FOREIGN KEY (meeting) REFERENCES meetings (code) ON UPDATE CASCADE;
ALTER TABLE clients DROP COLUMN live_organization;
ALTER TABLE clients DROP COLUMN live_meeting;
