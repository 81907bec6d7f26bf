"""Who may write where: a client that is bound to an organization writes there and below, and nowhere else."""

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from app import models
from app.auth import Caller
from app.core.database import Reading
from app.core.problems import OutsideOrganization
from app.core.statements import Statement
from app.core.transaction import Writer
from app.writing.resource import Resource, Values


def _below() -> Statement:
    """Whether the organization `bound_to` is `code` itself or stands above it."""
    first, above = aliased(models.Organization), aliased(models.Organization)
    path = select(first.code, first.parent).where(first.code == bindparam("code")).cte("path", recursive=True)
    path = path.union(select(above.code, above.parent).join(path, above.code == path.c.parent))
    return Statement(select(func.count()).select_from(path).where(path.c.code == bindparam("bound_to")))


_BELOW = _below()


_FIRST_WRITER = (
    "SELECT client FROM revisions WHERE resource = $1 AND key = $2 AND action = 'created'"
    " ORDER BY revision DESC LIMIT 1"
)


async def check(write: Writer, caller: Caller, resource: Resource, keys: Values, *, is_new: bool = False) -> None:
    """Raise OutsideOrganization unless the caller may write this object as it stands in the transaction.

    What is nobody's yet, as a person without an appointment, is its own only if the caller has created it.
    """
    if caller.meeting is not None:  # a gate: it writes scans alone
        raise OutsideOrganization
    if caller.organization is None:
        return
    if resource.owned_by is None:
        raise OutsideOrganization
    owners = await write.rows(resource.owned_by, keys)
    if not owners and not is_new:
        found = await write.fetch(_FIRST_WRITER, resource.name, resource.key_of(keys))
        if not found or found[0][0] != caller.client:
            raise OutsideOrganization
    for (code,) in owners:
        if code is None or not await is_below(write, code, caller.organization):
            raise OutsideOrganization


async def check_move(write: Writer, caller: Caller, resource: Resource, was: Values, becomes: Values) -> None:
    """Raise OutsideOrganization where a bound client moves an object from where it stands to where it may not write."""
    place = resource.moves
    if caller.organization is None or place is None or place not in becomes or becomes[place] == was[place]:
        return
    if becomes[place] is None or not await is_below(write, becomes[place], caller.organization):
        raise OutsideOrganization


async def is_below(read: Reading, code: str, bound_to: str) -> bool:
    """Whether an organization is the one that a client is bound to, or lies below it."""
    return bool((await read.one(_BELOW, {"code": code, "bound_to": bound_to}))[0])
