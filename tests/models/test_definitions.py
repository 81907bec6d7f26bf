"""migrations/sql has the current text of every function, view and trigger, and the models name their triggers."""

import re
from collections import defaultdict

import asyncpg
import pytest

from app import models
from migrations import replace, scripts
from tests.models.definitions import assert_script_changes_nothing


async def test_running_all_of_them_changes_nothing_and_leaves_none_out(database_url: str) -> None:
    await assert_script_changes_nothing(database_url, scripts.read_script(scripts.CURRENT_SCRIPT))


def test_the_migrations_have_the_same_text() -> None:
    with pytest.raises(replace.ReplacementError, match="Nothing in migrations/sql has changed"):
        replace.find_changed_names(
            replace.read_migrated_definitions(),
            scripts.parse_definitions(scripts.read_script(scripts.CURRENT_SCRIPT)),
            [],
        )


def test_each_file_is_part_of_the_whole() -> None:
    included = set(re.findall(r"^\\ir (\S+)$", scripts.CURRENT_SCRIPT.read_text(), re.MULTILINE))
    assert included == {path.name for path in scripts.CURRENT_SCRIPT.parent.glob("*.sql")} - {
        scripts.CURRENT_SCRIPT.name
    }


def test_names_are_unqualified() -> None:
    assert not re.search(r"\bpublic\.", scripts.read_script(scripts.CURRENT_SCRIPT))


async def test_each_model_names_the_triggers_on_its_table(db: asyncpg.Connection) -> None:
    found = defaultdict(set)
    for row in await db.fetch(
        "SELECT relname, tgname FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid"
        " WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace"
    ):
        found[row["relname"]].add(row["tgname"])
    named = {mapper.class_.__tablename__: set(mapper.class_.__triggers__) for mapper in models.Base.registry.mappers}
    assert {table: triggers for table, triggers in named.items() if triggers} == found
