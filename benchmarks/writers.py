"""A service of several workers that is killed and started again, and a client that writes to it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

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

    def token(self, *scopes: str) -> str:
        """An access token of a new client, made on the command line and fetched as any client would."""
        asked = [part for scope in scopes for part in ("--scope", scope)]
        made = subprocess.run(
            [sys.executable, "-m", "app", "clients", "create", "--json", "--name", "benchmark", *asked],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            check=True,
        )
        client = json.loads(made.stdout)
        answer = httpx.post(
            f"{self.base_url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(client["client_id"], client["client_secret"]),
            timeout=PATIENCE,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])
