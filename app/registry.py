"""Which resources can be brought in by the file: their tables, and what a row of each may hold."""

from collections.abc import Mapping

from app.appointments.payloads import AppointmentPayload
from app.appointments.repository import APPOINTMENT
from app.divisions.payloads import DivisionContent
from app.divisions.repository import DIVISION
from app.elections.payloads import ElectionContent
from app.elections.repository import ELECTION
from app.imports.row_schema import Importable
from app.meetings.payloads import MeetingContent, SessionContent, StatementContent
from app.meetings.repository import MEETING, SESSION, STATEMENT
from app.officials.payloads import OfficialPayload
from app.officials.repository import OFFICIAL
from app.organizations.payloads import OrganizationPayload
from app.organizations.repository import ORGANIZATION
from app.regions.payloads import RegionContent
from app.regions.repository import REGION
from app.stages.payloads import StageContent
from app.stages.repository import STAGE

IMPORTABLE: Mapping[str, Importable] = {
    one.resource.name: one
    for one in (
        Importable(REGION, RegionContent),
        Importable(ORGANIZATION, OrganizationPayload),
        Importable(DIVISION, DivisionContent),
        Importable(OFFICIAL, OfficialPayload),
        Importable(APPOINTMENT, AppointmentPayload),
        Importable(ELECTION, ElectionContent),
        Importable(STAGE, StageContent),
        Importable(MEETING, MeetingContent),
        Importable(SESSION, SessionContent),
        Importable(STATEMENT, StatementContent),
    )
}
