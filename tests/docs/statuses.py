"""Execute a Python block of a page: `python -m tests.docs.statuses FILE`.

Where a statement ends in a comment such as `# 201`, its value must be a response with that status.
"""

import ast
import re
import sys
from pathlib import Path
from typing import Any

STATUS = re.compile(r"# (\d{3})\b")


def execute(source: str) -> None:
    names: dict[str, Any] = {}
    lines = source.splitlines()
    for statement in ast.parse(source).body:
        value = None
        if isinstance(statement, ast.Expr):
            value = eval(compile(ast.Expression(statement.value), "<page>", "eval"), names)
        else:
            exec(compile(ast.Module([statement], []), "<page>", "exec"), names)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            value = names[statement.targets[0].id]
        if expected := STATUS.search(lines[(statement.end_lineno or 1) - 1]):
            assert value is not None, ast.unparse(statement)
            assert str(value.status_code) == expected[1], (ast.unparse(statement), value.status_code, value.text)


if __name__ == "__main__":
    execute(Path(sys.argv[1]).read_text())
