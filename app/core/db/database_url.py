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
        query = parts.query.replace("+", "%2B")  # in libpq, + is not a blank
        words = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
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
    netloc, path = _apply_precedence(parts.netloc, parts.path, passed)
    if given.get("load_balance_hosts") == "random":
        netloc = _shuffle_hosts(netloc, passed)
    query = "&".join(f"{name}={quote(value, safe='/,:')}" for name, value in passed.items())
    _check_service(passed.get("service"), given.get("servicefile"))
    options.dsn = f"{scheme.partition('+')[0]}://{netloc}{path}{f'?{query}' if query else ''}"
    return options


def _check_hosts(hosts: str) -> None:
    """Raise UnsuitableDatabase unless each port in a list of hosts is a number, and each host has a name."""
    for item in hosts.split(","):
        host, port = _split_port(item)
        if not host and "," in hosts:
            raise refusal("has a host without a name in its list")
        if port and not (port.isascii() and port.isdigit() and int(port) < 65536):
            raise refusal("has a port that is not a number; in a password @ is written %40, : %3A and / %2F")


def _split_port(host: str) -> tuple[str, str]:
    """Split the text of a host into its name or address and its port, which may be empty."""
    head, bracket, tail = host.rpartition("]")
    name, _, port = tail.partition(":")
    return f"{head}{bracket}{name}", port


def _apply_precedence(netloc: str, path: str, passed: dict[str, str]) -> tuple[str, str]:
    """Return the authority and the path without what the query says otherwise, because in libpq the query decides.

    asyncpg would use the authority and the path, and so another server, database or user than psql.
    """
    login, _, hosts = netloc.rpartition("@")
    user, _, password = login.partition(":")
    user = "" if "user" in passed else user
    password = "" if "password" in passed else password
    pairs = [_split_port(item) for item in hosts.split(",")]
    if "host" in passed or not pairs[0][0]:
        if any(port for _, port in pairs):
            passed.setdefault("port", ",".join(port or "5432" for _, port in pairs))
        hosts = ""
    elif "port" in passed:
        ports = passed.pop("port").split(",")
        if len(ports) not in (1, len(pairs)):
            raise refusal(f"has {len(pairs)} hosts and {len(ports)} ports")
        ports = ports * len(pairs) if len(ports) == 1 else ports
        hosts = ",".join(f"{host}:{port}" if port else host for (host, _), port in zip(pairs, ports, strict=True))
    login = f"{user}:{password}" if password else user
    has_database = path not in ("", "/") and not passed.keys() & {"dbname", "database"}
    return f"{login}@{hosts}" if login else hosts, path if has_database else ""


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
