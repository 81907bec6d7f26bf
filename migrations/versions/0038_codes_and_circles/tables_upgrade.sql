-- A revoked client keeps the codes to which it was bound, as text; only a live one prevents their deletion.
ALTER TABLE clients ADD COLUMN live_organization text;
ALTER TABLE clients ADD COLUMN live_meeting text;
UPDATE clients SET live_organization = organization, live_meeting = meeting WHERE revoked_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_clients_live_organization ON clients (live_organization);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_clients_live_meeting ON clients (live_meeting);
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE clients ADD CONSTRAINT fk_clients_live_meeting_meetings
    FOREIGN KEY (live_meeting) REFERENCES meetings (code) ON UPDATE CASCADE;
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE clients ADD CONSTRAINT fk_clients_live_organization_organizations
    FOREIGN KEY (live_organization) REFERENCES organizations (code) ON UPDATE CASCADE;
-- squawk-ignore ban-drop-constraint
ALTER TABLE clients DROP CONSTRAINT fk_clients_organization_organizations;
-- squawk-ignore ban-drop-constraint
ALTER TABLE clients DROP CONSTRAINT fk_clients_meeting_meetings;

-- An official may take part in several capacities.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX uq_participants_meeting_official_capacity ON participants (meeting, official, capacity);
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX uq_participants_meeting_official;

-- For the ids of participants who are added again after they were deleted.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_revisions_deleted_participants ON revisions ((before ->> 'meeting'::text))
WHERE resource = 'participants' AND action = 'deleted';

-- Badges that nobody scanned and devices without scans are no evidence, and do not prevent the deletion of their meeting.
-- squawk-ignore ban-drop-constraint
ALTER TABLE badges DROP CONSTRAINT fk_badges_meeting_meetings;
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE badges ADD CONSTRAINT fk_badges_meeting_meetings
    FOREIGN KEY (meeting) REFERENCES meetings (code) ON UPDATE CASCADE ON DELETE CASCADE;
-- squawk-ignore ban-drop-constraint
ALTER TABLE devices DROP CONSTRAINT fk_devices_meeting_meetings;
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE devices ADD CONSTRAINT fk_devices_meeting_meetings
    FOREIGN KEY (meeting) REFERENCES meetings (code) ON UPDATE CASCADE ON DELETE CASCADE;
