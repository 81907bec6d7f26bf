"""Who may read a roll with what is personal in it."""

from app.attendance.repository import Roll
from app.auth import Caller, Scope
from app.core.database import Reading
from app.writing.ownership import is_below


async def may_read(read: Reading, caller: Caller | None, meeting: str, roll: Roll) -> bool:
    """Whether the caller has the scope, and is bound neither to another meeting nor to an organization elsewhere."""
    if caller is None or Scope.ATTENDANCE_READ not in caller.scopes:
        return False
    if caller.meeting is not None:
        return caller.meeting == meeting
    return caller.organization is None or await is_below(read, roll.host, caller.organization)
