"""SQL of participants."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    null,
    select,
)

from app import models, references
from app.core.collection import ActiveFilters
from app.core.db.documents import DayExpression, Document, DocumentSelect, json_array, json_object
from app.core.db.provenance import sourced_record_columns
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction
from app.participants import payloads, schemas
from app.roll_access import collection
from app.roll_access.access import require_roll_access, require_roll_open
from app.writes.resource import Parts, Resource, Values

_participant, _assignment, _meeting = models.Participant, models.ParticipantSession, models.Meeting
_MEETING = bindparam("meeting", type_=Text)


def _representation_chain_expression() -> ColumnElement[Any]:
    """Return the SQL of the JSON array of those whom a participant represents, directly or through another."""
    step = func.representation_chain(_participant.id).table_valued(
        column("id", Uuid), column("name", Text), column("step", Integer), name="in_turn"
    )
    return json_array(json_object(id=step.c.id, name=step.c.name), step.c.step, where=literal_column("true"))


def select_participant(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a participant document, one column per JSON member; it does not depend on the day."""
    letter = json_object(number=_participant.letter_number, dated_on=_participant.letter_dated_on)
    has_letter = func.num_nonnulls(_participant.letter_number, _participant.letter_dated_on) > 0
    return select(
        _participant.id,
        references.official_reference(_participant.official).label("official"),
        _participant.name,
        references.organization_reference(_participant.organization).label("organization"),
        _participant.office,
        _participant.capacity,
        references.participant_reference(_participant.represents).label("represents"),
        _representation_chain_expression().label("representation_chain"),
        case((has_letter, letter), else_=null()).label("assignment_letter"),
        _participant.parts["sessions"].label("sessions"),
        _participant.name_as_printed,
        _participant.note,
        *sourced_record_columns(_participant),
    )


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of a list of participants: the meeting, and each filter that the request uses."""
    yield from collection.filter_conditions(filters, "organization", "office", "capacity")


PARTICIPANTS = collection.build_collection(Document(schemas.Participant, select_participant), _filter_conditions)


def _to_columns(members: Values) -> Values:
    """Convert a participant's JSON members to columns: the letter to two columns, each session code to a row."""
    columns = dict(members)
    if "assignment_letter" in columns:
        letter = columns.pop("assignment_letter")
        letter = letter if isinstance(letter, Mapping) or letter is None else dict(letter)
        columns["letter_number"] = letter["number"] if letter else None
        columns["letter_dated_on"] = letter["dated_on"] if letter else None
    if "sessions" in columns:
        columns["sessions"] = [{"session": code} for code in columns["sessions"]]
    return columns


def _to_members(columns: Values) -> Values:
    """Add the member `assignment_letter` to a participant's columns, built from two of them; None if both are empty."""
    number, dated_on = columns.get("letter_number"), columns.get("letter_dated_on")
    letter = {"number": number, "dated_on": dated_on} if number or dated_on else None
    return {**columns, "assignment_letter": letter}


PARTICIPANT = Resource(
    "participants",
    _participant,
    PARTICIPANTS,
    address="/v1/meetings/{meeting}/participants/{id}",
    payload_model=payloads.ParticipantPayload,
    key_columns=("meeting", "id"),
    generated_columns=("folded", "open_status"),
    parts=[
        Parts(
            "sessions",
            models.ParticipantSession,
            foreign_key={"meeting": "meeting", "participant": "id"},
            ordered=False,
            keys_only=True,
        )
    ],
    to_columns=_to_columns,
    to_members=_to_members,
    owner_query=Statement(select(_meeting.host).where(_meeting.code == bindparam("meeting", type_=Text))),
    ensure_writable=require_roll_open,
    ensure_visible=require_roll_access,
    is_personal=True,
)

_INSERT_PARTICIPANTS = """
INSERT INTO participants ({names}) SELECT {names}
FROM jsonb_populate_recordset(NULL::participants, $1::text::jsonb) AS new ORDER BY new.organization COLLATE "C", new.id
"""
_INSERT_ASSIGNMENTS = """
INSERT INTO participant_sessions (meeting, session, participant)
SELECT new.meeting, new.session, new.participant
FROM jsonb_to_recordset($1::text::jsonb) AS new (meeting text, session text, participant uuid)
ORDER BY new.participant, new.session COLLATE "C"
"""
_SELECT_REGISTERED = Statement(
    select(
        _participant.id,
        cast(
            json_object(
                id=_participant.id,
                official=references.official_reference(_participant.official),
                name=_participant.name,
                organization=references.organization_reference(_participant.organization),
                office=_participant.office,
            ),
            Text,
        ),
    ).where(_participant.meeting == _MEETING, _participant.id == func.any(bindparam("ids")))
)
# The lock lets check-ins of the participant wait until this transaction ends.
_LOCK_ATTENDANCE = "SELECT lock_attendance($1, ARRAY[$2::uuid])"
_SELECT_HAS_SCANS = """
SELECT EXISTS (
    SELECT FROM badges JOIN scans ON scans.badge = badges.id
    WHERE badges.meeting = $1 AND badges.participant = $2 AND scans.annulled_at IS NULL
)
"""
_LOCK_REPRESENTATIONS = "SELECT pg_advisory_xact_lock(representation_lock_key($1))"


async def insert_participants(
    transaction: Transaction, rows: Sequence[Mapping[str, Any]], assignments: Sequence[Mapping[str, Any]]
) -> None:
    """Insert participants (one or more) and their assignments to sessions; triggers derive the attendance.

    Executes two statements. Rows are inserted in the order of organization and id, so that two batches cannot deadlock.
    """
    columns = ", ".join(f'"{name}"' for name in rows[0])
    await transaction.fetch(_INSERT_PARTICIPANTS.format(names=columns), orjson.dumps(rows).decode())
    if assignments:
        await transaction.fetch(_INSERT_ASSIGNMENTS, orjson.dumps(assignments).decode())


async def get_registered_participants(transaction: Transaction, meeting: str, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Return the documents (`schemas.RegisteredParticipant`) of the participants with these ids, by id."""
    return {
        participant_id: orjson.loads(document)
        for participant_id, document in await transaction.fetch_all(
            _SELECT_REGISTERED, {"meeting": meeting, "ids": ids}
        )
    }


async def has_scans(transaction: Transaction, meeting: str, participant: UUID) -> bool:
    """Lock a participant's attendance against check-ins, and return whether scans count for this participant."""
    await transaction.fetch(_LOCK_ATTENDANCE, meeting, participant)
    return bool((await transaction.fetch(_SELECT_HAS_SCANS, meeting, participant))[0][0])


async def lock_representations(transaction: Transaction, meeting: str) -> None:
    """Lock who represents whom at a meeting until the transaction ends, before the locks of the other triggers."""
    await transaction.fetch(_LOCK_REPRESENTATIONS, meeting)
