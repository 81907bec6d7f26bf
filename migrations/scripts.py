r"""Read SQL scripts, split them into statements, run them in a migration, and find their definitions.

A script is plain SQL that psql runs too. A line `\ir file` includes another file, relative to the script.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from alembic import op

from app.core.db.sessions import SET_SEARCH_PATH

CURRENT_SCRIPT = Path(__file__).parent / "sql" / "all.sql"
VERSIONS_DIR = Path(__file__).parent / "versions"

_INCLUDE_LINE = re.compile(r"^\\ir (\S+)$", re.MULTILINE)
# Comments, strings, quoted names and dollar-quoted bodies, in which a semicolon does not end a statement.
_TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?\*/|\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"[^"]*"|(?<!\w)(\$\w*\$).*?\1|\bBEGIN\s+ATOMIC\b|;""",
    re.DOTALL,
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_LEADING_COMMENTS = re.compile(r"\A(?:\s|--[^\n]*\n|/\*.*?\*/)+", re.DOTALL)
_DEFINITION = re.compile(
    r"(?:CREATE (?:OR REPLACE )?(?:CONSTRAINT )?|DROP )(FUNCTION|VIEW|TRIGGER|TYPE) (?:IF EXISTS )?([\w.]+)"
    r"(?P<arguments> ?\([^)]*\))?(?:[^;$]*?\sON ([\w.]+))?"
)
_BEFORE_LAST_COMMENT = re.compile(r"\A(?:(?:--[^\n]*\n)+\s*\n)+")
_CALL = re.compile(r"SELECT (enable_\w+)\(('\w+')")
_SEARCH_PATH = re.compile(r"(?:RESET search_path|SET search_path = ([\w, ]+))")
# Statements that are not compared: they concern tables, rows, indexes, schemas and extensions.
_OTHER_STATEMENT = re.compile(
    r"(CREATE (TABLE|UNIQUE INDEX|INDEX|SCHEMA|EXTENSION)|ALTER TABLE|INSERT|UPDATE|DELETE|DROP) "
)


class ScriptError(ValueError):
    """A script that this module cannot split or understand; the message says why."""


class DefinitionName(NamedTuple):
    """The identity of a definition: statements with the same one are about the same thing."""

    kind: str
    """FUNCTION, VIEW, TRIGGER, TYPE, or CALL for the call of a function that defines triggers and views."""
    name: str
    table: str
    """The table of a trigger, or the first argument of a call; otherwise empty."""
    search_path: str
    """The search_path that the script has set; otherwise empty."""


def read_script(path: Path) -> str:
    """Return the text of a script with its included files in place."""
    return _INCLUDE_LINE.sub(lambda line: read_script(path.parent / line[1]).rstrip(), path.read_text(encoding="utf-8"))


def split_statements(script: str) -> Iterator[str]:
    """Yield the statements of a script without their semicolons, each with the comments before it.

    Raises:
        ScriptError: A statement has no semicolon, or a body as BEGIN ATOMIC.
    """
    start = 0
    for token in _TOKEN.finditer(script):
        if token[0] == ";":
            yield script[start : token.start()].strip("\n")
            start = token.end()
        elif token[0].startswith("B"):
            raise ScriptError("BEGIN ATOMIC is not understood here: write the body in dollar quotes.")
    if rest := _COMMENT.sub("", script[start:]).strip():
        raise ScriptError(f"The script does not end with a semicolon: {rest[:60]!r}.")


def run(script: str) -> None:
    """Run a script in the current migration, or write it out in Alembic's offline mode."""
    context = op.get_context()
    for statement in split_statements(script):
        path = _SEARCH_PATH.fullmatch(strip_leading_comments(statement).strip())
        if context.as_sql:
            context.impl.static_output("SET search_path = public;" if path and not path[1] else f"{statement};")
        elif path:
            # RESET would return to the search_path of the role or the database, which is not ours.
            op.get_bind().exec_driver_sql(SET_SEARCH_PATH, (path[1] or "public",))
        else:
            op.get_bind().exec_driver_sql(statement)


def run_file(name: str) -> None:
    """Run a script of `migrations/versions`, such as `0028_baseline/upgrade.sql`."""
    run(read_script(VERSIONS_DIR / name))


def strip_leading_comments(statement: str) -> str:
    """Return a statement without the comments before it."""
    return _LEADING_COMMENTS.sub("", statement)


def parse_definitions(script: str) -> dict[DefinitionName, str]:
    """Return the definitions in a script, in order, each with its text and the comments before it.

    Statements about the same thing (DROP TRIGGER before CREATE CONSTRAINT TRIGGER) are joined.

    Raises:
        ScriptError: A statement is not understood.
    """
    statements: dict[DefinitionName, str] = {}
    search_path = ""
    for statement in split_statements(script):
        sql = " ".join(_COMMENT.sub("", strip_leading_comments(statement)).split())
        if path := _SEARCH_PATH.fullmatch(sql):
            search_path = path[1] or ""
            continue
        if definition := _DEFINITION.match(sql):
            kind, name, _, table = definition.groups()
            key = DefinitionName(kind, name, table if kind == "TRIGGER" else "", search_path)
        elif call := _CALL.match(sql):
            key = DefinitionName("CALL", call[1], call[2], search_path)
        elif _OTHER_STATEMENT.match(sql):
            continue
        else:
            raise ScriptError(f"A statement in a script of migrations is not understood: {sql[:60]!r}.")
        if sql.startswith("DROP") and "," in sql:
            raise ScriptError(f"Drop only one thing in a statement: {sql[:60]!r}.")
        # The comment at the head of a file does not belong to its first statement.
        text = f"{_BEFORE_LAST_COMMENT.sub('', statement)};"
        statements[key] = f"{statements[key]}\n{text}" if key in statements else text
    return statements


def is_dropped(text: str) -> bool:
    """Return whether the last statement of a definition drops it."""
    return strip_leading_comments(list(split_statements(text))[-1]).startswith("DROP")


def parse_arguments(text: str) -> str | None:
    """Return the argument list of a function's definition as written; None for anything else."""
    definition = _DEFINITION.match(" ".join(_COMMENT.sub("", text).split()))
    return definition["arguments"] if definition and definition[1] == "FUNCTION" else None
