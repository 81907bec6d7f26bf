"""Tables of officials and of their appointments, with partial dates as ranges of days."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Computed, Date, ForeignKey, Index, Text, cast, text, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import (
    NAME_LENGTH_CHECK,
    REVISION_TRIGGERS,
    Base,
    SourcedRecord,
    calendar_check,
    one_of_check,
    sort_index,
)
from app.models.vocabulary import Office, Standing


class Official(SourcedRecord, Base):
    """A person who holds or held an office. `other_names`: other spellings in the sources."""

    __tablename__ = "officials"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    other_names: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    folded: Mapped[str] = mapped_column(Computed("fold(VARIADIC array_prepend(name, other_names))", persisted=True))

    __table_args__ = (
        CheckConstraint(NAME_LENGTH_CHECK, name="name_length"),
        sort_index("name", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "folded", postgresql_using="gin", postgresql_ops={"folded": "gin_trgm_ops"}),
    )


class Appointment(SourcedRecord, Base):
    """An appointment of a person to an office of an organization, from `start_on` until the day before `end_on`.

    Both may be partial dates (`2018`, `2018-05`), as in Popolo. If S and E are the periods that they cover, the
    appointment is *certain* on the days [last of S, first of E), and *possible* on [first of S, last of E). Without a
    start it begins on the day on which a source mentions it (`seen_on`); without an end it has not ended.
    """

    __tablename__ = "appointments"
    __triggers__ = REVISION_TRIGGERS | {"acquire_office_lock"}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    official: Mapped[UUID] = mapped_column(ForeignKey("officials.id"))
    organization: Mapped[str] = mapped_column(ForeignKey("organizations.code", onupdate="CASCADE"))
    office: Mapped[str]
    standing: Mapped[str]
    division: Mapped[str | None] = mapped_column(ForeignKey("divisions.code", onupdate="CASCADE"))
    term: Mapped[str | None]
    start_on: Mapped[str | None]
    end_on: Mapped[str | None]
    seen_on: Mapped[date | None]
    end_reason: Mapped[str | None]
    legal_basis: Mapped[str | None]
    certain: Mapped[Range[date]] = mapped_column(
        DATERANGE, Computed("certain_days(start_on, end_on, seen_on)", persisted=True), nullable=True
    )
    possible: Mapped[Range[date]] = mapped_column(
        DATERANGE, Computed("possible_days(start_on, end_on, seen_on)", persisted=True), nullable=True
    )

    __table_args__ = (
        CheckConstraint(one_of_check("office", Office), name="office_known"),
        CheckConstraint(one_of_check("standing", Standing), name="standing_known"),
        CheckConstraint("term ~ '^[0-9]{4}-[0-9]{4}$'", name="term_shape"),
        CheckConstraint("start_on IS NULL OR first_day(start_on) IS NOT NULL", name="start_on_is_partial_date"),
        CheckConstraint("end_on IS NULL OR first_day(end_on) IS NOT NULL", name="end_on_is_partial_date"),
        CheckConstraint(calendar_check("seen_on"), name="seen_on_in_calendar"),
        CheckConstraint("start_on IS NOT NULL OR seen_on IS NOT NULL", name="start_or_seen"),
        CheckConstraint("NOT isempty(possible)", name="ends_after_start"),
        # A commission has one chair and one head of its secretariat. On days that are not certain two holders are both
        # possible, so only certain days exclude each other.
        ExcludeConstraint(
            ("organization", "="),
            ("office", "="),
            ("certain", "&&"),
            where=text("standing = 'definitive' AND office IN ('chair', 'secretary', 'secretary_general')"),
            name="ex_appointments_one_definitive_holder",
        ),
        ExcludeConstraint(
            ("official", "="),
            ("organization", "="),
            ("office", "="),
            ("certain", "&&"),
            name="ex_appointments_one_office_once",
        ),
        Index(None, "official"),
        Index(None, "organization", "office"),
        Index(None, "division"),
        Index(None, "office"),
        Index(None, "standing"),
        Index(None, "updated_at", "id"),
        Index("ix_appointments_beginning", text("COALESCE(lower(possible), '-infinity'::date)"), "id"),
        Index("ix_appointments_organization_possible", "organization", "possible", postgresql_using="gist"),
    )


def contains_day(days: Any, day: Any) -> ColumnElement[bool]:
    """Return the SQL condition that a range of days (`Appointment.certain` or `.possible`) contains a day."""
    contains: ColumnElement[bool] = type_coerce(days, DATERANGE).op("@>", is_comparison=True)(cast(day, Date))
    return contains
