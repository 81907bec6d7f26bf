"""Embedded references from one document to another object: `{"code", "name"}`, of an official `{"id", "name"}`.

Schema and SQL are defined here together, so that features can refer to each other without importing each other.
"""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from app import models
from app.core.db.documents import json_object


class CodeReference(BaseModel):
    """A reference to an object with a code: a region, an organization, a stage."""

    code: str
    name: str


class OfficialReference(BaseModel):
    """A reference to an official."""

    id: UUID
    name: str


class ParticipantReference(BaseModel):
    """A reference to a participant of a meeting."""

    id: UUID
    name: Annotated[str | None, Field(description="Null: the participant is an office whose holder is not named.")]


def region_reference(code: Any) -> ColumnElement[Any]:
    """Return the SQL of the JSON `{"code", "name"}` of a region; `code` is the SQL of its code."""
    return _code_reference(models.Region, code)


def organization_reference(code: Any) -> ColumnElement[Any]:
    """Return the SQL of the JSON `{"code", "name"}` of an organization; `code` is the SQL of its code."""
    return _code_reference(models.Organization, code)


def division_reference(code: Any) -> ColumnElement[Any]:
    """Return the SQL of the JSON `{"code", "name"}` of a division; `code` is the SQL of its code."""
    return _code_reference(models.Division, code)


def election_reference(code: Any) -> ColumnElement[Any]:
    """Return the SQL of the JSON `{"code", "name"}` of an election; `code` is the SQL of its code."""
    return _code_reference(models.Election, code)


def stage_reference(code: Any) -> ColumnElement[Any]:
    """Return the SQL of the JSON `{"code", "name"}` of a stage; `code` is the SQL of its code."""
    return _code_reference(models.Stage, code)


def official_reference(id_: Any) -> ColumnElement[Any]:
    """Return the SQL of the JSON `{"id", "name"}` of an official; `id_` is the SQL of the id."""
    official = aliased(models.Official)
    return select(json_object(id=official.id, name=official.name)).where(official.id == id_).scalar_subquery()


def participant_reference(id_: Any) -> ColumnElement[Any]:
    """Return the SQL of the JSON `{"id", "name"}` of a participant, named as the official or else as given."""
    participant, official = aliased(models.Participant), aliased(models.Official)
    return (
        select(json_object(id=participant.id, name=func.coalesce(official.name, participant.name)))
        .outerjoin(official, official.id == participant.official)
        .where(participant.id == id_)
        .correlate_except(participant, official)
        .scalar_subquery()
    )


def _code_reference(model: Any, code: Any) -> ColumnElement[Any]:
    """Return the SQL of the JSON `{"code", "name"}` of the object of a model with this code; null if `code` is null."""
    # A scalar subquery, not a join: one index lookup for each of at most 200 rows takes half the time of a join.
    target = aliased(model)
    return select(json_object(code=target.code, name=target.name)).where(target.code == code).scalar_subquery()
