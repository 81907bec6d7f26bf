"""A pgbouncer in front of the tests' server."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from app.core.embedded.installation import choose_server_account
from tests.service.conftest import create_directory

CONFIGURATION = """
[databases]
{database} = host={host} port={server_port} dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {directory}/users.txt
pool_mode = {mode}
max_client_conn = 200
default_pool_size = 60
{further}
"""


def find_free_port() -> int:
    """Return a port of the loopback interface that no process listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def run_pgbouncer(url: str, user: str, mode: str, further: str = "") -> Iterator[str]:
    """Run a pgbouncer before the database of a URL, and yield the URL of the database through it."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    database = parts.path.removeprefix("/")
    with create_directory() as directory:
        port = find_free_port()
        (directory / "users.txt").write_text(f'"{user}" ""\n')
        settings = {"database": database, "host": query["host"][0], "server_port": query["port"][0], "port": port}
        (directory / "pgbouncer.ini").write_text(
            CONFIGURATION.format(**settings, mode=mode, further=further, directory=directory)
        )
        account = choose_server_account(Path(query["host"][0]).parent / "pg")
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                ["/usr/sbin/pgbouncer", directory / "pgbouncer.ini"],
                stdout=log,
                stderr=log,
                user=account.uid,
                group=account.gid,
                extra_groups=account.extra_groups,
            )
        try:
            _wait_until_listening(port, process, directory / "log")
            yield f"postgresql://{user}@127.0.0.1:{port}/{database}"
        finally:
            process.terminate()
            process.wait()


def _wait_until_listening(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(500):
        assert process.poll() is None, log.read_text()
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(log.read_text())
