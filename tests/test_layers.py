"""The import contracts of pyproject.toml: what they cannot say themselves, and that they can fail."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[1]
MODULES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (PROJECT / "app").rglob("*.py")
}
SQL_TEXT = re.compile(
    r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|LOCK TABLE|CREATE|ALTER|DROP|SET|BEGIN|LISTEN|GRANT)\s"
)


def contract(id_: str) -> dict[str, Any]:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [found] = [one for one in contracts if one["id"] == id_]
    return dict(found)


def is_allowed(module: str, pattern: str) -> bool:
    """Return whether an allowed importer names a module or its package; `*` stands for one component."""
    return re.match(re.escape(pattern).replace(r"\*", r"[^.]+") + r"(\.|$)", module) is not None


def imported_packages(tree: ast.Module) -> set[str]:
    """Return the top-level packages that a module imports."""
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


def sql_texts(tree: ast.Module) -> Iterator[str]:
    """Yield the string literals of a module that are SQL statements; docstrings are not."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in documentation:
            continue
        if SQL_TEXT.match(node.value):
            yield node.value


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {module: ast.parse(path.read_text()) for module, path in MODULES.items()}


def test_only_listed_modules_contain_sql_texts(trees: dict[str, ast.Module]) -> None:
    allowed = contract("sql")["allowed_importers"]
    speaking = {module: text for module, tree in trees.items() for text in sql_texts(tree)}
    assert len(speaking) > 20
    assert {
        module: text for module, text in speaking.items() if not any(is_allowed(module, pattern) for pattern in allowed)
    } == {}


@pytest.mark.parametrize("id_", ["sql", "http"])
def test_each_listed_module_needs_its_permission(id_: str, trees: dict[str, ast.Module]) -> None:
    packages = set(contract(id_)["protected_modules"])
    speaking = {
        module
        for module, tree in trees.items()
        if imported_packages(tree) & packages or (id_ == "sql" and any(sql_texts(tree)))
    }
    allowed = contract(id_)["allowed_importers"]
    assert [pattern for pattern in allowed if not any(is_allowed(module, pattern) for module in speaking)] == []


def test_a_service_that_speaks_http_or_sql_is_red(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__", "data", "*.json"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    (tmp_path / "app/attendance/service.py").write_text("from fastapi import Response\n\n__all__ = ['Response']\n")
    (tmp_path / "app/rolls/digests.py").write_text("from sqlalchemy import select\n\n__all__ = ['select']\n")
    (tmp_path / "app/core/db/paging.py").write_text("from app.core.http import paging\n\n__all__ = ['paging']\n")
    lint = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    result = subprocess.run(
        lint, cwd=tmp_path, env={"PATH": "/usr/bin", "PYTHONPATH": str(tmp_path)}, text=True, capture_output=True
    )
    assert result.returncode == 1
    broken = " ".join(result.stdout.split())
    assert "app.attendance.service -> fastapi" in broken
    assert "app.rolls.digests -> sqlalchemy" in broken
    assert "app.core.db is not allowed to import app.core.http" in broken
