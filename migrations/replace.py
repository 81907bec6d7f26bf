"""Write the migration for functions, views and triggers that were changed in migrations/sql.

`uv run python -m migrations.replace [NAME ...]` compares migrations/sql with the scripts of all migrations. It writes
the next migration with the new text (upgrade.sql) and the former one (downgrade.sql), and raises SCHEMA_REVISION.
Without names it takes all that has changed.
"""

import argparse
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from migrations import scripts
from migrations.scripts import Name

PROJECT = Path(__file__).parents[1]
SCHEMA = PROJECT / "app" / "models" / "schema.py"
MIGRATION = '''"""Replace {names}

Must run under the previous release: a function keeps its arguments, a view its columns.

Revision: {revision}, after {previous}
"""

from migrations import scripts

revision = "{revision}"
down_revision = "{previous}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("{folder}/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("{folder}/downgrade.sql")
'''


class NothingToReplace(Exception):
    """There is no change that a migration could be written for; the message says why."""


def migrated_definitions() -> dict[Name, str]:
    """Return the newest text of each definition in the scripts of all migrations, oldest migration first."""
    found: dict[Name, str] = {}
    for script in sorted(scripts.VERSIONS.glob("*/upgrade.sql")):
        for name, text in scripts.definitions(scripts.read(script)).items():
            found.pop(name, None)
            if "CREATE" in text:  # else it is dropped
                found[name] = text
    return found


def changed_names(before: dict[Name, str], after: dict[Name, str], wanted: Iterable[str]) -> list[Name]:
    """Return what differs, in the order of migrations/sql; NothingToReplace if nothing does."""
    if removed := before.keys() - after.keys():
        names = ", ".join(sorted(name.name for name in removed))
        raise NothingToReplace(f"Not in migrations/sql any more: {names}. Drop it in a migration by hand.")
    changed = [
        name
        for name, text in after.items()
        if name not in before or scripts.without_comments_before(text) != scripts.without_comments_before(before[name])
    ]
    if unchanged := set(wanted) - {name.name for name in changed}:
        raise NothingToReplace(f"Not changed in migrations/sql: {', '.join(sorted(unchanged))}.")
    chosen = [name for name in changed if not wanted or name.name in wanted]
    if not chosen:
        raise NothingToReplace("Nothing in migrations/sql has changed.")
    return chosen


def script_of(statements: Iterable[tuple[Name, str]]) -> str:
    """Return a script that runs each statement under the search_path that it needs."""
    lines: list[str] = []
    search_path = ""
    for name, text in statements:
        if name.search_path != search_path:
            lines.append(f"SET search_path = {name.search_path};" if name.search_path else "RESET search_path;")
            search_path = name.search_path
        lines.append(text)
    if search_path:
        lines.append("RESET search_path;")
    return "\n\n".join(lines) + "\n"


def drop(name: Name) -> str:
    """Return the statement that drops what was not there before."""
    return f"DROP {name.kind} {name.name}{f' ON {name.table}' if name.table else ''};"


def write_migration(wanted: list[str]) -> list[Path]:
    """Write the next migration and raise SCHEMA_REVISION. Returns the files written."""
    before, after = migrated_definitions(), scripts.definitions(scripts.read(scripts.CURRENT))
    changed = changed_names(before, after, wanted)
    [previous] = ScriptDirectory.from_config(Config(PROJECT / "alembic.ini")).get_heads()
    revision = f"{int(previous) + 1:04}"
    names = list(dict.fromkeys(name.name for name in changed))
    slug = re.sub(r"\W+", "_", names[0])
    folder = f"{revision}_{slug}"
    former = [(name, before[name]) for name in changed if name in before]
    new = [(name, drop(name)) for name in reversed(changed) if name not in before]
    contents = {
        scripts.VERSIONS / folder / "upgrade.sql": script_of((name, after[name]) for name in changed),
        scripts.VERSIONS / folder / "downgrade.sql": script_of([*former, *new]),
        scripts.VERSIONS / f"{datetime.now(UTC):%Y-%m-%d-%H%M}_{slug}.py": MIGRATION.format(
            names=", ".join(names), revision=revision, previous=previous, folder=folder
        ),
        SCHEMA: re.sub(r'(SCHEMA_REVISION = )"\d+"', rf'\1"{revision}"', SCHEMA.read_text(encoding="utf-8")),
    }
    (scripts.VERSIONS / folder).mkdir()
    for path, text in contents.items():
        path.write_text(text, encoding="utf-8")
    return list(contents)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m migrations.replace", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a function, view, trigger or type")
    try:
        written = write_migration(parser.parse_args().names)
    except NothingToReplace as reason:
        raise SystemExit(str(reason)) from reason
    sys.stdout.writelines(f"{path.relative_to(PROJECT)}\n" for path in written)


if __name__ == "__main__":
    main()
