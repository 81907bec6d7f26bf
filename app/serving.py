"""How the application is put on the network."""

import gc
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from app.operations import OperatorError

GREETING_TEXT = """
Rakornas is listening. The explorer: {base}/docs

Who sat on the commission on the day the stages of Pemilu 2024 began:
  curl '{base}/v1/organizations/kpu/officials?as_of=2022-06-14'
The provincial commissions of that day:
  curl '{base}/v1/organizations?kind=commission&level=province&as_of=2022-06-14&fields=code,name'
A person, however the name is spelled:
  curl '{base}/v1/officials?q=tarmidzi'
"""

FIRST_CLIENT_TEXT = """
This database had no client yet. Here is one with all scopes, for this machine; its secret is shown only now:
  client_id      {id}
  client_secret  {secret}
A token, for ten minutes; the explorer's Authorize fetches one too:
  curl -d grant_type=client_credentials -u {id}:{secret} {base}/oauth/token
"""


@contextmanager
def open_listener(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket. It is bound before anything else starts, so that a port in use is told at once."""
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


def format_greeting(listener: socket.socket, client: tuple[str, str] | None) -> str:
    """What is said at the start: where the service is and, once, the id and secret of its first client."""
    base = base_url(listener)
    introduction = FIRST_CLIENT_TEXT.format(base=base, id=client[0], secret=client[1]) if client else ""
    return GREETING_TEXT.format(base=base) + introduction


def base_url(listener: socket.socket) -> str:
    """The address at which this machine finds the service."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def run_server(listener: socket.socket, workers: int, database_url: str) -> None:
    """Answer requests until SIGINT or SIGTERM, then finish those under way (20 s at most)."""
    os.environ["DATABASE_URL"] = database_url
    if not os.environ.get("RAKORNAS_ISSUER"):
        os.environ["RAKORNAS_ISSUER"] = base_url(listener)  # the same for all workers
    configuration = uvicorn.Config(
        "app.serving:create_worker_app",
        factory=True,
        http="app.core.http.protocol:Protocol",
        ws="none",
        lifespan="on",
        workers=workers,
        access_log=False,  # one line per request is written by Observability
        log_config=None,
        server_header=False,
        proxy_headers=False,  # whose X-Forwarded-For is believed, the room Limits knows
        timeout_keep_alive=75,  # longer than a proxy's 60 s, else its next request meets a closed connection
        timeout_graceful_shutdown=20,
        timeout_worker_healthcheck=10,  # a worker killed while it is asked is replaced only after this
    )
    if workers == 1:
        uvicorn.Server(configuration).run(sockets=[listener])
        return
    with tempfile.TemporaryDirectory(prefix="rakornas-metrics-") as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory  # so that any worker's /metrics speaks for all
        Multiprocess(configuration, sockets=[listener]).run()


def create_worker_app() -> FastAPI:
    """The application as a server process runs it, with JSON log lines."""
    from app.core import telemetry
    from app.main import create_app
    from app.settings import Settings

    settings = Settings()
    telemetry.configure_logging(settings.log_level)
    if parent := multiprocessing.parent_process():
        telemetry.discard_dead_worker_metrics()
        threading.Thread(target=_stop_with_parent, args=(parent,), daemon=True).start()
    app = create_app(settings)
    # What is there now stays. Left to the collector, it would be gone through again and again, 100 ms each time.
    gc.collect()
    gc.freeze()
    return app


def _stop_with_parent(parent: BaseProcess) -> None:
    """A worker whose parent was killed ends too: nobody else would tell it to, and it holds the port."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
