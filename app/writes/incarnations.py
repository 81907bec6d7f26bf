"""Incarnations of objects: an object that is created under the code of a deleted one is another object.

A right that a caller has today over an object holds for the past only as far back as this same object existed.
"""

from datetime import datetime

from sqlalchemy import text

from app.auth import Caller
from app.core.db.database import Queryable
from app.core.db.statements import Statement

# SQL of the instant at which the object that had this key at :known_at was deleted; null: it has not been deleted.
DELETED_AT_SQL = """
SELECT min(commits.stamp) FROM revisions JOIN history.commits ON commits.id = revisions.commit
WHERE revisions.resource = :resource AND revisions.key = :key AND revisions.action = 'deleted'
    AND commits.stamp > :known_at
"""
_SELECT_DELETED_AT = Statement(text(DELETED_AT_SQL))
_COUNT_DELETIONS = Statement(
    text("SELECT count(*) FROM revisions WHERE resource = :resource AND key = :key AND action = 'deleted'")
)


async def find_deletion(reader: Queryable, resource: str, key: str, known_at: datetime) -> datetime | None:
    """Return when the object that had this key at an instant was deleted; None if it has not been deleted since.

    Args:
        reader: Reads the present.
        resource: The name of the object's list, such as `meetings`.
        key: The object's key in `revisions`.
        known_at: The instant.
    """
    row = await reader.fetch_one(_SELECT_DELETED_AT, {"resource": resource, "key": key, "known_at": known_at})
    deleted_at: datetime | None = row[0]
    return deleted_at


async def count_deletions(reader: Queryable, resource: str, key: str) -> int:
    """Return how many objects with this key have been deleted, which numbers the present one, from 0."""
    return int((await reader.fetch_one(_COUNT_DELETIONS, {"resource": resource, "key": key}))[0])


async def is_binding_current(reader: Queryable, caller: Caller) -> bool:
    """Return whether the organization and the meeting that bind a caller are those for which its token was issued.

    A token of an external issuer could otherwise outlive them, and open those that got their codes.
    """
    if caller.issued_at is None:
        return True
    for resource, key in (("organizations", caller.organization), ("meetings", caller.meeting)):
        if key is not None and await find_deletion(reader, resource, key, caller.issued_at) is not None:
            return False
    return True
