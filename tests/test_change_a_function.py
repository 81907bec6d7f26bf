"""The steps of docs/database.md to change an SQL function work; the tests follow them in a copy of the tree."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app import models
from migrations import scripts
from tests.conftest import fetch_value
from tests.models.definitions import assert_script_changes_nothing

PROJECT = Path(__file__).parents[1]
PAGE = (PROJECT / "docs" / "database.md").read_text()
STEPS = PAGE.split("<!-- change a function -->")[1].split("<!-- /change a function -->")[0]

FORMER, NEW = "ELSE 're_entry'", "ELSE 're_entry' -- after an exit"
FUNCTION = "CREATE OR REPLACE FUNCTION forbid_update()"
SOURCE = "SELECT prosrc FROM pg_proc WHERE proname = $1"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("app", "migrations"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "alembic.ini", tmp_path)
    return tmp_path


def run(tree: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def replace(copy: Path, *names: str) -> list[str]:
    done = run(copy, "-m", "migrations.replace", *names)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def edit(copy: Path, file: str, former: str, new: str) -> None:
    path = copy / file
    assert path.read_text().count(former) == 1
    path.write_text(path.read_text().replace(former, new))


def next_revision() -> str:
    return f"{int(models.SCHEMA_REVISION) + 1:04}"


async def test_steps_of_the_page_work(copy: Path, database_url: str) -> None:
    [file] = re.findall(r"`(migrations/sql/\w+\.sql)`", STEPS)
    [name] = re.findall(r"uv run python -m migrations\.replace (\w+)`", STEPS)
    edit(copy, file, FORMER, NEW)
    written = replace(copy, name)
    assert [Path(path).name for path in written[:2]] == re.findall(r"`(\w+\.sql)`", STEPS)
    assert written[3] == "app/models/schema.py"
    assert f'SCHEMA_REVISION = "{next_revision()}"' in (copy / written[3]).read_text()
    migrated = run(
        copy, "-c", "import sys; from app import operations; print(operations.migrate(*sys.argv[1:]))", database_url
    )
    assert migrated.stdout == f"{(models.SCHEMA_REVISION, next_revision())}\n", migrated.stderr
    assert NEW in await fetch_value(database_url, SOURCE, name)
    await assert_script_changes_nothing(database_url, scripts.read_script(copy / "migrations/sql/all.sql"))
    assert alembic(copy, database_url, "downgrade", models.SCHEMA_REVISION).returncode == 0
    assert NEW not in await fetch_value(database_url, SOURCE, name)
    await assert_script_changes_nothing(database_url, scripts.read_script(scripts.CURRENT_SCRIPT))


@pytest.mark.full
async def test_migration_adds_functions_views_and_triggers(copy: Path, database_url: str) -> None:
    edit(
        copy,
        "migrations/sql/scan_views.sql",
        "CREATE OR REPLACE VIEW entries_and_exits AS",
        "CREATE OR REPLACE VIEW exits AS SELECT id FROM classified_scans WHERE classification = 'exit';\n\n"
        "CREATE OR REPLACE VIEW entries_and_exits AS",
    )
    edit(
        copy,
        "migrations/sql/clients.sql",
        "-- Trigger on clients, BEFORE UPDATE",
        "CREATE OR REPLACE FUNCTION notify_again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;\n"
        "CREATE OR REPLACE TRIGGER notify_again AFTER UPDATE ON clients\n"
        "FOR EACH STATEMENT EXECUTE FUNCTION notify_again();\n\n"
        "-- Trigger on clients, BEFORE UPDATE",
    )
    edit(copy, "migrations/sql/rules.sql", "DEFERRABLE INITIALLY IMMEDIATE", "DEFERRABLE INITIALLY DEFERRED")
    replace(copy)
    assert alembic(copy, database_url, "upgrade", "head").returncode == 0
    await assert_script_changes_nothing(database_url, scripts.read_script(copy / "migrations/sql/all.sql"))
    assert await fetch_value(database_url, "SELECT to_regclass('exits') <> to_regclass('history.exits')")
    assert alembic(copy, database_url, "downgrade", models.SCHEMA_REVISION).returncode == 0
    await assert_script_changes_nothing(database_url, scripts.read_script(scripts.CURRENT_SCRIPT))


@pytest.mark.full
async def test_migration_recreates_a_changed_view_and_its_dependents(copy: Path, database_url: str) -> None:
    edit(
        copy,
        "migrations/sql/attendance_views.sql",
        "    seen.entry\nFROM participants AS listed",
        "    seen.entry, listed.capacity\nFROM participants AS listed",
    )
    replace(copy, "derived_attendance", "history.attendance")
    assert alembic(copy, database_url, "upgrade", "head").returncode == 0
    await assert_script_changes_nothing(database_url, scripts.read_script(copy / "migrations/sql/all.sql"))
    assert alembic(copy, database_url, "downgrade", models.SCHEMA_REVISION).returncode == 0
    await assert_script_changes_nothing(database_url, scripts.read_script(scripts.CURRENT_SCRIPT))


@pytest.mark.full
async def test_migration_calls_a_changed_definition_function(copy: Path, database_url: str) -> None:
    edit(copy, "migrations/sql/history.sql", "AS version WHERE EXISTS (", "AS version WHERE true AND EXISTS (")
    replace(copy)
    assert alembic(copy, database_url, "upgrade", "head").returncode == 0
    await assert_script_changes_nothing(database_url, scripts.read_script(copy / "migrations/sql/all.sql"))


def test_changed_type_recreates_the_functions_that_use_it(copy: Path) -> None:
    edit(copy, "migrations/sql/check_in.sql", "p int, n int, id uuid, digest", "p int, n bigint, id uuid, digest")
    upgrade = copy / replace(copy)[0]
    assert [name.name for name in scripts.parse_definitions(upgrade.read_text())] == ["device_scan", "check_in"]


def test_second_run_writes_the_same_migration(copy: Path) -> None:
    edit(copy, "migrations/sql/check_in.sql", FORMER, NEW)
    first = replace(copy)
    (copy / first[2]).unlink()
    shutil.rmtree((copy / first[0]).parent)
    assert replace(copy)[:2] == first[:2]


def test_changed_arguments_are_refused(copy: Path) -> None:
    edit(
        copy,
        "migrations/sql/retention.sql",
        "erase_records(of_meeting text,",
        "erase_records(m text,",
    )
    assert "erase_records has other arguments" in run(copy, "-m", "migrations.replace").stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Nothing in migrations/sql has changed."),
        (["check_in", "nonsense"], "Not in migrations/sql: nonsense."),
    ],
)
def test_no_migration_without_a_change(copy: Path, arguments: list[str], reason: str) -> None:
    done = run(copy, "-m", "migrations.replace", *arguments)
    assert (done.returncode, done.stderr.strip()) == (1, reason)


def test_unparsable_script_is_one_error_line(copy: Path) -> None:
    edit(
        copy,
        "migrations/sql/audit.sql",
        FUNCTION,
        f"CREATE PROCEDURE p() LANGUAGE sql AS '';\n\n{FUNCTION}",
    )
    done = run(copy, "-m", "migrations.replace")
    reason = "A statement in a script of migrations is not understood: \"CREATE PROCEDURE p() LANGUAGE sql AS ''\"."
    assert (done.returncode, done.stderr.strip()) == (1, reason)


def test_changed_comment_needs_no_migration(copy: Path) -> None:
    edit(
        copy,
        "migrations/sql/days.sql",
        "-- Returns the first day of a partial date",
        "-- Returns the earliest day of a partial date",
    )
    assert "Nothing" in run(copy, "-m", "migrations.replace").stderr


def test_removed_function_must_be_dropped_manually(copy: Path) -> None:
    retention = copy / "migrations/sql/retention.sql"
    retention.write_text("")
    names = "erase_personal_data, erase_records, retention_periods"
    assert (
        f"Not in migrations/sql any more: {names}. Drop each in the upgrade.sql"
        in run(copy, "-m", "migrations.replace").stderr
    )
    dropped = copy / f"migrations/versions/{next_revision()}_dropped"
    dropped.mkdir()
    (dropped / "upgrade.sql").write_text(
        "DROP FUNCTION erase_personal_data;\nDROP FUNCTION erase_records;\nDROP VIEW retention_periods;\n"
    )
    assert "Nothing" in run(copy, "-m", "migrations.replace").stderr


def alembic(tree: Path, url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run(tree, "-m", "alembic", *arguments, DATABASE_URL=url)


async def test_database_of_an_unreleased_revision_is_refused(database_url: str) -> None:
    await fetch_value(database_url, "UPDATE alembic_version SET version_num = '0027'")
    done = alembic(PROJECT, database_url, "upgrade", "head")
    assert (done.returncode, done.stdout) == (1, "")
    assert "The schema is at revision 0027, from before the first release: it cannot be migrated" in done.stderr
    assert "Traceback" not in done.stderr
