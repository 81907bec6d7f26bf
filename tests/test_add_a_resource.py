"""docs/add-a-resource.md lists all files of a new resource: a copy of the project with those files serves it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.example_resource import EDITS, NEW_FILES

PROJECT = Path(__file__).parents[1]
PAGE = (PROJECT / "docs" / "add-a-resource.md").read_text()

READ_NOTICES = """
import asyncio, json, sys
import asyncpg, httpx
from app import operations
from app.main import create_app
from app.settings import Settings
url = sys.argv[1]
operations.migrate(url)

async def read_notices():
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO notices (code, name, kind, verified, \\"primary\\")"
        " VALUES ('n-1', 'Pengumuman', 'decision', true, true), ('n-2', 'Surat Edaran', 'circular', true, true)"
    )
    await connection.close()
    app = create_app(Settings(DATABASE_URL=url))
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            response = await client.get("/v1/notices", params={"kind": "circular", "fields": "code,revision"})
            index = await client.get("/")
    print(json.dumps([response.status_code, response.json()["items"], index.json()["links"]["notices"]]))
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE notices SET name = 'SE' WHERE code = 'n-2'")
    count = "SELECT count(*) FROM history.notices_rows"
    print(*await connection.fetchrow(f"SELECT string_agg(key || revision || action, ' '), ({count}) FROM revisions"))
    await connection.close()

asyncio.run(read_notices())
"""


def test_page_lists_exactly_the_files_of_a_new_resource() -> None:
    listed = re.findall(r"^- `([^`]+)`", PAGE.split("<!-- add a resource -->")[1], re.MULTILINE)
    assert sorted(listed) == sorted({*NEW_FILES, *EDITS})


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
    for path, content in NEW_FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content.replace("{head}", head))
    for path, insertions in EDITS.items():
        text = (tmp_path / path).read_text()
        for anchor, insertion in insertions:
            assert anchor in text, f"{path} has no {anchor!r}"
            text = text.replace(anchor, anchor + insertion, 1)
        (tmp_path / path).write_text(text)
    return tmp_path


def run(copy: Path, *command: str) -> str:
    result = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_added_resource_is_served(copy: Path, database_url: str) -> None:
    output = run(copy, sys.executable, "-c", READ_NOTICES, database_url)
    assert output.strip().splitlines()[-2:] == [
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
