"""Landed migrations are never edited: migrations/versions/landed.sha256 contains the digests of their files.

The newest migration may still change. Before the next one is created, add its files to the list:
`cd migrations/versions && sha256sum FILE... >> landed.sha256`.
"""

import hashlib
import re
from pathlib import Path

from app import models
from migrations.scripts import VERSIONS_DIR

LANDED_DIGESTS = {
    name: digest
    for digest, name in (line.split("  ") for line in (VERSIONS_DIR / "landed.sha256").read_text().splitlines())
}


def files_by_revision() -> dict[str, list[Path]]:
    """Return the files of each migration: the module, and the scripts in the directory of its number."""
    modules = {
        re.findall(r'^revision = "(\d+)"', path.read_text(), re.MULTILINE)[0]: path
        for path in VERSIONS_DIR.glob("2*.py")
    }
    return {revision: [path, *sorted(VERSIONS_DIR.glob(f"{revision}_*/*"))] for revision, path in modules.items()}


def test_landed_files_are_unchanged() -> None:
    digests = {name: hashlib.sha256((VERSIONS_DIR / name).read_bytes()).hexdigest() for name in LANDED_DIGESTS}
    assert digests == LANDED_DIGESTS


def test_all_migrations_but_the_newest_are_listed() -> None:
    files = files_by_revision()
    assert models.SCHEMA_REVISION in files
    expected = [path for revision, paths in files.items() if revision != models.SCHEMA_REVISION for path in paths]
    assert [
        str(path.relative_to(VERSIONS_DIR))
        for path in expected
        if str(path.relative_to(VERSIONS_DIR)) not in LANDED_DIGESTS
    ] == []
