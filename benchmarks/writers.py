"""A service of several workers that is killed and started again, and a client that writes to it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import NamedTuple

import httpx

from benchmarks.processes import PATIENCE, PROJECT

UNLIMITED = {"RAKORNAS_RATE_CLIENT": "0", "RAKORNAS_RATE_NETWORK": "0", "RAKORNAS_LOG_LEVEL": "CRITICAL"}


class Service:
    """`rakornas serve` on one port for all of its lives."""

    def __init__(self, database_url: str, workers: int = 1) -> None:
        self.environment = {**os.environ, **UNLIMITED, "DATABASE_URL": database_url}
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = int(listener.getsockname()[1])
        self.command = [sys.executable, "-m", "app", "serve", "--port", str(self.port), "--workers", str(workers)]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        out = subprocess.DEVNULL
        self.process = subprocess.Popen(
            self.command, cwd=PROJECT, env=self.environment, stdout=out, stderr=out, start_new_session=True
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.base_url}/health/ready", timeout=5).status_code == 200:
                    return
            time.sleep(0.02)
        raise RuntimeError("the service does not answer")

    def kill(self) -> None:
        """kill -9, of all its processes at once."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def client(self, *scopes: str) -> "Client":
        """A new client, made on the command line."""
        asked = [part for scope in scopes for part in ("--scope", scope)]
        made = subprocess.run(
            [sys.executable, "-m", "app", "clients", "create", "--json", "--name", "benchmark", *asked],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            check=True,
        )
        client = json.loads(made.stdout)
        return Client(self.base_url, client["client_id"], client["client_secret"])


class Client(NamedTuple):
    """What a client proves itself with, and where."""

    base_url: str
    id: str
    secret: str

    def token(self) -> str:
        """An access token, fetched as any client would, also while the service is just being started again."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                answer = httpx.post(
                    f"{self.base_url}/oauth/token",
                    data={"grant_type": "client_credentials"},
                    auth=(self.id, self.secret),
                    timeout=10,
                )
                if answer.status_code == 200:
                    return str(answer.json()["access_token"])
            time.sleep(0.2)
        raise RuntimeError("no token")
