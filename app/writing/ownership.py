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


async def check(write: Writer, caller: Caller, resource: Resource, keys: Values) -> None:
    """Raise OutsideOrganization unless the caller may write this object as it stands in the transaction."""
    if caller.meeting is not None:  # a gate: it writes scans alone
        raise OutsideOrganization
    if caller.organization is None:
        return
    if resource.owned_by is None:
        raise OutsideOrganization
    for (code,) in await write.rows(resource.owned_by, keys):
        if code is None or not await is_below(write, code, caller.organization):
            raise OutsideOrganization


async def is_below(read: Reading, code: str, bound_to: str) -> bool:
    """Whether an organization is the one that a client is bound to, or lies below it."""
    return bool((await read.one(_BELOW, {"code": code, "bound_to": bound_to}))[0])
