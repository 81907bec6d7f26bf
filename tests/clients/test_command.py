"""The commands `rakornas clients …`."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from app import operations
from app.auth import Scope
from app.cli import app
from app.clients import maintenance
from app.settings import Settings
from tests.auth.credentials import build_jwk_set, fetch_token, generate_key
from tests.conftest import connect_client, fetch_value, run_application

LINES = "SELECT array_agg(operation ORDER BY id) FROM audit_lines WHERE client IS NULL AND operation LIKE 'clients %'"


async def run_command(url: str, *arguments: str) -> Result:
    """Run the command in a thread, because it starts its own event loop."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "RAKORNAS_"))}
    command_line = ["clients", *arguments, "--database-url", url]
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, command_line, env=environment))


async def create_client(url: str, *options: str) -> dict[str, Any]:
    created = await run_command(url, "create", "--name", "bappenas", "--scope", "changes:read", *options, "--json")
    assert created.exit_code == 0, created.output
    document: dict[str, Any] = json.loads(created.stdout)
    return document


async def can_fetch_token(url: str, id_: str, secret: str) -> bool:
    async with run_application(Settings(DATABASE_URL=url)) as service, connect_client(service) as client:
        form = {"grant_type": "client_credentials"}
        answer = await client.post("/oauth/token", data=form, auth=httpx.BasicAuth(id_, secret))
        return answer.status_code == 200


async def test_client_is_created_rotated_and_revoked(own_url: str) -> None:
    created = await create_client(own_url)
    assert set(created) == {"client_id", "client_secret"}
    id_, first = created["client_id"], created["client_secret"]
    assert await can_fetch_token(own_url, id_, first)
    second = json.loads((await run_command(own_url, "add-secret", id_, "--json")).stdout)["client_secret"]
    rejected = await run_command(own_url, "add-secret", id_)
    assert (rejected.exit_code, rejected.stdout) == (1, "")
    assert "two live secrets" in rejected.stderr
    (listed,) = json.loads((await run_command(own_url, "list", "--json")).stdout)
    assert (listed["id"], listed["scopes"], len(listed["secrets"])) == (id_, ["changes:read"], 2)
    assert (await run_command(own_url, "revoke-secret", id_, listed["secrets"][0]["id"])).exit_code == 0
    assert (await can_fetch_token(own_url, id_, first), await can_fetch_token(own_url, id_, second)) == (False, True)
    assert (await run_command(own_url, "list")).stdout == f"{id_}\tbappenas\tchanges:read\t1 secrets\tlive\n"
    assert (await run_command(own_url, "revoke", id_)).exit_code == 0
    assert not await can_fetch_token(own_url, id_, second)
    assert "\t0 secrets\trevoked 20" in (await run_command(own_url, "list")).stdout
    done = ["create", "add-secret", "revoke-secret", "revoke"]
    assert await fetch_value(own_url, LINES) == [f"clients {one}" for one in done]


async def test_create_prints_the_id_and_the_secret(own_url: str) -> None:
    scopes = ("--scope", " changes:read  audit:read ", "--scope", "audit:read")
    created = await run_command(own_url, "create", "--name", "a", *scopes)
    names = [line.split()[0] for line in created.stdout.splitlines()]
    assert names == ["client_id", "client_secret"]
    assert "not shown again" in created.stderr
    assert "\ta\tchanges:read audit:read\t" in (await run_command(own_url, "list")).stdout


@pytest.mark.parametrize("is_single", [True, False])
async def test_client_with_keys_has_no_secret(own_url: str, tmp_path: Path, is_single: bool) -> None:
    """Given as a JWK Set or as a single JWK."""
    keys = build_jwk_set(generate_key())
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(keys["keys"][0] if is_single else keys))
    assert (await create_client(own_url, "--jwks", str(file), "--organization", "kpu-31"))["client_secret"] is None
    assert await fetch_value(own_url, "SELECT jwks = $1::text::jsonb FROM clients", json.dumps(keys))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "--name", "a", "--scope", "changes:write"), "--scope: Must be one of"),
        (("create", "--name", " ", "--scope", "changes:read"), "--name: "),
        (
            ("create", "--name", "a", "--scope", "changes:read", "--organization", "x"),
            "no organization with the code 'x'",
        ),
        (("create", "--name", "a", "--scope", "changes:read", "--meeting", "x"), "no meeting with the code 'x'"),
        (("revoke", "01a20c10-0ae2-7033-aa5d-2a6bfa807bee"), "no such client"),
        (("revoke", "bappenas"), "UUID"),
        (("revoke-secret", "01a20c10-0ae2-7033-aa5d-2a6bfa807bee", "x"), "no such client"),
    ],
)
async def test_invalid_command_prints_one_sentence(own_url: str, arguments: tuple[str, ...], message: str) -> None:
    rejected = await run_command(own_url, *arguments)
    assert (rejected.exit_code, rejected.stdout) == (1, "")
    assert message in rejected.stderr
    assert len(rejected.stderr.splitlines()) == 1
    assert await fetch_value(own_url, "SELECT count(*) FROM clients") == 0


async def test_file_without_keys_is_rejected(own_url: str, tmp_path: Path) -> None:
    for content in ("{", '{"keys": []}'):
        file = tmp_path / "keys.json"
        file.write_text(content)
        arguments = ("create", "--name", "a", "--scope", "changes:read", "--jwks", str(file))
        assert (await run_command(own_url, *arguments)).exit_code in (1, 2)
    assert await fetch_value(own_url, "SELECT count(*) FROM clients") == 0


async def test_first_client_is_created_once(own_url: str) -> None:
    """Even if several processes start at once."""
    created = await asyncio.gather(
        *(asyncio.to_thread(operations.run_in_transaction, own_url, maintenance.create_first_client) for _ in range(3))
    )
    ((id_, secret),) = [credentials for credentials in created if credentials]
    async with run_application(Settings(DATABASE_URL=own_url)) as service, connect_client(service) as client:
        assert await fetch_token(client, id_, secret, scope=" ".join(Scope))
    assert await asyncio.to_thread(operations.run_in_transaction, own_url, maintenance.create_first_client) is None
