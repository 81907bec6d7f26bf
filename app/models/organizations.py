"""The table of commissions and other agencies, as one tree."""

from datetime import date

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, text
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
from app.models.vocabulary import Level, OrganizationKind, Sector


class Organization(SourcedRecord, Base):
    """A commission or another agency. `seats`: the size of a commission; null if no source states it."""

    __tablename__ = "organizations"
    __triggers__ = REVISION_TRIGGERS | {
        *("reject_cycle", "require_region_of_caller", "require_changed_region_of_caller"),
    }

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str | None]
    short_name: Mapped[str | None]
    kind: Mapped[str]
    level: Mapped[str | None]
    sector: Mapped[str | None]
    parent: Mapped[str | None] = mapped_column(ForeignKey("organizations.code", onupdate="CASCADE"))
    region: Mapped[str | None] = mapped_column(ForeignKey("regions.code", onupdate="CASCADE"))
    time_zone: Mapped[str | None]
    role: Mapped[str | None]
    seats: Mapped[int | None]
    established_on: Mapped[date | None]
    dissolved_on: Mapped[date | None]
    folded: Mapped[str] = mapped_column(Computed("fold(VARIADIC ARRAY[name, name_en, short_name])", persisted=True))

    __table_args__ = (
        CheckConstraint("code ~ '^[a-z][a-z0-9]{0,29}(-[0-9]{2}(\\.[0-9]{2})?)?$'", name="code_shape"),
        CheckConstraint(NAME_LENGTH_CHECK, name="name_length"),
        CheckConstraint("is_time_zone(time_zone)", name="time_zone_known"),
        CheckConstraint(one_of_check("kind", OrganizationKind), name="kind_known"),
        CheckConstraint(one_of_check("level", Level), name="level_known"),
        CheckConstraint(one_of_check("sector", Sector), name="sector_known"),
        CheckConstraint("kind <> 'commission' OR level IS NOT NULL", name="commission_has_level"),
        CheckConstraint("seats BETWEEN 1 AND 99", name="seats_range"),
        CheckConstraint("parent <> code", name="parent_is_another"),
        CheckConstraint(calendar_check("established_on"), name="established_on_in_calendar"),
        CheckConstraint(calendar_check("dissolved_on"), name="dissolved_on_in_calendar"),
        CheckConstraint("dissolved_on > established_on", name="dissolved_after_established"),
        Index(
            "uq_organizations_region_of_commission",
            "region",
            unique=True,
            postgresql_where=text("kind = 'commission'"),
        ),
        sort_index("kind", "code"),
        sort_index("level", "code"),
        sort_index("sector", "code"),
        sort_index("parent", "code"),
        sort_index("region", "code"),
        Index(None, "established_on"),
        sort_index("code"),
        sort_index("name", "code"),
        sort_index("updated_at", "code"),
        Index(None, "folded", postgresql_using="gin", postgresql_ops={"folded": "gin_trgm_ops"}),
    )
