"""All tables. Every rule that data must obey stands here, as a constraint of the database."""

from app.models.attendance import Participant, ParticipantSession
from app.models.divisions import Division
from app.models.elections import Election, Stage
from app.models.meetings import Correction, Meeting, Session, Speaker, Statement
from app.models.metadata import Base, Fact, Record
from app.models.officials import Appointment, Official
from app.models.organizations import Organization
from app.models.regions import Region, RegionCode
from app.models.service_keys import ServiceKey

# The newest migration: what `/health/ready` asks of a database. Revisions are numbered, so that they compare.
SCHEMA_REVISION = "0009"

__all__ = [
    "Appointment",
    "Base",
    "Correction",
    "Division",
    "Election",
    "Fact",
    "Meeting",
    "Official",
    "Organization",
    "Participant",
    "ParticipantSession",
    "Record",
    "Region",
    "RegionCode",
    "ServiceKey",
    "Session",
    "Speaker",
    "Stage",
    "Statement",
]
