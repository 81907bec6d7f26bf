"""Rules of names and docstrings that a program can check (see CONTRIBUTING.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PATHS = [
    path
    for directory in ("app", "benchmarks", "migrations", "tests")
    for path in sorted((PROJECT / directory).rglob("*.py"))
    if "versions" not in path.parts
]
QUESTION = re.compile(
    r"(What|Who|Whom|Whose|Which|Where|When|Whether|Why|How|Is|Are|Does|Do|Has|Have|Can|Since when|Of what|By what)\b"
)
MAX_PARAMETERS = 6
MAX_LINES = 250


def documented() -> Iterator[tuple[str, str]]:
    """Yield the place and the first line of every docstring."""
    for path in PATHS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if text := ast.get_docstring(node):
                name = getattr(node, "name", "module")
                yield f"{path.relative_to(PROJECT)}:{name}", text.splitlines()[0]


def constructors() -> Iterator[tuple[str, int]]:
    """Yield the place of every constructor that is written out, and the number of its parameters."""
    for path in PATHS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                yield f"{path.relative_to(PROJECT)}:{node.lineno}", len(arguments) - 1


def test_no_docstring_begins_as_a_question() -> None:
    lines = list(documented())
    assert len(lines) > 1000
    assert [line for line in lines if QUESTION.match(line[1])] == []


def test_no_constructor_has_more_than_six_parameters() -> None:
    counts = list(constructors())
    assert len(counts) > 20
    assert [count for count in counts if count[1] > MAX_PARAMETERS] == []


def test_no_module_has_more_than_250_lines() -> None:
    lengths = {str(path.relative_to(PROJECT)): len(path.read_text().splitlines()) for path in PATHS}
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}
