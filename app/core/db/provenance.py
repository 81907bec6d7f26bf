"""The members that every fact's document ends with."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field


class SourceFields(BaseModel):
    """Where a fact is from."""

    source: Annotated[str | None, Field(description="Where this is stated; null: in no source seen so far.")]


class RevisionFields(BaseModel):
    """Which revision of a fact this is."""

    revision: Annotated[int, Field(description="Counts the changes of this fact's content, from 1.")]
    updated_at: Annotated[datetime, Field(description="When the content last changed (RFC 3339).")]


class VerificationFields(BaseModel):
    """How sure a fact is."""

    verified: Annotated[bool, Field(description="Whether the cited source states it.")]
    primary: Annotated[bool, Field(description="Whether the source is the regulation or the body itself.")]


class Record(RevisionFields, VerificationFields):
    """How sure a fact is, and which revision of it this is."""


class SourcedRecord(Record, SourceFields):
    """Where a fact is from, and which revision of it this is."""


def sourced_record_columns(model: Any) -> tuple[Any, ...]:
    """The columns of these members, to end a document's select with."""
    return (model.source, *record_columns(model))


def record_columns(model: Any) -> tuple[Any, ...]:
    """The same for a document whose source is more than one text."""
    return (model.verified, model.primary, model.revision, model.updated_at)
