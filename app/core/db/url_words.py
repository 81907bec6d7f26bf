"""The parameters of a database URL: passed on, translated, ignored knowingly, or refused by name.

asyncpg takes every word that it does not know for a setting of the server, which then refuses the connection with an
error about a setting that nobody wrote. The words are those of libpq's manual, section "Parameter Key Words".
"""

import re
import shlex
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from app.core.db.faults import UnsuitableDatabase
from app.core.languages import Text

PASSED_ON = frozenset(
    (
        *("host", "port", "dbname", "database", "user", "password", "passfile", "service"),
        *("sslmode", "sslcert", "sslkey", "sslcrl", "sslpassword", "sslnegotiation"),
        *("ssl_min_protocol_version", "ssl_max_protocol_version", "target_session_attrs", "krbsrvname", "gsslib"),
    )
)
"""Parameters that asyncpg understands as libpq does."""
FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
"""Of these, the names of files, which must exist."""

ONLY_WITH: Mapping[str, tuple[frozenset[str], str]] = {
    "channel_binding": (frozenset({"disable", "prefer"}), "the driver does not bind SCRAM to the TLS channel"),
    "client_encoding": (frozenset({"utf8", "utf-8", "unicode", "auto"}), "the service speaks UTF-8"),
    "gssdelegation": (frozenset({"0"}), "credentials are not delegated"),
    "gssencmode": (frozenset({"disable", "prefer"}), "connections are encrypted with TLS (sslmode)"),
    "max_protocol_version": (frozenset({"3.0", "3.2", "latest"}), "the driver speaks version 3.0"),
    "min_protocol_version": (frozenset({"3.0"}), "the driver speaks version 3.0"),
    "replication": (frozenset({"false", "off", "no", "0"}), "the service runs SQL"),
    "sslcertmode": (frozenset({"allow"}), "a certificate is sent if the server asks for one"),
    "sslcompression": (frozenset({"0", "1"}), ""),
    "sslsni": (frozenset({"1"}), "the name of the host is always sent"),
}
"""Parameters that change nothing: the values with which they are accepted, and why not with others."""

REFUSED: Mapping[str, str] = {
    "hostaddr": "write the address as the host",
    "require_auth": "the driver cannot enforce it; set the method in the server's pg_hba.conf",
    "requirepeer": "the driver cannot enforce it; protect the directory of the socket",
    "requiressl": "write sslmode=require",
    "sslcrldir": "write sslcrl with one file",
    "sslkeylogfile": "set the environment variable SSLKEYLOGFILE",
    # Not libpq's, but seen in URLs of other programs.
    "ssl": "write sslmode=require or sslmode=verify-full",
    "schema": "the tables are in the schema public",
    "search_path": "the tables are in the schema public",
    "currentSchema": "the tables are in the schema public",
    "pgbouncer": "remove it; a pooler must be in session mode",
    "prepared_statement_cache_size": "remove it; a pooler must be in session mode",
    "statement_cache_size": "remove it; a pooler must be in session mode",
}
"""Parameters that would change what the connection is or guarantees, with what to do instead."""

SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
KEEPALIVE_OPTIONS = {
    "keepalives_idle": "TCP_KEEPIDLE",
    "keepalives_interval": "TCP_KEEPINTVL",
    "keepalives_count": "TCP_KEEPCNT",
    "tcp_user_timeout": "TCP_USER_TIMEOUT",  # milliseconds; the others are seconds
}


@dataclass
class ConnectionOptions:
    """The parts of a database URL.

    Attributes:
        dsn: The URL with the parameters that asyncpg understands.
        arguments: Further arguments for `asyncpg.connect`.
        settings: Settings of the server, from `options`.
        application_name: The name of the connection, or None.
        connect_timeout: Seconds, or None.
        socket_options: Values by name of the option (`TCP_KEEPIDLE` …).
        keepalive: Whether TCP keeps asking whether the server is still there.
    """

    dsn: str
    arguments: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    application_name: str | None = None
    connect_timeout: float | None = None
    socket_options: dict[str, int] = field(default_factory=dict)
    keepalive: bool = True

    def configure_socket(self, connection: asyncpg.Connection) -> None:
        """Set the options of the connection's TCP socket; a socket of the file system has none."""
        transport = getattr(connection, "_transport", None)
        tcp = transport.get_extra_info("socket") if transport is not None else None
        if tcp is None or tcp.family not in (socket.AF_INET, socket.AF_INET6):
            return
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(self.keepalive))
        for name, value in self.socket_options.items():
            if value > 0 and hasattr(socket, name):
                tcp.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def read_word(name: str, value: str, options: ConnectionOptions, passed: dict[str, str]) -> None:
    """Enter a parameter that asyncpg does not understand into the options; UnsuitableDatabase names it if it cannot."""
    if reader := _READERS.get(name):
        try:
            reader(name, value, options, passed)
        except ValueError as error:
            raise refusal(f"has {name}={value}: {error}") from None
    elif name in ONLY_WITH:
        accepted, reason = ONLY_WITH[name]
        if value.lower() not in accepted:
            raise refusal(f"has {name}={value}, which is not supported: {reason}")
    elif name in REFUSED:
        raise refusal(f"has the parameter {name}, which is not supported: {REFUSED[name]}")
    else:
        raise refusal(
            f"has the parameter {name}, which is unknown. A setting of the server is written "
            f"options=-c%20{name}%3Dvalue"
        )


