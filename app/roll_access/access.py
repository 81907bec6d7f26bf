"""Access rules of rolls: who may read the personal data of a roll, and who may write it."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Text, bindparam, select, text

from app import models
from app.auth import Caller, Scope
from app.core.db.database import Queryable, Reader
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction
from app.core.problems import NotFound, RollClosed
from app.writes import incarnations
from app.writes.ownership import is_within_organization
from app.writes.resource import Values

_meeting = models.Meeting
_SELECT_ROLL = Statement(select(_meeting.roll, _meeting.host).where(_meeting.code == bindparam("meeting", type_=Text)))
# One statement, so that no other meeting can take the code between the two questions.
_SELECT_DELETED_AT_AND_ROLL = Statement(
    text(f"""
    SELECT ({incarnations.DELETED_AT_SQL}), meeting.roll, meeting.host
    FROM (SELECT 1) AS one LEFT JOIN meetings AS meeting ON meeting.code = :key
    """)  # noqa: S608  (a constant of this project)
)
# Every writer of a roll takes this lock shared; closing the roll takes it exclusively. It is a statement of its own, so
# that the next statement sees what was committed while this one waited.
_LOCK_ROLL_SHARED = "SELECT pg_advisory_xact_lock_shared(roll_lock_key($1))"
_SELECT_IS_CLOSED = "SELECT roll_closed_at IS NOT NULL FROM meetings WHERE code = $1"


class Roll(NamedTuple):
    """The visibility of a meeting's roll (`open` or `restricted`) and the organization that hosts the meeting."""

    visibility: str
    host: str


class AccessRules(NamedTuple):
    """The access rules of a roll at an instant.

    `is_restricted`: reading it needs `attendance:read`. `host`: the organization that hosts the meeting.
    """

    is_restricted: bool
    host: str
    reader: Reader
    """Reads the present."""
    last_reader: Reader
    """Reads the meeting as it is today or, if it was deleted after the instant, as it last was."""
    deleted_at: datetime | None
    """The instant at which the meeting was deleted. One that has its code today is another meeting."""


async def find_roll(reader: Queryable, meeting: str) -> Roll | None:
    """Return the visibility (`open` or `restricted`) of a meeting's roll and its host; None: no such meeting."""
    row = await reader.fetch_first(_SELECT_ROLL, {"meeting": meeting})
    return Roll(*row) if row else None


async def find_access_rules(reader: Reader, known_at_reader: Reader, meeting: str) -> AccessRules | None:
    """Return the access rules of a roll as it was known at an instant; None: there was no such meeting then.

    The roll is restricted if it was then, or is today. The host is today's, because a caller's right is a right of
    today. If the meeting has been deleted since, its last state is used instead of today's: a meeting that was
    created later under the same code gives nobody a right.

    `reader` reads the data of today; `known_at_reader` those known at the instant (`reader` itself for today).
    """
    then = await find_roll(known_at_reader, meeting)
    if then is None or known_at_reader.instant is None:
        return AccessRules(then.visibility == "restricted", then.host, reader, reader, None) if then else None
    parameters = {"resource": "meetings", "key": meeting, "known_at": known_at_reader.instant}
    deleted_at, *last_values = await reader.fetch_one(_SELECT_DELETED_AT_AND_ROLL, parameters)
    last_reader = reader
    last: Roll | None = Roll(*last_values)
    if deleted_at is not None:
        last_reader = reader.before_commit(deleted_at)
        last = await find_roll(last_reader, meeting)
    if last is None or last.host is None:
        return None
    return AccessRules("restricted" in (then.visibility, last.visibility), last.host, reader, last_reader, deleted_at)


async def can_read(rules: AccessRules, caller: Caller | None, meeting: str) -> bool:
    """Return whether a caller's scope, meeting and organization allow it to read the personal data of a roll.

    An organization has access to the meetings of every organization below it. If the meeting has been deleted, that
    holds for the organization that had its code then; a client that is bound to a meeting has no access.
    """
    if caller is None or Scope.ATTENDANCE_READ not in caller.scopes:
        return False
    if rules.deleted_at is not None and not await _has_right_before(rules.reader, caller, rules.deleted_at):
        return False
    return await _has_access(rules.last_reader, caller, meeting, rules.host)


async def _has_right_before(reader: Reader, caller: Caller, deleted_at: datetime) -> bool:
    """Return whether a caller's binding, if any, may give it a right over a meeting that was deleted at an instant.

    Not if it is bound to a meeting, or if the organization with the code that binds it was deleted since.
    """
    if caller.meeting is not None or caller.organization is None:
        return caller.meeting is None
    return await incarnations.find_deletion(reader, "organizations", caller.organization, deleted_at) is None


async def _has_access(reader: Queryable, caller: Caller, meeting: str, host: str) -> bool:
    """Return whether the meeting and the organization that a caller is bound to, if any, allow access to a roll."""
    if caller.meeting not in (None, meeting) or not await incarnations.is_binding_current(reader, caller):
        return False
    if caller.meeting is not None or caller.organization is None:
        return True
    return await is_within_organization(reader, host, caller.organization)


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
