"""Tables of provinces, regencies and cities by their Kemendagri code, and of their former codes."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Computed, ForeignKey, Index, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from app.models.metadata import (
    HISTORY_TRIGGERS,
    NAME_LENGTH_CHECK,
    Base,
    SourcedRecord,
    calendar_check,
    one_of_check,
    parts_column,
    sort_index,
    statement_triggers,
)
from app.models.vocabulary import RegionType


class Region(SourcedRecord, Base):
    """A region as it is today. `valid_from` is null if the region is older than the sources."""

    __tablename__ = "regions"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str | None]
    type: Mapped[str]
    parent: Mapped[str | None] = mapped_column(ForeignKey("regions.code", onupdate="CASCADE"))
    iso_3166_2: Mapped[str | None] = mapped_column(unique=True)
    capital: Mapped[str | None]
    time_zone: Mapped[str]
    valid_from: Mapped[date | None]
    formed_by: Mapped[str | None]
    split_from: Mapped[str | None] = mapped_column(ForeignKey("regions.code", onupdate="CASCADE"))
    autonomous: Mapped[bool]
    parts: Mapped[dict[str, Any]] = parts_column("previous_codes")
    folded: Mapped[str] = mapped_column(Computed("fold(VARIADIC ARRAY[name, name_en, capital])", persisted=True))

    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]{2}(\\.[0-9]{2})?$'", name="code_shape"),
        CheckConstraint(NAME_LENGTH_CHECK, name="name_length"),
        CheckConstraint("is_time_zone(time_zone)", name="time_zone_known"),
        CheckConstraint(one_of_check("type", RegionType), name="type_known"),
        CheckConstraint(calendar_check("valid_from"), name="valid_from_in_calendar"),
        CheckConstraint("(type = 'province') = (parent IS NULL)", name="province_has_no_parent"),
        CheckConstraint("(type = 'province') = (length(code) = 2)", name="province_has_short_code"),
        CheckConstraint('parent = "left"(code, 2)', name="parent_leads_code"),
        sort_index("type", "code"),
        sort_index("parent", "code"),
        Index(None, "split_from"),
        Index(None, "valid_from"),
        sort_index("code"),
        sort_index("name", "code"),
        sort_index("updated_at", "code"),
        Index(None, "folded", postgresql_using="gin", postgresql_ops={"folded": "gin_trgm_ops"}),
    )


class RegionCode(SourcedRecord, Base):
    """A code that a region had until the day `until` (null: unknown), and the code of its province then."""

    __tablename__ = "region_codes"
    __triggers__ = HISTORY_TRIGGERS | statement_triggers("copy_parts") | {"bump_revision"}

    code: Mapped[str] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(ForeignKey("regions.code", onupdate="CASCADE"))
    parent: Mapped[str] = mapped_column(ForeignKey("regions.code", onupdate="CASCADE"))
    until: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]{2}\\.[0-9]{2}$'", name="code_shape"),
        CheckConstraint("code <> region", name="code_is_former"),
        CheckConstraint('parent = "left"(code, 2)', name="parent_leads_code"),
        CheckConstraint(calendar_check("until"), name="until_in_calendar"),
        Index(None, "region"),
        Index(None, "parent"),
    )


def former_parent_code(region: Any, day: Any) -> ColumnElement[Any]:
    """Return the SQL of the code of a region's province on a day before its present one was formed; else null."""
    former, current, province = aliased(RegionCode), aliased(Region), aliased(Region)
    return (
        select(former.parent)
        .join(current, current.code == former.region)
        .join(province, province.code == current.parent)
        .where(former.region == region, province.valid_from > day, or_(former.until.is_(None), former.until > day))
        .order_by(former.until.asc().nulls_last())
        .limit(1)
        .correlate_except(former, current, province)
        .scalar_subquery()
    )
