"""Schema fields and columns for the source, the verification and the revision of a record."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from app.core.datetimes import WrittenInstant


class SourceFields(BaseModel):
    """The source of a record."""

    source: Annotated[str | None, Field(description="The source that states this; null if no source is known.")]


class RevisionFields(BaseModel):
    """The revision of a record."""

    revision: Annotated[
        int, Field(description="Number of the revision: 1 at first, and one more after each change of the content.")
    ]
    updated_at: Annotated[WrittenInstant, Field(description="Time of the last change of the content (RFC 3339).")]


class VerificationFields(BaseModel):
    """The verification of a record."""

    verified: Annotated[bool, Field(description="True if the cited source states this.")]
    primary: Annotated[bool, Field(description="True if the source is the regulation or the organization itself.")]


class Record(RevisionFields, VerificationFields):
    """A record with its verification and revision."""


class SourcedRecord(Record, SourceFields):
    """A record with a source that is one text, its verification and its revision."""


def sourced_record_columns(model: Any) -> tuple[Any, ...]:
    """Return the columns source, verified, primary, revision and updated_at of a model, as in `SourcedRecord`."""
    return (model.source, *record_columns(model))


def record_columns(model: Any) -> tuple[Any, ...]:
    """Return the columns verified, primary, revision and updated_at of a model, in the order of `Record`."""
    return (model.verified, model.primary, model.revision, model.updated_at)
