"""Read the project's Markdown pages: blocks, links, headings."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[2]
README = PROJECT / "README.md"
DOCS = PROJECT / "docs"
DECISIONS = DOCS / "decisions"
PAGES = sorted(
    [README, PROJECT / "CHANGELOG.md", PROJECT / "CONTRIBUTING.md", PROJECT / "SECURITY.md", *DOCS.rglob("*.md")]
)
FENCE = re.compile(r"^```(.*)$")
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")


class Block(NamedTuple):
    """A fenced block: the language and the marks of its info string, its text, and the number of its first line."""

    language: str
    marks: tuple[str, ...]
    text: str
    line: int

    @property
    def is_executed(self) -> bool:
        return "run" in self.marks


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """Return the fenced blocks of a page."""
    found: list[Block] = []
    info: list[str] | None = None
    lines: list[str] = []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if fence and info is None:
            info, lines = [*fence[1].split(), ""][:9], []
        elif fence and info is not None:
            found.append(Block(info[0], tuple(filter(None, info[1:])), "\n".join(lines), number - len(lines)))
            info = None
        elif info is not None:
            lines.append(line)
    assert info is None, f"{page.name}: a block has no end"
    return tuple(found)


def prose(page: Path) -> str:
    """Return the text of a page without its fenced blocks."""
    parts = re.split(r"^```.*$", page.read_text(), flags=re.MULTILINE)
    return "\n".join(parts[::2])


def links(page: Path) -> list[str]:
    return LINK.findall(re.sub(r"`[^`]*`", "", prose(page)))


def inline_code(page: Path) -> list[str]:
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose(page))]


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#{1,6} +(.+?) *$", prose(page), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def section(page: Path, heading: str) -> str:
    """Return the text under a heading of the second level, up to the next one."""
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", page.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"{page.name} has no section {heading!r}"
    return found[1]


def table_rows(text: str) -> Iterator[list[str]]:
    """Return the cells of each row of the tables in a text, without headings."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        is_heading = number + 1 < len(lines) and re.fullmatch(r"[|\-: ]+", lines[number + 1])
        if line.startswith("|") and not re.fullmatch(r"[|\-: ]+", line) and not is_heading:
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
