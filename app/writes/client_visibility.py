"""Visibility of clients and of their audit lines: a bound client sees those that are bound within what it is bound to.

A client that is bound to an organization sees the clients bound to it or to an organization below it, and the gates of
the meetings that these organizations host. A client that is bound to a meeting sees the clients bound to that meeting.
Each client sees itself, and a client that is bound to nothing sees all.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, cast, or_, select
from sqlalchemy.orm import aliased

from app import models
from app.auth import Caller
from app.core.collection import ActiveFilters

_client, _meeting = models.Client, models.Meeting


def visibility_parameters(caller: Caller) -> dict[str, Any]:
    """Return the values that a list of clients or audit lines is filtered by for this caller; {} if it sees all."""
    if caller.meeting is not None:
        return {"visible_client": caller.client_id, "visible_meeting": caller.meeting}
    if caller.organization is not None:
        return {"visible_client": caller.client_id, "visible_organization": caller.organization}
    return {}


def visibility_condition(filters: ActiveFilters, client_id: ColumnElement[str]) -> ColumnElement[bool] | None:
    """Return the SQL condition that a client id (text) is visible; None if the filters do not limit the visibility."""
    if "visible_client" not in filters:
        return None
    return or_(client_id == bindparam("visible_client", type_=Text), client_id.in_(_select_bound_clients(filters)))


def _select_bound_clients(filters: ActiveFilters) -> Select[Any]:
    """Build the SELECT of the ids of clients that are bound to the meeting, or within the organization."""
    ids = select(cast(_client.id, Text))
    if "visible_meeting" in filters:
        return ids.where(_client.meeting == bindparam("visible_meeting", type_=Text))
    below = aliased(models.Organization)
    within = select(bindparam("visible_organization", type_=Text).label("code")).cte("within", recursive=True)
    within = within.union(select(below.code).join(within, below.parent == within.c.code))
    hosted = select(_meeting.code).where(_meeting.host.in_(select(within.c.code)))
    return ids.where(
        or_(
            _client.organization.in_(select(within.c.code)),
            and_(_client.organization.is_(None), _client.meeting.in_(hosted)),
        )
    )
