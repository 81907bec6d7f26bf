"""migrations/sql contains the current text of every function, view and trigger, and the models name the triggers."""

import re
from collections import defaultdict

import asyncpg
import pytest

from app import models
from migrations import replace, scripts
from tests.models.definitions import assert_script_changes_nothing


async def test_script_redefines_everything_without_a_change(database_url: str) -> None:
    await assert_script_changes_nothing(database_url, scripts.read_script(scripts.CURRENT_SCRIPT))


def test_migrations_contain_the_current_text() -> None:
    with pytest.raises(replace.ReplacementError, match="Nothing in migrations/sql has changed"):
        replace.find_changed_names(
            replace.read_migrated_definitions(),
            scripts.parse_definitions(scripts.read_script(scripts.CURRENT_SCRIPT)),
            [],
        )


def test_all_sql_includes_every_file() -> None:
    included = set(re.findall(r"^\\ir (\S+)$", scripts.CURRENT_SCRIPT.read_text(), re.MULTILINE))
    assert included == {path.name for path in scripts.CURRENT_SCRIPT.parent.glob("*.sql")} - {
        scripts.CURRENT_SCRIPT.name
    }


def test_names_are_unqualified() -> None:
    assert not re.search(r"\bpublic\.", scripts.read_script(scripts.CURRENT_SCRIPT))


async def test_models_name_the_triggers_of_their_tables(db: asyncpg.Connection) -> None:
    triggers_by_table = defaultdict(set)
    for row in await db.fetch(
        "SELECT relname, tgname FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid"
        " WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace"
    ):
        triggers_by_table[row["relname"]].add(row["tgname"])
    named = {mapper.class_.__tablename__: set(mapper.class_.__triggers__) for mapper in models.Base.registry.mappers}
    assert {table: triggers for table, triggers in named.items() if triggers} == triggers_by_table
