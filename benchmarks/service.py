"""A service of several workers that can be killed and restarted, and clients with write scopes."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import NamedTuple

import httpx

from benchmarks.processes import PROJECT, START_TIMEOUT_SECONDS, find_free_port

NO_RATE_LIMITS = {"RAKORNAS_RATE_CLIENT": "0", "RAKORNAS_RATE_NETWORK": "0", "RAKORNAS_LOG_LEVEL": "CRITICAL"}


class Service:
    """`rakornas serve`; it has the same port after each restart."""

    def __init__(self, database_url: str, workers: int = 1) -> None:
        """Choose a free port, without starting the service."""
        self.environment = {**os.environ, **NO_RATE_LIMITS, "DATABASE_URL": database_url}
        self.port = find_free_port()
        self.command = [sys.executable, "-m", "app", "serve", "--port", str(self.port), "--workers", str(workers)]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the service, and wait until it is ready."""
        output = subprocess.DEVNULL
        self.process = subprocess.Popen(
            self.command, cwd=PROJECT, env=self.environment, stdout=output, stderr=output, start_new_session=True
        )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.base_url}/health/ready", timeout=5).status_code == 200:
                    return
            time.sleep(0.02)
        raise RuntimeError("the service is not ready in time")

    def kill(self) -> None:
        """Kill all processes of the service with SIGKILL."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def create_client(self, *scopes: str) -> "Client":
        """Create a client with `rakornas clients create`."""
        options = [part for scope in scopes for part in ("--scope", scope)]
        result = subprocess.run(
            [sys.executable, "-m", "app", "clients", "create", "--json", "--name", "benchmark", *options],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            check=True,
        )
        client = json.loads(result.stdout)
        return Client(self.base_url, client["client_id"], client["client_secret"])


class Client(NamedTuple):
    """The credentials of a client, and the address of the service."""

    base_url: str
    id: str
    secret: str

    def fetch_token(self) -> str:
        """Fetch an access token, and retry while the service restarts."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                response = httpx.post(
                    f"{self.base_url}/oauth/token",
                    data={"grant_type": "client_credentials"},
                    auth=(self.id, self.secret),
                    timeout=10,
                )
                if response.status_code == 200:
                    return str(response.json()["access_token"])
            time.sleep(0.2)
        raise RuntimeError("no access token was issued in time")
