"""The allowed values of columns: Literal types for schemas and for check constraints."""

from typing import Literal, get_args

RegionType = Literal["province", "regency", "city"]
OrganizationKind = Literal["commission", "agency"]
Level = Literal["national", "province", "regency"]
Sector = Literal[
    "election_body",
    "government",
    "court",
    "legislature",
    "executive",
    "security",
    "law_enforcement",
    "audit",
    "local_government",
]
DivisionKind = Literal["division", "secretariat_unit"]
Office = Literal["chair", "member", "secretary", "secretary_general"]
Standing = Literal["definitive", "acting", "interim_replacement"]
OFFICES: tuple[Office, ...] = get_args(Office)
"""All offices, in the order of a roster."""

ElectionKind = Literal["general", "regional_head"]
StageKind = Literal["stage", "substage", "activity", "support"]
StageStatus = Literal["finished", "upcoming", "running", "undated"]

MeetingKind = Literal["national_coordination", "coordination", "plenary", "training", "induction", "other"]
MeetingStatus = Literal["planned", "running", "finished", "cancelled"]
SessionKind = Literal["opening", "direction", "panel", "discussion", "class", "plenary", "closing"]
RollAccess = Literal["open", "restricted"]
StatementForm = Literal["spoken", "written"]

Capacity = Literal["delegate", "speaker", "committee", "observer", "guest"]
AttendanceStatus = Literal[
    "expected", "present", "represented", "excused", "sick", "on_duty_elsewhere", "on_leave", "absent"
]
CorrectionKind = Literal["status", "scan", "late_upload", "reopen", "dates", "retention"]
ScanDirection = Literal["in", "out"]
ScanOutcome = Literal[
    "first_entry",
    "re_entry",
    "another_day",
    "already_entered",
    "exit",
    "badge_revoked",
    "badge_unknown",
    "not_invited",
    "outside_meeting",
    "session_unknown",
    "clock_implausible",
    "late_upload",
    "meeting_closed",
]

RevisionAction = Literal["created", "updated", "deleted"]
