"""All tables, as SQLAlchemy classes.

A rule about one row is a constraint of the class. A rule about several rows is a trigger: the class names the triggers
of its table, and migrations/sql contains their SQL.
"""

from app.models.attendance import Attendance, AttendanceCount, Participant, ParticipantSession
from app.models.audit import AuditLine, AuditRoot, AuditSeal, AuditText
from app.models.check_ins import Badge, ClockReading, Device, DeviceClock, DeviceReset, Scan
from app.models.clients import Client, ClientController, ClientSecret, SigningKey, UsedAssertion
from app.models.divisions import Division
from app.models.elections import Election, Stage
from app.models.idempotency import IdempotencyKey
from app.models.meetings import Meeting, MeetingDay, MeetingStatement, Session, SessionSpeaker, SourceCorrection
from app.models.metadata import Base, Record, SourcedRecord
from app.models.officials import Appointment, Official
from app.models.organizations import Organization
from app.models.regions import Region, RegionCode
from app.models.revisions import Revision
from app.models.rolls import ClosedRoll, ClosedRollLine, RollCorrection, RollDigest, RollSecret
from app.models.schema import SCHEMA_REVISION
from app.models.service_keys import ServiceKey

__all__ = [
    "SCHEMA_REVISION",
    "Appointment",
    "Attendance",
    "AttendanceCount",
    "AuditLine",
    "AuditRoot",
    "AuditSeal",
    "AuditText",
    "Badge",
    "Base",
    "Client",
    "ClientController",
    "ClientSecret",
    "ClockReading",
    "ClosedRoll",
    "ClosedRollLine",
    "Device",
    "DeviceClock",
    "DeviceReset",
    "Division",
    "Election",
    "IdempotencyKey",
    "Meeting",
    "MeetingDay",
    "MeetingStatement",
    "Official",
    "Organization",
    "Participant",
    "ParticipantSession",
    "Record",
    "Region",
    "RegionCode",
    "Revision",
    "RollCorrection",
    "RollDigest",
    "RollSecret",
    "Scan",
    "ServiceKey",
    "Session",
    "SessionSpeaker",
    "SigningKey",
    "SourceCorrection",
    "SourcedRecord",
    "Stage",
    "UsedAssertion",
]
