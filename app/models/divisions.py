"""The table of divisions: portfolios of a commission's members, and units of its secretariat."""

from sqlalchemy import CheckConstraint, Computed, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import NAME_LENGTH_CHECK, Base, SourcedRecord, one_of_check, sort_index
from app.models.vocabulary import DivisionKind, Level, Office


class Division(SourcedRecord, Base):
    """A division that every commission of one level and size has (`members`; null: commissions of any size)."""

    __tablename__ = "divisions"

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    level: Mapped[str]
    members: Mapped[int | None]
    name: Mapped[str]
    name_en: Mapped[str | None]
    led_by: Mapped[str | None]
    duties: Mapped[str | None]
    legal_basis: Mapped[str | None]
    folded: Mapped[str] = mapped_column(Computed("fold(VARIADIC ARRAY[name, name_en])", persisted=True))

    __table_args__ = (
        CheckConstraint("code ~ '^[a-z][a-z0-9]{0,9}-[0-9]{1,4}$'", name="code_shape"),
        CheckConstraint(NAME_LENGTH_CHECK, name="name_length"),
        CheckConstraint(one_of_check("kind", DivisionKind), name="kind_known"),
        CheckConstraint(one_of_check("level", Level), name="level_known"),
        CheckConstraint(one_of_check("led_by", Office), name="led_by_known"),
        CheckConstraint("members BETWEEN 1 AND 99", name="members_range"),
        sort_index("kind", "code"),
        sort_index("level", "members", "code"),
        sort_index("members", "code"),
        sort_index("code"),
        sort_index("name", "code"),
        sort_index("updated_at", "code"),
        Index(None, "folded", postgresql_using="gin", postgresql_ops={"folded": "gin_trgm_ops"}),
    )