def _read_connect_timeout(_: str, value: str, options: ConnectionOptions, __: dict[str, str]) -> None:
    """Enter connect_timeout; 0 and less mean the service's own time-out."""
    seconds = _parse_number(value)
    options.connect_timeout = max(seconds, 2) if seconds > 0 else None  # libpq takes 1 for 2


def _read_keepalive(name: str, value: str, options: ConnectionOptions, _: dict[str, str]) -> None:
    """Enter keepalives, keepalives_… and tcp_user_timeout."""
    if name == "keepalives":
        options.keepalive = _parse_number(value) != 0
    else:
        options.socket_options[KEEPALIVE_OPTIONS[name]] = _parse_number(value)


def _read_name(name: str, value: str, options: ConnectionOptions, _: dict[str, str]) -> None:
    """Enter application_name, or fallback_application_name if there is no other."""
    if name == "application_name" or options.application_name is None:
        options.application_name = value


def _read_options(_: str, value: str, options: ConnectionOptions, __: dict[str, str]) -> None:
    """Enter the settings of `options`: `-c name=value` and `--name=value`."""
    arguments = re.sub(r"(^|\s)-c\s+", r"\1-c", value)
    for argument in shlex.split(arguments):
        name, separator, setting = argument.removeprefix("--").removeprefix("-c").partition("=")
        if not argument.startswith(("-c", "--")) or not separator:
            raise ValueError("only settings are supported, written -c name=value")
        options.settings[name.replace("-", "_")] = setting


def _read_root_certificate(_: str, value: str, __: ConnectionOptions, passed: dict[str, str]) -> None:
    """Pass on sslrootcert; `system` means the certificates of the machine, and verify-full."""
    if value != "system":
        passed["sslrootcert"] = value
        return
    if passed.setdefault("sslmode", "verify-full") != "verify-full":
        raise ValueError(f"it needs sslmode=verify-full, not sslmode={passed['sslmode']}")
    candidates = (ssl.get_default_verify_paths().cafile, *SYSTEM_CERTIFICATES)
    files = [path for path in candidates if path and Path(path).is_file()]
    if not files:
        raise ValueError("this machine has no file of root certificates; name one")
    passed["sslrootcert"] = files[0]


def _read_load_balancing(_: str, value: str, __: ConnectionOptions, ___: dict[str, str]) -> None:
    """Accept load_balance_hosts, which `parse_url` applies."""
    if value not in ("disable", "random"):
        raise ValueError("it must be disable or random")


def _read_service_file(_: str, value: str, options: ConnectionOptions, __: dict[str, str]) -> None:
    """Enter servicefile."""
    options.arguments["servicefile"] = value


_READERS: Mapping[str, Callable[[str, str, ConnectionOptions, dict[str, str]], None]] = {
    "application_name": _read_name,
    "connect_timeout": _read_connect_timeout,
    "fallback_application_name": _read_name,
    "keepalives": _read_keepalive,
    **dict.fromkeys(KEEPALIVE_OPTIONS, _read_keepalive),
    "load_balance_hosts": _read_load_balancing,
    "options": _read_options,
    "servicefile": _read_service_file,
    "sslrootcert": _read_root_certificate,
}
TRANSLATED = frozenset(_READERS)
"""Parameters that this module translates."""


def _parse_number(value: str) -> int:
    """Return a value as a number; ValueError says what it must be."""
    if not re.fullmatch(r"-?\d{1,9}", value):
        raise ValueError("it must be a whole number")
    return int(value)


def refusal(reason: str) -> UnsuitableDatabase:
    """Return the error about a URL; `reason` continues the sentence."""
    return UnsuitableDatabase(
        Text(
            "DATABASE_URL tidak dapat dipakai; `rakornas serve` menyebutkan sebabnya saat dijalankan.",
            f"DATABASE_URL {reason}.",
        )
    )
