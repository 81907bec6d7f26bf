r"""SQL scripts: read them, split them into statements, run them in a migration, and find definitions in them.

A script is plain SQL that psql runs too. A line `\ir file` includes another file, relative to the script.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from alembic import op

CURRENT = Path(__file__).parent / "sql" / "all.sql"
VERSIONS = Path(__file__).parent / "versions"

_INCLUDE = re.compile(r"^\\ir (\S+)$", re.MULTILINE)
# Comments, strings, quoted names and dollar-quoted bodies, in which a semicolon does not end a statement.
_TOKEN = re.compile(r"""--[^\n]*|'(?:[^']|'')*'|"[^"]*"|(\$\w*\$).*?\1|;""", re.DOTALL)
_COMMENT = re.compile(r"^\s*(--[^\n]*)?\n", re.MULTILINE)
_COMMENTS_BEFORE = re.compile(r"\A(?:\s*--[^\n]*\n|\s*\n)+")
_DEFINITION = re.compile(
    r"(?:CREATE (?:OR REPLACE )?(?:CONSTRAINT )?|DROP )(FUNCTION|VIEW|TRIGGER|TYPE) (?:IF EXISTS )?([\w.]+)"
    r"(?:[^;$]*?\sON ([\w.]+))?"
)
_SEARCH_PATH = re.compile(r"(?:RE)?SET search_path(?: = ([\w, ]+))?")


class Name(NamedTuple):
    """What a statement defines."""

    kind: str
    """FUNCTION, VIEW, TRIGGER or TYPE."""
    name: str
    table: str
    """The table of a trigger, else empty."""
    search_path: str
    """The search_path that the script has set, else empty."""


def read(path: Path) -> str:
    """Return the text of a script with all included files in their places."""
    return _INCLUDE.sub(lambda line: read(path.parent / line[1]).rstrip(), path.read_text(encoding="utf-8"))


def split(script: str) -> Iterator[str]:
    """Yield the statements of a script without their semicolons, each with the comments before it."""
    start = 0
    for token in _TOKEN.finditer(script):
        if token[0] == ";":
            yield script[start : token.start()].strip("\n")
            start = token.end()
    if _COMMENT.sub("", f"{script[start:]}\n").strip():
        raise ValueError(f"The script does not end with a semicolon: {script[start:].strip()[:60]!r}")


def run(script: str) -> None:
    """Run a script in the current migration, or write it out in Alembic's offline mode."""
    context = op.get_context()
    for statement in split(script):
        if context.as_sql:
            context.impl.static_output(f"{statement};")
        else:
            op.get_bind().exec_driver_sql(statement)


def run_file(name: str) -> None:
    """Run a script of `migrations/versions`, such as `0028_baseline/upgrade.sql`."""
    run(read(VERSIONS / name))


def without_comments_before(statement: str) -> str:
    """Return a statement without the comment lines before it."""
    return _COMMENTS_BEFORE.sub("", statement)


def definitions(script: str) -> dict[Name, str]:
    """Return the statements of a script that define something, in their order.

    Statements about the same thing (DROP TRIGGER before CREATE CONSTRAINT TRIGGER) are put together.
    """
    found: dict[Name, str] = {}
    search_path = ""
    for statement in split(script):
        sql = _COMMENT.sub("", f"{statement}\n").strip()
        if path := _SEARCH_PATH.fullmatch(sql):
            search_path = path[1] or ""
        elif definition := _DEFINITION.match(sql):
            kind, name, table = definition.groups()
            key = Name(kind, name, table if kind == "TRIGGER" else "", search_path)
            found[key] = f"{found[key]}\n{statement};" if key in found else f"{statement};"
    return found
