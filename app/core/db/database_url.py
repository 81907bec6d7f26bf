"""Read a database URL as libpq does."""

import configparser
import os
import random
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from app.core.db.url_words import FILES, PASSED_ON, ConnectionOptions, read_word, refusal

DRIVER_SCHEMES = {f"{name}+{driver}" for name in ("postgresql", "postgres") for driver in ("asyncpg", "psycopg")}


def parse_url(url: str) -> ConnectionOptions:
    """Parse a database URL.

    Raises:
        UnsuitableDatabase: It is not a URL of PostgreSQL, or one of its parameters is not supported. The message does
            not contain the password.
    """
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in {"postgresql", "postgres", *DRIVER_SCHEMES}:
        raise refusal("must begin with postgresql://, for example postgresql://user@host:5432/database")
    try:
        parts = urlsplit(url)
        words = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise refusal("is not a valid URL") from None
    if parts.fragment or url.endswith("#"):
        raise refusal("contains #, which in a password is written %23")
    _check_hosts(parts.netloc.rpartition("@")[2])
    options = ConnectionOptions(dsn="")
    given = {name: value for name, value in words if value}  # the last value counts, as in libpq
    passed = {name: value for name, value in given.items() if name in PASSED_ON}
    for name, value in given.items():
        if name not in PASSED_ON:
            read_word(name, value, options, passed)
    for name in FILES:
        if name in passed and not Path(passed[name]).is_file():
            raise refusal(f"names the file {passed[name]} ({name}), which does not exist or cannot be read")
    netloc = _shuffle_hosts(parts.netloc, passed) if given.get("load_balance_hosts") == "random" else parts.netloc
    query = "&".join(f"{name}={quote(value, safe='/,:')}" for name, value in passed.items())
    _check_service(passed.get("service"), given.get("servicefile"))
    options.dsn = f"{scheme.partition('+')[0]}://{netloc}{parts.path}{f'?{query}' if query else ''}"
    return options


def _check_hosts(hosts: str) -> None:
    """Raise UnsuitableDatabase unless each port in a list of hosts is a number."""
    for host in hosts.split(","):
        _, _, port = host.rpartition("]")[2].partition(":")
        if port and not (port.isascii() and port.isdigit() and int(port) < 65536):
            raise refusal("has a port that is not a number; in a password @ is written %40, : %3A and / %2F")


def _shuffle_hosts(netloc: str, passed: dict[str, str]) -> str:
    """Put the hosts of a URL into a random order, in `passed` and in the returned authority."""
    if "host" in passed:
        hosts, ports = passed["host"].split(","), passed.get("port", "").split(",")
        pairs = list(zip(hosts, ports * len(hosts) if len(ports) == 1 else ports, strict=False))
        random.shuffle(pairs)
        passed["host"] = ",".join(host for host, _ in pairs)
        if any(ports):
            passed["port"] = ",".join(port for _, port in pairs)
    login, at, hosts_text = netloc.rpartition("@")
    hosts = hosts_text.split(",")
    random.shuffle(hosts)
    return f"{login}{at}{','.join(hosts)}"


def _check_service(service: str | None, file: str | None) -> None:
    """Raise UnsuitableDatabase if a service is named that no service file defines; asyncpg would ignore it."""
    if service is None:
        return
    path = Path(file or os.environ.get("PGSERVICEFILE") or Path.home() / ".pg_service.conf")
    services = configparser.ConfigParser()
    services.read(path)
    if service not in services.sections():
        raise refusal(f"names the service {service}, which is not defined in {path}")
