"""SQL that moves a meeting with its sessions."""

from typing import NamedTuple

from app.core.db.transaction import Transaction

# Devices that store scans hold this lock shared; the triggers of changed sessions take it, too.
_LOCK_ROLL = "SELECT pg_advisory_xact_lock(roll_lock_key($1))"
_SELECT_STATE = """
SELECT roll_closed_at IS NOT NULL, EXISTS (SELECT FROM scans WHERE scans.meeting = meetings.code),
    EXISTS (SELECT FROM participants WHERE participants.meeting = meetings.code AND day_statuses <> '{}'),
    start_on + $2::int BETWEEN '1900-01-01' AND '2199-12-31' AND end_on + $2::int BETWEEN '1900-01-01' AND '2199-12-31'
FROM meetings WHERE code = $1
"""
# The sessions are within the days of their meeting again when all have moved.
_DEFER_SESSIONS_WITHIN_MEETING = "SET CONSTRAINTS sessions_within_meeting DEFERRED"
_CHECK_SESSIONS_WITHIN_MEETING = "SET CONSTRAINTS sessions_within_meeting IMMEDIATE"
_MOVE_MEETING = "UPDATE meetings SET start_on = start_on + $2::int, end_on = end_on + $2::int WHERE code = $1"
# In local time, so that a session begins at the same hour also after a change of the zone's offset.
_MOVE_SESSIONS = """
UPDATE sessions SET
    starts_at = (starts_at AT TIME ZONE time_zone + $2::int * interval '1 day') AT TIME ZONE time_zone,
    ends_at = (ends_at AT TIME ZONE time_zone + $2::int * interval '1 day') AT TIME ZONE time_zone
FROM meetings WHERE meetings.code = $1 AND sessions.meeting = $1 AND num_nonnulls(starts_at, ends_at) > 0
RETURNING sessions.code
"""


class MoveState(NamedTuple):
    """The facts on which it depends if a meeting may be moved."""

    is_closed: bool
    has_scans: bool
    has_day_statuses: bool
    stays_in_calendar: bool


async def lock_roll(transaction: Transaction, meeting: str) -> None:
    """Lock a meeting's roll until the transaction ends, so that no device stores scans meanwhile."""
    await transaction.fetch(_LOCK_ROLL, meeting)


async def get_move_state(transaction: Transaction, meeting: str, days: int) -> MoveState:
    """Return the facts on which it depends if a meeting, which must exist, may be moved by a number of days."""
    [row] = await transaction.fetch(_SELECT_STATE, meeting, days)
    return MoveState(*row)


async def move_meeting(transaction: Transaction, meeting: str, days: int) -> list[str]:
    """Move a meeting and its sessions by days, at the same local times; return the codes of the moved sessions."""
    await transaction.fetch(_DEFER_SESSIONS_WITHIN_MEETING)
    await transaction.fetch(_MOVE_MEETING, meeting, days)
    moved = await transaction.fetch(_MOVE_SESSIONS, meeting, days)
    await transaction.fetch(_CHECK_SESSIONS_WITHIN_MEETING)
    return sorted(code for (code,) in moved)
