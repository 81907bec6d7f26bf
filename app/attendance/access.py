"""Who may read a roll with what is personal in it."""

from typing import NamedTuple

from app.attendance.repository import roll_of
from app.auth import Caller, Scope
from app.core.database import Reading
from app.writing.ownership import is_below


class Rules(NamedTuple):
    """Whether a roll is closed to anyone without the scope, and whose it is by which record."""

    closed: bool
    host: str
    record: Reading


async def rules_of(read: Reading, then: Reading, meeting: str) -> Rules | None:
    """The rules for what stood on a roll `then`; None where there was no such meeting.

    Closed is what was closed then, and what is closed today. Whose it is, today's record says, for the caller's right
    is of today; of a meeting that is deleted since, only the record of then knows.
    """
    was = await roll_of(then, meeting)
    today = await roll_of(read, meeting) if was and then is not read else was
    if was is None:
        return None
    if today is None:
        return Rules(was.roll == "restricted", was.host, then)
    return Rules("restricted" in (was.roll, today.roll), today.host, read)


async def may_read(rules: Rules, caller: Caller | None, meeting: str) -> bool:
    """Whether the caller has the scope, and is bound neither to another meeting nor to an organization elsewhere."""
    if caller is None or Scope.ATTENDANCE_READ not in caller.scopes:
        return False
    if caller.meeting is not None:
        return caller.meeting == meeting
    return caller.organization is None or await is_below(rules.record, rules.host, caller.organization)
