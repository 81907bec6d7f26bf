"""compose.yaml, the Makefile and the hooks are valid, and name what exists."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from typer.main import get_command

from app.cli import app as command_line
from app.core.db.sessions import NEWEST_POSTGRES_MAJOR, OLDEST_POSTGRES_MAJOR
from app.operations import SERVICE_ROLE
from app.settings import Settings
from tests.docs.configuration import variable_of
from tests.docs.pages import PROJECT, blocks

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "rakornas"}
MAKEFILE = (PROJECT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE)
MEMBERS = {
    "build",
    "command",
    "configs",
    "depends_on",
    "environment",
    "healthcheck",
    "image",
    "ports",
    "read_only",
    "restart",
    "tmpfs",
    "volumes",
}
CONDITIONS = {"service_healthy": "healthcheck", "service_completed_successfully": "command"}


class TestCompose:
    def test_says_that_it_is_an_illustration(self) -> None:
        assert (PROJECT / "compose.yaml").read_text().startswith("# Illustration")

    def test_members(self) -> None:
        assert COMPOSE.keys() <= {"name", "services", "configs", "volumes"}
        for name, service in SERVICES.items():
            assert service.keys() <= MEMBERS, name

    def test_its_postgres_is_one_that_is_served(self) -> None:
        image, _, version = SERVICES["database"]["image"].partition(":")
        assert image == "postgres"
        assert OLDEST_POSTGRES_MAJOR <= int(version) <= NEWEST_POSTGRES_MAJOR

    @pytest.mark.parametrize("name", OURS)
    def test_commands_and_options_exist(self, name: str) -> None:
        command, *rest = OURS[name]["command"]
        found = get_command(command_line).commands[command]  # type: ignore[attr-defined]
        options = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options

    @pytest.mark.parametrize("name", OURS)
    def test_its_settings_exist_and_are_valid(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        environment = OURS[name]["environment"]
        assert environment.keys() <= {variable_of(field) for field in Settings.model_fields}
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        assert Settings().database_url == environment["DATABASE_URL"]

    def test_serves_as_a_role_of_its_own(self) -> None:
        roles = {name: urlsplit(service["environment"]["DATABASE_URL"]).username for name, service in OURS.items()}
        owner = SERVICES["database"]["environment"]["POSTGRES_USER"]
        assert roles == {"migrate": owner, "load": owner, "service": SERVICE_ROLE}
        assert OURS["migrate"]["command"] == ["migrate", "--grant-to", SERVICE_ROLE]
        assert f"CREATE ROLE {SERVICE_ROLE} LOGIN" in COMPOSE["configs"]["service_role"]["content"]

    def test_passwords_and_hosts_agree(self) -> None:
        database = SERVICES["database"]["environment"]
        for service in OURS.values():
            url = urlsplit(service["environment"]["DATABASE_URL"])
            assert (url.hostname, url.path) == ("database", f"/{database['POSTGRES_DB']}")
            by_role = {database["POSTGRES_USER"]: database["POSTGRES_PASSWORD"]}
            assert url.password == by_role.get(url.username, url.password)
            if url.username == SERVICE_ROLE:
                assert f"PASSWORD '{url.password}'" in COMPOSE["configs"]["service_role"]["content"]

    def test_what_services_refer_to_exists(self) -> None:
        for name, service in SERVICES.items():
            for needed, how in service.get("depends_on", {}).items():
                assert CONDITIONS[how["condition"]] in SERVICES[needed], name
            for config in service.get("configs", ()):
                assert config["source"] in COMPOSE["configs"]
            for volume in service.get("volumes", ()):
                assert volume.partition(":")[0] in COMPOSE["volumes"]


class TestMakefile:
    def test_has_the_targets_that_contributors_are_shown(self) -> None:
        shown = [
            name
            for block in blocks(PROJECT / "CONTRIBUTING.md")
            for name in re.findall(r"^make (\w+)", block.text, re.MULTILINE)
        ]
        assert sorted(shown) == ["bench", "check", "docs", "run", "test"]
        assert set(shown) <= set(TARGETS)

    def test_no_target_is_a_file(self) -> None:
        assert MAKEFILE.splitlines()[0].split()[1:] == TARGETS

    def test_checks_what_ci_checks(self) -> None:
        steps = (PROJECT / ".ci" / "steps.sh").read_text()
        checked = re.search(r"^check_code\(\) \{\n(.*?)^\}", steps, re.MULTILINE | re.DOTALL)
        assert checked
        commands = re.findall(r"^    (uv run .*)$", checked[1], re.MULTILINE)
        for command in commands:
            assert f"\t{command}\n" in MAKEFILE

    def test_recipes_start_programs_through_uv(self) -> None:
        for recipe in re.findall(r"^\t(.*)$", MAKEFILE, re.MULTILINE):
            assert recipe.startswith(("uv run ", "@sed ")), recipe


def test_hooks_are_local_and_run_what_make_check_runs() -> None:
    (repository,) = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert f"\t{hook['entry']}" in MAKEFILE
