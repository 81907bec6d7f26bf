"""Write the migration for functions, views and triggers that were changed in migrations/sql.

`uv run python -m migrations.replace [NAME ...]` compares migrations/sql with the scripts of all migrations. It writes
the next migration with the new text (upgrade.sql) and the former text (downgrade.sql), and sets SCHEMA_REVISION to it.
Without names it takes every definition that has changed. With names it takes only those, even if they have not changed,
such as a view over a changed view.
"""

import argparse
import re
import sys
import textwrap
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from migrations import scripts
from migrations.scripts import DefinitionName

PROJECT_DIR = Path(__file__).parents[1]
SCHEMA_MODULE = PROJECT_DIR / "app" / "models" / "schema.py"
MIGRATION_TEMPLATE = '''"""Replace functions, views or triggers

{names}

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


class ReplacementError(Exception):
    """No migration can be written; the message says why."""


def read_migrated_definitions() -> dict[DefinitionName, str]:
    """Return the newest text of each definition in the scripts of all migrations, oldest migration first."""
    definitions: dict[DefinitionName, str] = {}
    for script in sorted(scripts.VERSIONS_DIR.glob("*/upgrade.sql")):
        for name, text in scripts.parse_definitions(scripts.read_script(script)).items():
            definitions.pop(name, None)
            if not scripts.is_dropped(text):
                definitions[name] = text
    return definitions


def find_changed_names(
    before: dict[DefinitionName, str], after: dict[DefinitionName, str], wanted: Iterable[str] = ()
) -> list[DefinitionName]:
    """Return the definitions to replace, in the order of migrations/sql.

    Args:
        before: The definitions in all migrations.
        after: The definitions in migrations/sql.
        wanted: Names from the command line; without any, everything that has changed.

    Raises:
        ReplacementError: There is nothing to replace, or a change needs another kind of migration.
    """
    wanted = set(wanted)
    if unknown := wanted - {name.name for name in after}:
        raise ReplacementError(f"Not in migrations/sql: {', '.join(sorted(unknown))}.")
    if removed := before.keys() - after.keys():
        names = ", ".join(sorted({name.name for name in removed}))
        raise ReplacementError(f"Not in migrations/sql any more: {names}. Drop each in the upgrade.sql of a migration.")
    changed = {name for name, text in after.items() if name not in before or _is_changed(text, before[name])}
    for name in changed & before.keys():
        if scripts.parse_arguments(after[name]) != scripts.parse_arguments(before[name]):
            raise ReplacementError(f"{name.name} has other arguments: add a function of another name.")
    chosen = {name for name in changed if not wanted} | {name for name in after if name.name in wanted}
    while dependents := set(_find_dependents(chosen, after)) - chosen:
        chosen |= dependents
    if not chosen:
        raise ReplacementError("Nothing in migrations/sql has changed.")
    return [name for name in after if name in chosen]


def _is_changed(text: str, former_text: str) -> bool:
    """Return whether two texts of a definition differ, apart from the comments before it."""
    return scripts.strip_leading_comments(text) != scripts.strip_leading_comments(former_text)


def _find_dependents(chosen: Iterable[DefinitionName], after: dict[DefinitionName, str]) -> Iterable[DefinitionName]:
    """Yield the definitions to run again.

    They are calls of a changed enable_…(), functions that use a changed type, and views over a changed view, which
    cannot be dropped without them.
    """
    for changed in chosen:
        for name, text in after.items():
            is_call = changed.kind == "FUNCTION" and name.kind == "CALL" and changed.name.startswith("enable_")
            is_user = changed.kind == "TYPE" and name.kind == "FUNCTION" and re.search(rf"\b{changed.name}\b", text)
            are_views = changed.kind == name.kind == "VIEW" and name != changed
            if is_call or is_user or (are_views and _reads_view(name, text, changed)):
                yield name


def _reads_view(name: DefinitionName, text: str, view: DefinitionName) -> bool:
    """Return whether the text of a view names another view, with its schema or through its search_path."""
    schema, _, bare = view.name.rpartition(".")
    schema = schema or view.search_path.partition(",")[0] or "public"
    body = re.sub("--.*", "", text).partition(" AS")[2]
    is_in_path = schema in (name.search_path or "public").split(", ")
    place = rf"(\b{schema}[.]|(?<![.])\b)" if is_in_path else rf"\b{schema}[.]"
    return re.search(rf"{place}{bare}\b", body) is not None


def build_script(statements: Iterable[tuple[DefinitionName, str]]) -> str:
    """Return a script that runs each statement with the search_path that it needs."""
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


def build_drop(name: DefinitionName) -> str:
    """Return the statement that drops a definition."""
    return f"DROP {name.kind} {name.name}{f' ON {name.table}' if name.table else ''};"


def write_migration(wanted: list[str]) -> list[Path]:
    """Write the next migration and set SCHEMA_REVISION to it. Returns the files written."""
    before, after = read_migrated_definitions(), scripts.parse_definitions(scripts.read_script(scripts.CURRENT_SCRIPT))
    changed = find_changed_names(before, after, wanted)
    [previous] = ScriptDirectory.from_config(Config(PROJECT_DIR / "alembic.ini")).get_heads()
    if not previous.isdigit():
        raise ReplacementError(f"The newest migration is {previous}: give it the next number of four digits.")
    revision = f"{int(previous) + 1:04}"
    names = list(dict.fromkeys(name.name for name in changed))
    slug = re.sub(r"\W+", "_", names[0])
    folder = f"{revision}_{slug}"
    # CREATE OR REPLACE VIEW cannot remove columns, so the views are dropped first, in reverse order.
    drops = [
        (name, build_drop(name))
        for name in reversed(changed)
        if name.kind == "VIEW" or (name not in before and name.kind != "CALL")
    ]
    former = [(name, before[name]) for name in changed if name in before]
    contents = {
        scripts.VERSIONS_DIR / folder / "upgrade.sql": build_script((name, after[name]) for name in changed),
        scripts.VERSIONS_DIR / folder / "downgrade.sql": build_script([*drops, *former]),
        scripts.VERSIONS_DIR / f"{datetime.now(UTC):%Y-%m-%d-%H%M}_{slug}.py": MIGRATION_TEMPLATE.format(
            names=textwrap.fill(", ".join(names), 120), revision=revision, previous=previous, folder=folder
        ),
        SCHEMA_MODULE: re.sub(
            r'(SCHEMA_REVISION = )"\d+"', rf'\1"{revision}"', SCHEMA_MODULE.read_text(encoding="utf-8")
        ),
    }
    (scripts.VERSIONS_DIR / folder).mkdir(exist_ok=True)
    for path, text in contents.items():
        path.write_text(text, encoding="utf-8")
    return list(contents)


def main() -> None:
    """Run the command; if it fails, print the reason and exit with 1."""
    parser = argparse.ArgumentParser(prog="python -m migrations.replace", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a function, view, trigger or type")
    try:
        written = write_migration(parser.parse_args().names)
    except (ReplacementError, scripts.ScriptError) as reason:
        raise SystemExit(str(reason)) from reason
    sys.stdout.writelines(f"{path.relative_to(PROJECT_DIR)}\n" for path in written)


if __name__ == "__main__":
    main()
