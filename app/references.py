"""How one resource is mentioned within another: `{"code", "name"}`, people `{"id", "name"}`.

Schema and SQL stand side by side here, so that a feature can mention another without knowing it.
"""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from app import models
from app.core.db.documents import json_object


class CodeReference(BaseModel):
    """Something with a code: a region, an organization, a stage."""

    code: str
    name: str


class OfficialReference(BaseModel):
    """A person."""

    id: UUID
    name: str


class ParticipantReference(BaseModel):
    """Somebody on the list of a meeting."""

    id: UUID
    name: Annotated[str | None, Field(description="Null: an office whose holder is not named.")]


def region_reference(code: Any) -> ColumnElement[Any]:
    return _code_reference(models.Region, code)


def organization_reference(code: Any) -> ColumnElement[Any]:
    return _code_reference(models.Organization, code)


def division_reference(code: Any) -> ColumnElement[Any]:
    return _code_reference(models.Division, code)


def election_reference(code: Any) -> ColumnElement[Any]:
    return _code_reference(models.Election, code)


def stage_reference(code: Any) -> ColumnElement[Any]:
    return _code_reference(models.Stage, code)


def official_reference(id_: Any) -> ColumnElement[Any]:
    person = aliased(models.Official)
    return select(json_object(id=person.id, name=person.name)).where(person.id == id_).scalar_subquery()


def participant_reference(id_: Any) -> ColumnElement[Any]:
    """Somebody on the list of a meeting, by the name of the official or the one that stands on the list."""
    other, person = aliased(models.Participant), aliased(models.Official)
    return (
        select(json_object(id=other.id, name=func.coalesce(person.name, other.name)))
        .outerjoin(person, person.id == other.official)
        .where(other.id == id_)
        .correlate_except(other, person)
        .scalar_subquery()
    )


def _code_reference(model: Any, code: Any) -> ColumnElement[Any]:
    # A scalar subquery, not a join: one index look-up for each of at most 200 rows, and half the time of a joined row.
    mentioned = aliased(model)
    return select(json_object(code=mentioned.code, name=mentioned.name)).where(mentioned.code == code).scalar_subquery()
