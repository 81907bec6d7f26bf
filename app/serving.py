"""Server processes: the listening socket, uvicorn and its workers, and the texts printed at the start."""

import gc
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from multiprocessing.process import BaseProcess

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from app.core.embedded import process
from app.operations import OperatorError

GREETING_TEXT = """
Rakornas is listening. The explorer: {base}/docs

The members of the commission on the day the stages of Pemilu 2024 began:
  curl '{base}/v1/organizations/kpu/officials?as_of=2022-06-14'
The provincial commissions of that day:
  curl '{base}/v1/organizations?kind=commission&level=province&as_of=2022-06-14&fields=code,name'
A person, with any spelling of the name:
  curl '{base}/v1/officials?q=tarmidzi'
"""

FIRST_CLIENT_TEXT = """
This database had no client, so one with all scopes was created for this machine. Its secret is shown only once:
  client_id      {id}
  client_secret  {secret}
Get a token for ten minutes (the explorer's Authorize button does the same):
  curl -d grant_type=client_credentials -u {id}:{secret} {base}/oauth/token
"""


@contextmanager
def open_listener(host: str, port: int) -> Iterator[socket.socket]:
    """Open a listening socket and close it when the block ends; OperatorError if it cannot listen there.

    It is opened before anything else starts, so that a port in use is reported at once.

    Raises:
        OperatorError: The address cannot be used.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        raise OperatorError(
            f"Cannot listen on {host}, port {port}: {error.strerror}. Choose another one with --host and --port."
        ) from error
    with listener:
        yield listener


def format_greeting(listener: socket.socket, client: tuple[str, str] | None, root_path: str = "") -> str:
    """Return the text to print at the start: the URL and, if given, the first client's id and secret.

    Args:
        listener: The listening socket.
        client: Id and secret of the first client if it was just created.
        root_path: The prefix of the public paths, or empty.
    """
    base = base_url(listener) + root_path
    introduction = FIRST_CLIENT_TEXT.format(base=base, id=client[0], secret=client[1]) if client else ""
    return GREETING_TEXT.format(base=base) + introduction


def base_url(listener: socket.socket) -> str:
    """Return the URL at which this machine itself can reach the listening socket."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def warn_of_missing_issuer(listener: socket.socket, root_path: str) -> None:
    """Print a warning to standard error if other machines can connect although RAKORNAS_ISSUER is not set."""
    host = listener.getsockname()[0].partition("%")[0]
    if ip_address(host).is_loopback or os.environ.get("RAKORNAS_ISSUER"):
        return
    sys.stderr.write(
        f"Warning: this service listens on {host}, but RAKORNAS_ISSUER is not set. The token endpoint's metadata, "
        f"tokens and the QR codes of rolls name {base_url(listener)}{root_path}, which other machines may not reach. "
        "Set RAKORNAS_ISSUER to the public address, for example https://api.example.org.\n"
    )


def run_server(listener: socket.socket, workers: int, database_url: str, root_path: str = "") -> None:
    """Set DATABASE_URL and, if unset, the issuer in the environment; serve with `workers` processes until a signal.

    The signal is SIGINT or SIGTERM; the requests in progress are finished first.
    """
    os.environ["DATABASE_URL"] = database_url
    if not os.environ.get("RAKORNAS_ISSUER"):
        os.environ["RAKORNAS_ISSUER"] = base_url(listener) + root_path  # the same for all workers
    configuration = uvicorn.Config(
        "app.serving:create_worker_app",
        factory=True,
        http="app.core.http.protocol:Protocol",
        ws="none",
        lifespan="on",
        workers=workers,
        access_log=False,  # AccessLogMiddleware writes one line per request
        log_config=None,
        server_header=False,
        proxy_headers=False,  # RateLimitMiddleware decides which X-Forwarded-For it trusts
        timeout_keep_alive=75,  # longer than the 60 s of a proxy, which would otherwise reuse a closed connection
        timeout_graceful_shutdown=20,
        timeout_worker_healthcheck=10,  # a worker killed during a health check is replaced after this time
    )
    process.repeat_lost_sigterm()
    if workers == 1:
        uvicorn.Server(configuration).run(sockets=[listener])
        return
    with tempfile.TemporaryDirectory(prefix="rakornas-metrics-") as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory  # so that /metrics of any worker covers all workers
        Multiprocess(configuration, sockets=[listener]).run()


def create_worker_app() -> FastAPI:
    """Create the application of a server process, with JSON logs; stop the process when its parent ends."""
    from app.core import telemetry
    from app.main import create_app
    from app.settings import Settings

    process.repeat_lost_sigterm()
    settings = Settings()
    telemetry.configure_logging(settings.log_level)
    if parent := multiprocessing.parent_process():
        telemetry.discard_dead_worker_metrics()
        threading.Thread(target=_stop_with_parent, args=(parent,), daemon=True).start()
    app = create_app(settings)
    # The objects created so far live as long as the process: exempt them from garbage collection (100 ms each time).
    gc.collect()
    gc.freeze()
    return app


def _stop_with_parent(parent: BaseProcess) -> None:
    """Wait until the parent process ends, then stop this worker, which would otherwise keep the port in use."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
