"""Who may read a roll with what is personal in it, and who may write of it."""

from typing import NamedTuple

from sqlalchemy import Text, bindparam, select

from app import models
from app.auth import Caller, Scope
from app.core.db.database import Queryable
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction
from app.core.problems import NotFound, RollClosed
from app.writes.ownership import is_within_organization
from app.writes.resource import Values

_meeting = models.Meeting
_ROLL = Statement(select(_meeting.roll, _meeting.host).where(_meeting.code == bindparam("meeting", type_=Text)))
# Shared by all that write a roll; closing it takes the lock alone. In a statement of its own, so that the next one sees
# what was committed while this one waited.
_WAIT = "SELECT pg_advisory_xact_lock_shared(roll_lock_key($1))"
_OPEN = "SELECT roll_closed_at IS NULL FROM meetings WHERE code = $1"


class Roll(NamedTuple):
    """Whether a meeting's roll is open or restricted, and whose meeting it is."""

    roll: str
    host: str


class Rules(NamedTuple):
    """Whether a roll is closed to anyone without the scope, and whose it is by which record."""

    closed: bool
    host: str
    record: Queryable


async def roll_of(read: Queryable, meeting: str) -> Roll | None:
    """None where there is no such meeting."""
    row = await read.fetch_first(_ROLL, {"meeting": meeting})
    return Roll(*row) if row else None


async def rules_of(read: Queryable, then: Queryable, meeting: str) -> Rules | None:
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
    return await _reaches(rules.record, caller, meeting, rules.host)


async def _reaches(read: Queryable, caller: Caller, meeting: str, host: str) -> bool:
    if caller.meeting is not None:
        return caller.meeting == meeting
    return caller.organization is None or await is_within_organization(read, host, caller.organization)


async def must_reach(read: Queryable, caller: Caller, meeting: str) -> None:
    """NotFound where there is no such meeting, or the caller is bound to another one or to a body elsewhere."""
    roll = await roll_of(read, meeting)
    if roll is None or not await _reaches(read, caller, meeting, roll.host):
        raise NotFound


async def must_be_open(write: Transaction, caller: Caller, keys: Values) -> None:
    """Before anything of a list is written: NotFound as of `must_reach`, RollClosed where its roll is closed.

    Until the transaction ends nobody closes it.
    """
    await must_reach(write, caller, keys["meeting"])
    if not await is_open(write, keys["meeting"]):
        raise RollClosed


async def is_open(write: Transaction, meeting: str) -> bool:
    """Whether a roll is not closed, and nobody closes it before the transaction ends."""
    await write.fetch(_WAIT, meeting)
    found = await write.fetch(_OPEN, meeting)
    return bool(found and found[0][0])
