"""Run a command with a service: `python -m tests.with_service DATA_DIR [OPTION …] COMMAND …`.

In the command, `{url}` is replaced by the service's address, and `{token}` by a token of a new client, with the scopes
of `--scope SCOPE` (`all`, or several separated by commas; default: changes:read), bound to the organization of
`--organization CODE`. The database has the reference data and the example rows. With `--database-only` no service is
started, and the database has the reference data only. DATABASE_URL is set to the database of the embedded server.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app import operations
from app.auth import Scope
from tests import openapi

# The command may send any number of requests without a 429.
UNLIMITED = {"RAKORNAS_RATE_CLIENT": "0", "RAKORNAS_RATE_NETWORK": "0"}


@contextmanager
def run_service(url: str) -> Iterator[str]:
    """Run `rakornas serve` on this database and a free port, and yield its address."""
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--database-url", url]
    environment = {**os.environ, **UNLIMITED}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if found := re.search(r"http://[^/\s]+", line):
                    break
            else:
                raise SystemExit("the service did not start")
            yield found[0]
        finally:
            process.terminate()


def create_token(database: str, url: str, scopes: str, organization: str | None) -> str:
    """Create a client, and return a token of it, which is valid for ten minutes."""
    each = [str(scope) for scope in Scope] if scopes == "all" else scopes.split(",")
    bound = ["--organization", organization] if organization else []
    command = [
        sys.executable,
        "-m",
        "app",
        "clients",
        "create",
        "--name",
        "beside",
        "--json",
        "--database-url",
        database,
    ]
    for scope in each:
        command += ["--scope", scope]
    created = json.loads(subprocess.run([*command, *bound], stdout=subprocess.PIPE, check=True).stdout)
    response = httpx.post(
        f"{url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(created["client_id"], created["client_secret"]),
    )
    return str(response.raise_for_status().json()["access_token"])


def main(data_dir: str, *arguments: str) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.with_service DATA_DIR", allow_abbrev=False)
    parser.add_argument("--database-only", action="store_true")
    parser.add_argument("--scope")
    parser.add_argument("--organization")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    with operations.open_database(None, Path(data_dir)) as database:
        operations.migrate(database.url)
        operations.load_if_empty(database.url)
        environment = {**os.environ, "DATABASE_URL": database.url}
        if options.database_only:
            return subprocess.run(options.command, env=environment, check=False).returncode
        with run_service(database.url) as url:
            bearer = create_token(database.url, url, options.scope or "changes:read", options.organization)
            asyncio.run(openapi.insert_example_rows(database.url))
            filled = [part.replace("{url}", url).replace("{token}", bearer) for part in options.command]
            return subprocess.run(filled, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
