"""Tables of elections and of their stages."""

from datetime import date
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    case,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import (
    NAME_LENGTH_CHECK,
    REVISION_TRIGGERS,
    SLUG_CHECK,
    Base,
    SourcedRecord,
    calendar_check,
    one_of_check,
    sort_index,
)
from app.models.vocabulary import ElectionKind, StageKind


class Election(SourcedRecord, Base):
    """An election. `decided_on`: the day on which its schedule was enacted."""

    __tablename__ = "elections"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str | None]
    kind: Mapped[str]
    voting_on: Mapped[date | None]
    legal_basis: Mapped[str | None]
    decided_on: Mapped[date | None]
    folded: Mapped[str] = mapped_column(Computed("fold(VARIADIC ARRAY[name, name_en, code])", persisted=True))

    __table_args__ = (
        CheckConstraint(SLUG_CHECK, name="code_shape"),
        CheckConstraint(NAME_LENGTH_CHECK, name="name_length"),
        CheckConstraint(one_of_check("kind", ElectionKind), name="kind_known"),
        CheckConstraint(calendar_check("voting_on"), name="voting_on_in_calendar"),
        CheckConstraint(calendar_check("decided_on"), name="decided_on_in_calendar"),
        sort_index("kind", "code"),
        sort_index("code"),
        sort_index("name", "code"),
        sort_index("updated_at", "code"),
        Index(
            "ix_elections_voting",
            text("COALESCE(voting_on, 'infinity'::date)"),
            "code",
            postgresql_ops={"code": 'COLLATE "C"'},
        ),
        Index(None, "folded", postgresql_using="gin", postgresql_ops={"folded": "gin_trgm_ops"}),
    )


class Stage(SourcedRecord, Base):
    """A stage of an election, or a part of one, from `start_on` to `end_on`; both are null if unknown.

    A part may be outside the days of its parent, because in the regulations some are. `rule`: the regulation's words
    for the time, if it gives no date.
    """

    __tablename__ = "stages"
    __triggers__ = REVISION_TRIGGERS | {"reject_cycle"}

    code: Mapped[str] = mapped_column(primary_key=True)
    election: Mapped[str] = mapped_column(ForeignKey("elections.code", onupdate="CASCADE"))
    parent: Mapped[str | None]
    position: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str | None]
    start_on: Mapped[date | None]
    end_on: Mapped[date | None]
    rule: Mapped[str | None]
    round: Mapped[int]
    legal_basis: Mapped[str | None]
    note: Mapped[str | None]
    folded: Mapped[str] = mapped_column(Computed("fold(VARIADIC ARRAY[name, name_en])", persisted=True))

    __table_args__ = (
        UniqueConstraint("election", "code"),
        ForeignKeyConstraint(["election", "parent"], ["stages.election", "stages.code"], onupdate="CASCADE"),
        # `parent=none` is the filter for the top level, so no stage may have that code.
        CheckConstraint(f"{SLUG_CHECK} AND code <> 'none'", name="code_shape"),
        CheckConstraint(NAME_LENGTH_CHECK, name="name_length"),
        CheckConstraint(one_of_check("kind", StageKind), name="kind_known"),
        CheckConstraint("parent <> code", name="parent_is_another"),
        CheckConstraint("position BETWEEN 1 AND 999", name="position_range"),
        CheckConstraint("round BETWEEN 1 AND 9", name="round_range"),
        CheckConstraint(calendar_check("start_on"), name="start_on_in_calendar"),
        CheckConstraint(calendar_check("end_on"), name="end_on_in_calendar"),
        CheckConstraint("end_on >= start_on", name="ends_after_start"),
        Index(None, "election", "parent", "position"),
        Index(
            "ix_stages_in_order",
            "election",
            text("COALESCE(parent, '') COLLATE \"C\""),
            "position",
            "code",
            postgresql_ops={"election": 'COLLATE "C"', "code": 'COLLATE "C"'},
        ),
        sort_index("parent", "code"),
        sort_index("kind", "code"),
        sort_index("round", "code"),
        sort_index("code"),
        sort_index("name", "code"),
        sort_index("updated_at", "code"),
        Index(
            "ix_stages_first_day",
            text("COALESCE(start_on, end_on, 'infinity'::date)"),
            "code",
            postgresql_ops={"code": 'COLLATE "C"'},
        ),
        Index("ix_stages_end_on", "end_on"),
        Index(None, "folded", postgresql_using="gin", postgresql_ops={"folded": "gin_trgm_ops"}),
    )


def stage_status_on(stage: Any, day: Any) -> ColumnElement[str]:
    """Return the SQL of a stage's status on a day: finished, upcoming, running, or undated if its dates do not say."""
    return case(
        (stage.end_on < day, literal_column("'finished'")),
        (stage.start_on > day, literal_column("'upcoming'")),
        ((stage.start_on <= day) & (stage.end_on >= day), literal_column("'running'")),
        else_=literal_column("'undated'"),
    )
