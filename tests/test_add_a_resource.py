"""docs/add-a-resource.md lists all files of a new resource: these files are enough to serve it.

It is built in a copy of the tree, so this is also the example of how one is made.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PAGE = (PROJECT / "docs" / "add-a-resource.md").read_text()

NEW = {
    "app/models/notices.py": '''
"""Notices of the commission."""

from typing import Literal

from sqlalchemy import CheckConstraint, Computed, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import Base, SourcedRecord, one_of_check

NoticeKind = Literal["decision", "circular"]


class Notice(SourcedRecord, Base):
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
    code: str
    name: str
    kind: NoticeKind


class Notice(SourcedRecord, NoticeMembers):
    """A notice."""


class NoticeQuery(CollectionQuery):
    kind: NoticeKind | None = None
    sort: Literal["code", "-code", "name", "-name"] | None = None
    fields: Annotated[str, FieldSelection(Notice), Field(description="Members to keep.")] | None = None
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
    return select(_notice.code, _notice.name, _notice.kind, *sourced_record_columns(_notice))


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
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

# In a file that is there already: after this text, this one more.
EDITED = {
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
        ("TAGS = [\n", '    {"name": "notices", "description": "What the commission announces."},\n'),
    ],
    "pyproject.toml": [("meetings | oauth | ", "notices | ")],
}

CALL = """
import asyncio, json, sys
import asyncpg, httpx
from app import operations
from app.main import create_app
from app.settings import Settings
url = sys.argv[1]
operations.migrate(url)

async def call():
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO notices (code, name, kind, verified, \\"primary\\")"
        " VALUES ('n-1', 'Pengumuman', 'decision', true, true), ('n-2', 'Surat Edaran', 'circular', true, true)"
    )
    await connection.close()
    app = create_app(Settings(DATABASE_URL=url))
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            answer = await client.get("/v1/notices", params={"kind": "circular", "fields": "code,revision"})
            index = await client.get("/")
    print(json.dumps([answer.status_code, answer.json()["items"], index.json()["links"]["notices"]]))
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE notices SET name = 'SE' WHERE code = 'n-2'")
    states = "SELECT count(*) FROM history.notices_rows"
    print(*await connection.fetchrow(f"SELECT string_agg(key || revision || action, ' '), ({states}) FROM revisions"))
    await connection.close()

asyncio.run(call())
"""


def test_page_lists_exactly_the_files_of_a_new_resource() -> None:
    listed = re.findall(r"^- `([^`]+)`", PAGE.split("<!-- add a resource -->")[1], re.MULTILINE)
    assert sorted(listed) == sorted({*NEW, *EDITED})


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project with the resource added."""
    for name in ("app", "migrations"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "alembic.ini"):
        shutil.copy(PROJECT / name, tmp_path)
    schema = tmp_path / "app/models/schema.py"
    head = re.findall(r'^SCHEMA_REVISION = "(\d+)"', schema.read_text(), re.MULTILINE)[0]
    schema.write_text(schema.read_text().replace(f'SCHEMA_REVISION = "{head}"', 'SCHEMA_REVISION = "9999"', 1))
    for path, content in NEW.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content.replace("{head}", head))
    for path, edits in EDITED.items():
        text = (tmp_path / path).read_text()
        for anchor, more in edits:
            assert anchor in text, f"{path} has no {anchor!r}"
            text = text.replace(anchor, anchor + more, 1)
        (tmp_path / path).write_text(text)
    return tmp_path


def run(copy: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_added_resource_is_served(copy: Path, database_url: str) -> None:
    answered = run(copy, sys.executable, "-c", CALL, database_url)
    assert answered.strip().splitlines()[-2:] == [
        '[200, [{"code": "n-2", "revision": 1}], "/v1/notices"]',
        "n-11created n-21created n-22updated 3",
    ]


def test_added_resource_fulfils_the_import_contracts(copy: Path) -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    assert "7 kept, 0 broken" in run(copy, str(lint))


def test_resource_missing_from_the_import_contracts_is_reported(copy: Path) -> None:
    (copy / "pyproject.toml").write_text((PROJECT / "pyproject.toml").read_text())
    with pytest.raises(AssertionError, match="notices"):
        run(copy, str(Path(sys.executable).parent / "lint-imports"))
