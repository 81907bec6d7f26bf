"""SQL of office holders: who holds which office of which organization on the first day of a meeting."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.core.db.transaction import Transaction
from app.models.vocabulary import Office

# A person with several offices has a row for each.
_SELECT_APPOINTMENTS = """
SELECT appointment.official::text, appointment.organization, appointment.office,
    coalesce(meeting.start_on <@ appointment.certain, false),
    EXISTS (SELECT FROM participants WHERE participants.meeting = $1 AND participants.official = appointment.official)
FROM meetings AS meeting
JOIN appointments AS appointment ON meeting.start_on <@ appointment.possible
JOIN officials AS person ON person.id = appointment.official
WHERE meeting.code = $1 AND appointment.organization = ANY ($2) AND appointment.office = ANY ($3)
ORDER BY array_position($2, appointment.organization), office_rank(appointment.office), fold(person.name) COLLATE "C",
    appointment.id
"""
_SELECT_BODIES = """
SELECT code, name, kind, level, seats FROM organizations WHERE code = ANY ($1) ORDER BY array_position($1, code)
"""
_SELECT_UNNAMED = """
SELECT id, organization, office, capacity FROM participants
WHERE meeting = $1 AND organization = ANY ($2) AND office IS NOT NULL AND official IS NULL AND name IS NULL ORDER BY id
"""
_UPDATE_UNNAMED = """
UPDATE participants SET official = named.official
FROM jsonb_to_recordset($2::text::jsonb) AS named (id uuid, official uuid)
WHERE participants.meeting = $1 AND participants.id = named.id
"""


class OfficeHolder(NamedTuple):
    """A person who holds an office on a meeting's first day; `is_listed`: the person is a participant already."""

    official: str
    organization: str
    office: Office
    is_certain: bool
    is_listed: bool


class Body(NamedTuple):
    """An organization; `seats`: the size of a commission, None if no source states it."""

    code: str
    name: str
    kind: str
    level: str | None
    seats: int | None


class UnnamedParticipant(NamedTuple):
    """A participant that stands for an office whose holder was not known."""

    id: UUID
    organization: str
    office: Office
    capacity: str


async def list_appointments(
    transaction: Transaction, meeting: str, organizations: Sequence[str], offices: Sequence[Office]
) -> list[OfficeHolder]:
    """List who certainly or possibly holds these offices in these organizations on the meeting's first day.

    In the order of the organizations, then in that of a roster. A person with several offices is listed several times.
    """
    rows = await transaction.fetch(_SELECT_APPOINTMENTS, meeting, list(organizations), list(offices))
    return [OfficeHolder(*row) for row in rows]


async def list_bodies(transaction: Transaction, organizations: Sequence[str]) -> list[Body]:
    """List the organizations with these codes that exist, in the order of the codes."""
    return [Body(*row) for row in await transaction.fetch(_SELECT_BODIES, list(organizations))]


async def list_unnamed_participants(
    transaction: Transaction, meeting: str, organizations: Sequence[str]
) -> list[UnnamedParticipant]:
    """List the participants who stand for an office of these organizations without a name."""
    rows = await transaction.fetch(_SELECT_UNNAMED, meeting, list(organizations))
    return [UnnamedParticipant(*row) for row in rows]


async def name_participants(transaction: Transaction, meeting: str, officials: Mapping[UUID, str]) -> None:
    """Set the officials (ids, by participant id) of participants who stood for an office without a name."""
    rows: list[dict[str, Any]] = [{"id": str(id_), "official": official} for id_, official in officials.items()]
    await transaction.fetch(_UPDATE_UNNAMED, meeting, orjson.dumps(rows).decode())
