"""Access rules of rolls: who may read the personal data of a roll, and who may write it."""

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
_SELECT_ROLL = Statement(select(_meeting.roll, _meeting.host).where(_meeting.code == bindparam("meeting", type_=Text)))
# Every writer of a roll takes this lock shared; closing the roll takes it exclusively. It is a statement of its own, so
# that the next statement sees what was committed while this one waited.
_LOCK_ROLL_SHARED = "SELECT pg_advisory_xact_lock_shared(roll_lock_key($1))"
_SELECT_IS_CLOSED = "SELECT roll_closed_at IS NOT NULL FROM meetings WHERE code = $1"


class Roll(NamedTuple):
    """The visibility of a meeting's roll (`open` or `restricted`) and the organization that hosts the meeting."""

    visibility: str
    host: str


class AccessRules(NamedTuple):
    """The access rules of a roll.

    `is_restricted`: reading it needs `attendance:read`. `ownership_reader`: the connection that reads which
    organizations the host belongs to.
    """

    is_restricted: bool
    host: str
    ownership_reader: Queryable


async def find_roll(reader: Queryable, meeting: str) -> Roll | None:
    """Return the visibility (`open` or `restricted`) of a meeting's roll and its host; None: no such meeting."""
    row = await reader.fetch_first(_SELECT_ROLL, {"meeting": meeting})
    return Roll(*row) if row else None


async def find_access_rules(reader: Queryable, known_at_reader: Queryable, meeting: str) -> AccessRules | None:
    """Return a roll's access rules: restricted if so at an instant or today, host of today; None: no meeting then.

    A roll is restricted if it was restricted then or is restricted today. The host is today's, because a caller's
    right is a right of today. If the meeting has been deleted since, the host of that time is used.

    `reader` reads the data of today; `known_at_reader` those known at the instant (`reader` itself for today).
    """
    then = await find_roll(known_at_reader, meeting)
    today = await find_roll(reader, meeting) if then and known_at_reader is not reader else then
    if then is None:
        return None
    if today is None:
        return AccessRules(then.visibility == "restricted", then.host, known_at_reader)
    return AccessRules("restricted" in (then.visibility, today.visibility), today.host, reader)


async def can_read(rules: AccessRules, caller: Caller | None, meeting: str) -> bool:
    """Return whether a caller's scope, meeting and organization allow it to read the personal data of a roll.

    An organization has access to the meetings of every organization below it.
    """
    if caller is None or Scope.ATTENDANCE_READ not in caller.scopes:
        return False
    return await _has_access(rules.ownership_reader, caller, meeting, rules.host)


async def _has_access(reader: Queryable, caller: Caller, meeting: str, host: str) -> bool:
    """Return whether the meeting and the organization that a caller is bound to, if any, allow access to a roll."""
    if caller.meeting is not None:
        return caller.meeting == meeting
    return caller.organization is None or await is_within_organization(reader, host, caller.organization)


async def require_access(reader: Queryable, caller: Caller, meeting: str) -> None:
    """Raise NotFound unless the meeting exists and the caller's meeting or organization allow access to its roll.

    Raises:
        NotFound: The meeting does not exist, or the caller is bound to another meeting or organization.
    """
    roll = await find_roll(reader, meeting)
    if roll is None or not await _has_access(reader, caller, meeting, roll.host):
        raise NotFound


async def require_roll_access(transaction: Transaction, caller: Caller, keys: Values) -> None:
    """Raise NotFound unless the caller has access to the roll of the meeting in these keys (see `require_access`)."""
    await require_access(transaction, caller, keys["meeting"])


async def require_roll_open(transaction: Transaction, caller: Caller, keys: Values) -> None:
    """Raise NotFound without access to the roll, RollClosed if it is closed; else lock it against closing.

    Raises:
        NotFound: As in `require_access`.
        RollClosed: The roll has been closed.
    """
    await require_access(transaction, caller, keys["meeting"])
    if await lock_and_check_closed(transaction, keys["meeting"]):
        raise RollClosed


async def lock_and_check_closed(transaction: Transaction, meeting: str) -> bool:
    """Lock a meeting's roll against closing, and return whether it is closed (or the meeting does not exist)."""
    await transaction.fetch(_LOCK_ROLL_SHARED, meeting)
    rows = await transaction.fetch(_SELECT_IS_CLOSED, meeting)
    return not rows or bool(rows[0][0])
