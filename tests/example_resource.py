"""The files of an example resource, `notices`, and its edits of existing files; docs/add-a-resource.md lists both."""

NEW_FILES = {
    "app/models/notices.py": '''
"""Notices of the commission."""

from typing import Literal

from sqlalchemy import CheckConstraint, Computed, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import Base, SourcedRecord, one_of_check

NoticeKind = Literal["decision", "circular"]


class Notice(SourcedRecord, Base):
    """A notice of the commission."""

    __tablename__ = "notices"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    folded: Mapped[str] = mapped_column(Computed("fold(VARIADIC ARRAY[name])", persisted=True))

    __table_args__ = (
        CheckConstraint(one_of_check("kind", NoticeKind), name="kind_known"),
        Index(None, "kind", "code"),
        Index(None, "name", "code"),
        Index(None, "folded", postgresql_using="gin", postgresql_ops={"folded": "gin_trgm_ops"}),
    )
''',
    "migrations/versions/2026-12-01-0900_notices.py": '''
"""Notices"""

import sqlalchemy as sa
from alembic import op

from app.models import Notice

revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    Notice.__table__.create(op.get_bind())
    op.execute("SELECT enable_revisions('notices', 'notices', '{code}', '{folded}')")


def downgrade() -> None:
    op.execute("DROP TABLE history.notices_rows CASCADE")
    op.drop_table("notices")
''',
    "app/notices/__init__.py": '"""Notices of the commission."""\n',
    "app/notices/schemas.py": '''
"""Documents and query parameters of notices."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import CollectionQuery, FieldSelection
from app.models.notices import NoticeKind


class NoticeMembers(BaseModel):
    """The members of a notice without its source."""

    code: str
    name: str
    kind: NoticeKind


class Notice(SourcedRecord, NoticeMembers):
    """A notice."""


class NoticeQuery(CollectionQuery):
    """Query parameters of the list of notices."""

    kind: NoticeKind | None = None
    sort: Literal["code", "-code", "name", "-name"] | None = None
    fields: Annotated[str, FieldSelection(Notice), Field(description="Members to return.")] | None = None
''',
    "app/notices/repository.py": '''
"""SQL of notices."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, bindparam, select

from app import models
from app.core.collection import ActiveFilters, Collection
from app.core.db.documents import DayExpression, Document, DocumentSelect
from app.core.db.provenance import sourced_record_columns
from app.notices import schemas

_notice = models.Notice


def select_notice(_day: DayExpression) -> DocumentSelect:
    """Select the document of a notice."""
    return select(_notice.code, _notice.name, _notice.kind, *sourced_record_columns(_notice))


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of the active filters."""
    if "kind" in filters:
        yield _notice.kind == bindparam("kind")


NOTICES = Collection(
    Document(schemas.Notice, select_notice),
    _notice,
    conditions=_filter_conditions,
    sorts={"code": [], "name": [_notice.name]},
)
''',
    "app/notices/router.py": '''
"""Routes of notices."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.auth import allow_anonymous
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example
from app.core.http.paging import PageOf
from app.notices import repository, schemas
from app.routing import create_resource_router

router = create_resource_router("notices")


@router.get(
    "",
    response_model=PageOf[schemas.Notice],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/notices?kind=circular"),
)
async def list_notices(request: Request, reader: ReaderDep, query: Annotated[schemas.NoticeQuery, Query()]) -> Response:
    """List notices"""
    return (await repository.NOTICES.fetch_page(reader, query)).to_response(request, max_age=60)
''',
}

# By existing file: after the first occurrence of a text, the text to insert.
EDITS = {
    "app/models/schema.py": [],
    "migrations/sql/revisions.sql": [
        (
            "SELECT enable_revisions('participants', 'participants', '{id}', '{folded,open_status}');\n",
            "SELECT enable_revisions('notices', 'notices', '{code}', '{folded}');\n",
        )
    ],
    "app/models/__init__.py": [
        ("from app.models.metadata import Base, Record, SourcedRecord\n", "from app.models.notices import Notice\n"),
        ("__all__ = [", '"Notice", '),
    ],
    "app/main.py": [
        ("from app.health.router import router as health\n", "from app.notices.router import router as notices\n"),
        ("ROUTERS = (", "notices, "),
        ("TAGS = [\n", '    {"name": "notices", "description": "Notices of the commission."},\n'),
    ],
    "pyproject.toml": [("meetings | oauth | ", "notices | ")],
}
