"""SQL that changes a closed roll: what a confirmed correction does to it. The caller has locked the roll."""

from datetime import date
from uuid import UUID

from app.core.db.transaction import Transaction

_ALLOW_CHANGES = "SELECT set_config('rakornas.two_clients', 'on', true)"
_SELECT_IS_ANONYMISED = "SELECT anonymised_at IS NOT NULL FROM meetings WHERE code = $1"
_REOPEN_ROLL = "SELECT reopen_roll($1)"
_CORRECT_STATUS = "SELECT correct_status($1, $2, $3, $4, $5)"
_IS_DAY = "SELECT EXISTS (SELECT FROM closed.meeting_days WHERE meeting = $1 AND day = $2)"
_REMOVE_SCAN = "SELECT remove_closed_scan($1, $2)"
_ADD_LATE_UPLOAD = "SELECT add_late_upload($1, $2)"
_SELECT_IS_LATE_UPLOAD = "SELECT EXISTS (SELECT FROM list_late_uploads($1, $2))"


async def allow_changes(transaction: Transaction) -> None:
    """Let this transaction change what needs two clients, because two clients have agreed."""
    await transaction.fetch(_ALLOW_CHANGES)


async def is_day(transaction: Transaction, meeting: str, day: date) -> bool:
    """Return whether a date was a day of the meeting at the closing."""
    return bool((await transaction.fetch(_IS_DAY, meeting, day))[0][0])


async def correct_status(
    transaction: Transaction, meeting: str, participant: UUID, status: str, reason: str, day: date | None
) -> None:
    """Set a participant's manual status of a day or (None) of the meeting, and derive what depends on it."""
    await transaction.fetch(_CORRECT_STATUS, meeting, participant, status, reason, day)


async def remove_scan(transaction: Transaction, meeting: str, scan: UUID) -> None:
    """Remove a scan from the closed roll, and derive what depends on it."""
    await transaction.fetch(_REMOVE_SCAN, meeting, scan)


async def is_late_upload(transaction: Transaction, meeting: str, scan: UUID) -> bool:
    """Return whether a scan came after the closing, would have counted before it, and is not part of the roll yet."""
    return bool((await transaction.fetch(_SELECT_IS_LATE_UPLOAD, meeting, scan))[0][0])


async def add_late_upload(transaction: Transaction, meeting: str, scan: UUID) -> None:
    """Make a late upload part of the closed roll, with its hours."""
    await transaction.fetch(_ADD_LATE_UPLOAD, meeting, scan)


async def is_anonymised(transaction: Transaction, meeting: str) -> bool:
    """Return whether the participants of a meeting have been anonymised."""
    return bool((await transaction.fetch(_SELECT_IS_ANONYMISED, meeting))[0][0])


async def reopen_roll(transaction: Transaction, meeting: str) -> None:
    """Open the closed roll again: delete the copy, and derive all attendance from the present."""
    await transaction.fetch(_REOPEN_ROLL, meeting)
