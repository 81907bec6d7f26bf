"""The resources that a file import accepts, each with the schema of its rows."""

from collections.abc import Mapping

from app.appointments.payloads import AppointmentPayload
from app.appointments.repository import APPOINTMENT
from app.divisions.payloads import DivisionPayload
from app.divisions.repository import DIVISION
from app.elections.payloads import ElectionPayload
from app.elections.repository import ELECTION
from app.imports.row_schema import Importable
from app.meetings.payloads import MeetingPayload, SessionPayload, StatementPayload
from app.meetings.repository import MEETING, SESSION, STATEMENT
from app.officials.payloads import OfficialPayload
from app.officials.repository import OFFICIAL
from app.organizations.payloads import OrganizationPayload
from app.organizations.repository import ORGANIZATION
from app.participants.payloads import ParticipantRow
from app.participants.repository import PARTICIPANT
from app.participants.row_resolution import resolve_rows
from app.regions.payloads import RegionPayload
from app.regions.repository import REGION
from app.stages.payloads import StagePayload
from app.stages.repository import STAGE

IMPORTABLE: Mapping[str, Importable] = {
    importable.resource.name: importable
    for importable in (
        Importable(REGION, RegionPayload),
        Importable(ORGANIZATION, OrganizationPayload),
        Importable(DIVISION, DivisionPayload),
        Importable(OFFICIAL, OfficialPayload),
        Importable(APPOINTMENT, AppointmentPayload),
        Importable(ELECTION, ElectionPayload),
        Importable(STAGE, StagePayload),
        Importable(MEETING, MeetingPayload),
        Importable(SESSION, SessionPayload),
        Importable(STATEMENT, StatementPayload),
        Importable(PARTICIPANT, ParticipantRow, resolve_rows),
    )
}
