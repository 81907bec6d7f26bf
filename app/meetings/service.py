"""Move a meeting with its timetable."""

from app.core.db.transaction import Transaction
from app.core.http import conditional
from app.core.languages import Text
from app.core.problems import Conflict, ErrorDetail, HasScans, InvalidContent, NotFound, RollClosed
from app.meetings import payloads, timetable_repository
from app.meetings.repository import MEETING
from app.writes import changes, ownership
from app.writes.idempotency import StoredResponse
from app.writes.request import WriteRequest, WriteResult

SCANNED = Text(
    "Badge sudah dipindai pada rapat ini, sehingga rapat tidak dapat dipindahkan.",
    "Badges have been scanned at this meeting, so it cannot be moved.",
)
DAY_STATUSES = Text(
    "Status peserta sudah dicatat untuk hari tertentu. Kembalikan ke expected sebelum rapat dipindahkan.",
    "Statuses of participants have been set for single days. Set them to `expected` before the meeting is moved.",
)
OUTSIDE_CALENDAR = Text(
    "Hari rapat harus antara tahun 1900 dan 2199.", "The days of the meeting must be in the years 1900 to 2199."
)


async def move_meeting(
    transaction: Transaction, write_request: WriteRequest, meeting: str, payload: payloads.MovePayload
) -> WriteResult:
    """Move a meeting and its sessions by days, one revision each, and build the response 200 with the meeting.

    Raises:
        NotFound: The meeting does not exist.
        OutsideOrganization: The caller may not write it.
        PreconditionFailed: If-Match names another revision.
        RollClosed: Its roll has been closed.
        HasScans: Badges have been scanned at it.
        Conflict: A status has been set for one of its days.
        InvalidContent: It would leave the calendar.
    """
    keys = {"code": meeting}
    # The right is checked before the lock, for which devices would have to wait.
    if MEETING.owner_query is not None and not await transaction.fetch_all(MEETING.owner_query, keys):
        raise NotFound
    await ownership.ensure_object_inside(transaction, write_request.caller, MEETING, keys)
    await timetable_repository.lock_roll(transaction, meeting)
    await changes.lock_object(transaction, write_request, MEETING, keys)
    state = await timetable_repository.get_move_state(transaction, meeting, payload.days)
    if state.is_closed:
        raise RollClosed
    if state.has_scans:
        raise HasScans(detail=SCANNED)
    if state.has_day_statuses:
        raise Conflict(detail=DAY_STATUSES)
    if not state.stays_in_calendar:
        raise InvalidContent(ErrorDetail("outside_calendar", OUTSIDE_CALENDAR, pointer="/days"))
    sessions = await timetable_repository.move_meeting(transaction, meeting, payload.days)
    item = await changes.get_document(transaction, write_request, MEETING, keys)
    headers = {"ETag": conditional.entity_tag(item.body, item.revision)}
    moved = [f"meetings/{meeting}", *(f"sessions/{meeting}/{code}" for code in sessions)]
    return WriteResult(StoredResponse(200, headers, item.body), moved)
