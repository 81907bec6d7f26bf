"""Compare the lists on the pages with what the project has."""

import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from app.models.vocabulary import AttendanceStatus
from app.settings import Settings
from tests.applications import get_contract
from tests.docs import configuration, headings
from tests.docs.pages import DECISIONS, DOCS, PAGES, PROJECT, README, blocks, inline_code, links, section, table_rows

PLACE = re.compile(r"(?:app|tests|migrations|benchmarks|\.ci)/[\w./-]*")
NOT_YET = re.compile(r"(?:app|tests)/(?:models/)?notices\b|migrations/versions/2026-12-01-0900_notices")


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 100


def test_the_two_commands_of_the_readme() -> None:
    lines = [line for block in blocks(README) for line in block.text.splitlines()]
    assert {"pip install uv && uv run rakornas serve", "pip install uv && uv run pytest"} <= set(lines)


def test_the_settings_are_those_of_the_code() -> None:
    """Else run `python -m tests.docs.configuration`."""
    page = configuration.PAGE.read_text()
    assert configuration.with_table(page) == page
    assert configuration.table() in page


def test_the_headings_of_imports_are_those_of_the_code() -> None:
    """Else run `python -m tests.docs.headings`."""
    page = headings.PAGE.read_text()
    assert headings.with_table(page) == page
    assert headings.table() in page


def test_each_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_variables_beside_the_settings_are_read_somewhere() -> None:
    scripts = (path for path in (PROJECT / ".ci").iterdir() if path.is_file())
    sources = [*(PROJECT / "app").rglob("*.py"), *(PROJECT / "tests").rglob("*.py"), *scripts]
    code = "\n".join(path.read_text() for path in sources if path.parent != Path(__file__).parent)
    rows = table_rows(section(configuration.PAGE, "Other variables"))
    variables = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert len(variables) > 5
    assert not [name for name in variables if f'"{name}"' not in code and f"{name}=" not in code]


def test_the_api_guide_lists_every_address() -> None:
    listed = re.findall(r"`(/[^`]*)`", section(DOCS / "api-guide.md", "What is served"))
    served = {*get_contract()["paths"], "/docs", "/openapi.json"}
    assert sorted(listed) == sorted(served)


def test_the_concepts_list_every_attendance_status() -> None:
    rows = table_rows(section(DOCS / "concepts.md", "Attendance"))
    assert [row[0].strip("`") for row in rows] == list(get_args(AttendanceStatus))


def test_the_architecture_lists_every_package() -> None:
    cells = [row[0] for row in table_rows(section(DOCS / "architecture.md", "Layout"))]
    listed = {place for cell in cells for place in re.findall(r"`app/(\w+(?:\.py)?)/?`", cell)}
    there = {path.name for path in (PROJECT / "app").iterdir() if path.name not in ("__init__.py", "__pycache__")}
    assert listed == there


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "CHANGELOG"], ids=lambda page: page.stem)
def test_places_in_the_project_exist(page: Path) -> None:
    for code in inline_code(page):
        for place in PLACE.findall(code) if PLACE.match(code) else ():
            assert NOT_YET.match(place) or (PROJECT / place).exists(), f"{page.name}: {place}"


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "CHANGELOG"], ids=lambda page: page.stem)
def test_functions_and_classes_exist(page: Path) -> None:
    code = defined_names()
    for name in inline_code(page):
        if found := re.fullmatch(r"(\w+)\([^()]*\)|((?:[A-Z][a-z]+){2,})", name):
            assert (found[1] or found[2]) in code, f"{page.name}: {name}"


@cache
def defined_names() -> frozenset[str]:
    """Return the names of all functions and classes of the code, and of all functions in SQL."""
    python = "\n".join(path.read_text() for path in (PROJECT / "app").rglob("*.py"))
    sql = "\n".join(path.read_text() for path in (PROJECT / "migrations" / "sql").glob("*.sql"))
    return frozenset(re.findall(r"\b(?:def|class) (\w+)", python) + re.findall(r"\bFUNCTION (\w+)", sql))


def test_decisions_are_numbered_and_listed_in_order() -> None:
    pages = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in pages] == list(range(1, len(pages) + 1))
    assert links(DECISIONS / "README.md") == pages


@pytest.mark.parametrize("page", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda page: page.stem[:4])
def test_a_decision_has_its_sections(page: Path) -> None:
    text = page.read_text()
    title = re.match(rf"# {page.name[:4]}\. (.+)\n", text)
    assert title
    assert f"[{page.name[:4]}. {title[1]}]({page.name})" in (DECISIONS / "README.md").read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    for heading in ("Context", "Decision", "Consequences"):
        assert section(page, heading).strip(), heading


def test_the_benchmarks_have_their_names() -> None:
    named = re.search(r"^The names are: (.+?)\.", (DOCS / "benchmarks.md").read_text(), re.MULTILINE | re.DOTALL)
    assert named
    code = (PROJECT / "benchmarks" / "__main__.py").read_text()
    assert named[1].split(", ") == re.findall(r'^    "([\w-]+)": \w+\.run,$', code, re.MULTILINE)


def test_the_glossary() -> None:
    """Each term has an English one, and none stands twice under a heading."""
    page = DOCS / "glossary.md"
    headings = re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)
    assert len(headings) == len(set(headings))
    for heading in headings:
        rows = list(table_rows(section(page, heading)))
        assert rows
        assert all(len(row) == 3 and row[0] and row[2] for row in rows), heading
        terms = [row[0] for row in rows]
        assert len(terms) == len(set(terms)), heading


def test_the_glossary_has_the_indonesian_names_of_statuses() -> None:
    terms = {row[0].split(" /")[0] for row in table_rows((DOCS / "glossary.md").read_text())}
    named = {row[1] for row in table_rows(section(DOCS / "concepts.md", "Attendance"))} - {""}
    assert named <= terms
