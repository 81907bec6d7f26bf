"""SQL that changes a closed roll: what a confirmed correction does to it. The caller has locked the roll."""

from uuid import UUID

from app.core.db.transaction import Transaction

_ALLOW_CHANGES = "SELECT set_config('rakornas.two_clients', 'on', true)"
_REOPEN_ROLL = "SELECT reopen_roll($1)"
_COPY_STATUS = "SELECT copy_manual_status($1, $2)"
_REMOVE_SCAN = "SELECT remove_closed_scan($1, $2)"
_ADD_LATE_UPLOAD = "SELECT add_late_upload($1, $2)"
_SELECT_IS_LATE_UPLOAD = "SELECT EXISTS (SELECT FROM list_late_uploads($1, $2))"


async def allow_changes(transaction: Transaction) -> None:
    """Let this transaction change what needs two clients, because two clients have agreed."""
    await transaction.fetch(_ALLOW_CHANGES)


async def copy_manual_status(transaction: Transaction, meeting: str, participant: UUID) -> None:
    """Copy the statuses that were set by hand of a participant to the closed roll, and derive what depends on them."""
    await transaction.fetch(_COPY_STATUS, meeting, participant)


async def remove_scan(transaction: Transaction, meeting: str, scan: UUID) -> None:
    """Remove a scan from the closed roll, and derive what depends on it."""
    await transaction.fetch(_REMOVE_SCAN, meeting, scan)


async def is_late_upload(transaction: Transaction, meeting: str, scan: UUID) -> bool:
    """Return whether a scan came after the closing, would have counted before it, and is not part of the roll yet."""
    return bool((await transaction.fetch(_SELECT_IS_LATE_UPLOAD, meeting, scan))[0][0])


async def add_late_upload(transaction: Transaction, meeting: str, scan: UUID) -> None:
    """Make a late upload part of the closed roll, with its hours."""
    await transaction.fetch(_ADD_LATE_UPLOAD, meeting, scan)


async def reopen_roll(transaction: Transaction, meeting: str) -> None:
    """Open the closed roll again: delete the copy, and derive all attendance from the present."""
    await transaction.fetch(_REOPEN_ROLL, meeting)
