"""The members that every fact's document ends with."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field


class Source(BaseModel):
    """Where a fact is from."""

    source: Annotated[str | None, Field(description="Where this is stated; null: in no source seen so far.")]


class Revised(BaseModel):
    """Which revision of a fact this is."""

    revision: Annotated[int, Field(description="Counts the changes of this fact's content, from 1.")]
    updated_at: Annotated[datetime, Field(description="When the content last changed (RFC 3339).")]


class Sure(BaseModel):
    """How sure a fact is."""

    verified: Annotated[bool, Field(description="Whether the cited source states it.")]
    primary: Annotated[bool, Field(description="Whether the source is the regulation or the body itself.")]


class Record(Revised, Sure):
    """How sure a fact is, and which revision of it this is."""


class Fact(Record, Source):
    """Where a fact is from, and which revision of it this is."""


def fact_members(model: Any) -> tuple[Any, ...]:
    """The columns of these members, to end a document's select with."""
    return (model.source, *record_members(model))


def record_members(model: Any) -> tuple[Any, ...]:
    """The same for a document whose source is more than one text."""
    return (model.verified, model.primary, model.revision, model.updated_at)
