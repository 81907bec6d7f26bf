"""The commands of the pages work as the pages say."""

import re
from pathlib import Path

import orjson
import pytest
from typer.main import get_command

from app.cli import app as command_line
from tests.docs.pages import PAGES, PROJECT, blocks, inline_code
from tests.docs.script import expected_bodies, expected_statuses, run_page
from tests.service.conftest import Service

EXECUTED = [page for page in PAGES if any(block.is_executed for block in blocks(page))]
MARKED = ("sh", "python", "http")


@pytest.mark.parametrize("page", EXECUTED, ids=lambda page: page.stem)
def test_the_commands_of_a_page(page: Path, pages_service: Service, pages_url: str, tmp_path: Path) -> None:
    """Each request has the status, and where the page shows it the body, that the page says."""
    outcome = run_page(page, pages_service.base_url, pages_url, tmp_path)
    assert outcome.statuses == expected_statuses(page), (outcome.bodies, outcome.output, pages_service.read_log())
    for number, body in expected_bodies(page):
        assert orjson.loads(outcome.bodies[number]) == body


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_block_says_whether_it_is_executed(page: Path) -> None:
    for block in blocks(page):
        if block.language not in MARKED:
            assert not block.is_executed, block
            continue
        (mark,) = block.marks
        if mark.startswith("test="):
            test = (PROJECT / mark.removeprefix("test=")).read_text()
            commands = re.findall(r"\brakornas ((?:[a-z]+ )*[a-z]+)", block.text)
            assert commands, block
            for words in commands:
                assert all(word in test for word in words.split()), (words, block)
        elif mark == "illustration":
            assert block.text.startswith("# illustration"), block
        else:
            assert mark == "run", block


def commands_of(page: Path) -> list[list[str]]:
    """The words after `rakornas` of all commands on a page, executed or not."""
    shell = [line for block in blocks(page) if block.language == "sh" for line in block.text.splitlines()]
    found = []
    for text in [*shell, *inline_code(page)]:
        _, rakornas, rest = text.partition("rakornas ")
        if rakornas and text.startswith(("rakornas ", "uv run rakornas ", "pip install uv && uv run rakornas ")):
            found.append(rest.split("#")[0].split("|")[0].split())
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_command_and_option_exists(page: Path) -> None:
    for words in commands_of(page):
        command = get_command(command_line)
        rest = [*words]
        while rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest.pop(0)]  # type: ignore[attr-defined]
        assert not getattr(command, "commands", None) or not rest, words
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in rest if word.startswith("--")} <= options, words
