"""Each parameter of a database URL is passed on, translated, ignored knowingly, or refused by name."""

import re
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from app.core.db import url_words
from app.core.db.database_url import parse_url
from app.core.db.faults import UnsuitableDatabase
from app.core.db.sessions import Connector

BASE = "postgresql://user:secret@db.example.org:6432/rakornas"
# libpq of PostgreSQL 18, "Parameter Key Words", without those of OAuth and SCRAM keys.
LIBPQ_WORDS = re.findall(
    r"\w+",
    """
    host hostaddr port dbname user password passfile require_auth channel_binding connect_timeout client_encoding
    options application_name fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count
    tcp_user_timeout replication gssencmode sslmode requiressl sslnegotiation sslcompression sslcert sslkey
    sslkeylogfile sslpassword sslcertmode sslrootcert sslcrl sslcrldir sslsni requirepeer ssl_min_protocol_version
    ssl_max_protocol_version min_protocol_version max_protocol_version krbsrvname gsslib gssdelegation service
    servicefile target_session_attrs load_balance_hosts
    """,
)


@pytest.mark.parametrize("word", LIBPQ_WORDS)
def test_every_word_of_libpq_is_known(word: str) -> None:
    tables = (url_words.PASSED_ON, url_words.TRANSLATED, url_words.ONLY_WITH, url_words.REFUSED)
    assert sum(word in table for table in tables) == 1


@pytest.mark.parametrize(
    "query",
    [
        "channel_binding=prefer",
        "gssencmode=disable",
        "client_encoding=UTF8",
        "sslcompression=1",
        "load_balance_hosts=disable",
        "keepalives=1",
        "connect_timeout=10",
        "application_name=x",
        "options=-c%20work_mem%3D8MB",
        "sslmode=require&channel_binding=disable&connect_timeout=5",
    ],
)
def test_understood_words_do_not_reach_the_server(query: str) -> None:
    assert parse_url(f"{BASE}?{query}").dsn in (BASE, f"{BASE}?sslmode=require")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"{BASE}?channel_binding=require", "has channel_binding=require, which is not supported: the driver does not"),
        (
            f"{BASE}?gssencmode=require",
            "gssencmode=require, which is not supported: connections are",
        ),
        (f"{BASE}?client_encoding=LATIN1", "client_encoding=LATIN1, which is not supported"),
        (f"{BASE}?require_auth=scram-sha-256", "the parameter require_auth, which is not supported: the driver cannot"),
        (f"{BASE}?hostaddr=10.0.0.1", "the parameter hostaddr, which is not supported: write the address as the host"),
        (f"{BASE}?connect_timeout=soon", "has connect_timeout=soon: it must be a whole number"),
        (f"{BASE}?keepalives_idle=1.5", "has keepalives_idle=1.5: it must be a whole number"),
        (f"{BASE}?options=-d%205", "has options=-d 5: only settings are supported, written -c name=value"),
        (f"{BASE}?load_balance_hosts=always", "it must be disable or random"),
        (f"{BASE}?sslrootcert=system&sslmode=require", "it needs sslmode=verify-full, not sslmode=require"),
        (f"{BASE}?sslrootcert=/no/such/file", "names the file /no/such/file (sslrootcert), which does not exist"),
        (f"{BASE}?service=nobody", "names the service nobody, which is not defined in"),
        (f"{BASE}?sslmod=require", "has the parameter sslmod, which is unknown"),
        (f"{BASE}?ssl=true", "the parameter ssl, which is not supported: write sslmode=require"),
        (f"{BASE}?pgbouncer=true", "a pooler must be in session mode"),
        (f"{BASE}?statement_timeout=5", "is written options=-c%20statement_timeout%3Dvalue"),
        ("postgresql://user:pass#word@db/rakornas", "contains #, which in a password is written %23"),
        ("postgresql://user:pa:ss/word@db/rakornas", "has a port that is not a number; in a password @ is written %40"),
        ("postgresql://db:port/rakornas", "has a port that is not a number"),
        ("postgresql://db,,other/rakornas", "has a host without a name in its list"),
        ("postgresql://db,other/rakornas?port=1,2,3", "has 2 hosts and 3 ports"),
        ("mysql://db/rakornas", "must begin with postgresql://"),
        ("host=db dbname=rakornas", "must begin with postgresql://"),
        ("jdbc:postgresql://db/rakornas", "must begin with postgresql://"),
    ],
)
def test_word_that_is_not_supported_is_named(url: str, reason: str) -> None:
    with pytest.raises(UnsuitableDatabase, match=re.escape(reason)) as error:
        parse_url(url)
    assert str(error.value).startswith("DATABASE_URL ")
    assert "secret" not in str(error.value)
    assert "word@" not in str(error.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgres+asyncpg"])
def test_schemes_of_other_programs_are_understood(scheme: str) -> None:
    assert parse_url(f"{scheme}://u@db/x").dsn == f"{scheme.partition('+')[0]}://u@db/x"


def test_values_are_translated() -> None:
    options = parse_url(
        f"{BASE}?connect_timeout=1&keepalives=0&keepalives_idle=60&keepalives_count=3&tcp_user_timeout=9000"
        "&fallback_application_name=second&application_name=first&options=-c%20work_mem%3D8MB%20--geqo=off"
    )
    assert options.connect_timeout == 2
    assert options.keepalive is False
    assert options.socket_options == {"TCP_KEEPIDLE": 60, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 9000}
    assert options.application_name == "first"
    assert options.settings == {"work_mem": "8MB", "geqo": "off"}


def test_certificates_of_the_system_are_a_file() -> None:
    dsn = parse_url(f"{BASE}?sslrootcert=system").dsn
    certificates = re.search(r"sslrootcert=([^&]+)", dsn)
    assert certificates is not None
    assert Path(certificates[1]).is_file()
    assert "sslmode=verify-full" in dsn


@pytest.mark.parametrize(
    ("url", "dsn"),
    [
        ("postgresql://u:p@db:1/x?dbname=y", "postgresql://u:p@db:1?dbname=y"),
        ("postgresql:///?dbname=y", "postgresql://?dbname=y"),
        ("postgresql://db/", "postgresql://db"),
        ("postgresql://u:p@db/x?user=v", "postgresql://:p@db/x?user=v"),
        ("postgresql://u:p@db/x?password=a+b", "postgresql://u@db/x?password=a%2Bb"),
        ("postgresql://u:p@db/x?user=v&password=q", "postgresql://db/x?user=v&password=q"),
        ("postgresql://a,b/x?port=6", "postgresql://a:6,b:6/x"),
        ("postgresql://a:1,[::1]:2/x?port=6,7", "postgresql://a:6,[::1]:7/x"),
        ("postgresql://u@a:1/x?host=/run/db", "postgresql://u@/x?host=/run/db&port=1"),
        ("postgresql://u@:6/x?host=/run/db", "postgresql://u@/x?host=/run/db&port=6"),
        ("postgresql://u@:6/x", "postgresql://u@/x?port=6"),
    ],
)
def test_query_decides_as_in_libpq(url: str, dsn: str) -> None:
    """Otherwise the service would use another database than psql with the same address."""
    assert parse_url(url).dsn == dsn


def test_hosts_are_tried_in_random_order() -> None:
    hosts = {parse_url("postgresql://u@a:1,b:2,c:3/x?load_balance_hosts=random").dsn for _ in range(200)}
    assert len(hosts) == 6
    assert "postgresql://u@c:3,a:1,b:2/x" in hosts
    pairs = {parse_url("postgresql:///x?host=a,b&port=1,2&load_balance_hosts=random").dsn for _ in range(200)}
    assert pairs == {"postgresql:///x?host=a,b&port=1,2", "postgresql:///x?host=b,a&port=2,1"}


def test_service_that_is_defined_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "services.conf").write_text("[votes]\nhost=db\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services.conf"))
    assert parse_url("postgresql:///?service=votes").dsn == "postgresql://?service=votes"
    assert parse_url(f"postgresql:///?service=votes&servicefile={tmp_path}/services.conf").arguments == {
        "servicefile": f"{tmp_path}/services.conf"
    }


def test_options_of_the_socket_are_set() -> None:
    with socket.socket() as tcp:
        transport = SimpleNamespace(get_extra_info=lambda _: tcp)
        connection: Any = SimpleNamespace(_transport=transport)
        parse_url(f"{BASE}?keepalives_idle=61").configure_socket(connection)
        assert tcp.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 61
        parse_url(f"{BASE}?keepalives=0").configure_socket(connection)
        assert tcp.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0


def test_connections_of_the_driver_have_a_transport() -> None:
    """`configure_socket` uses this private attribute."""
    assert "_transport" in asyncpg.Connection.__slots__


async def test_words_of_a_url_reach_the_connection(loaded_url: str) -> None:
    url = (
        f"{loaded_url}&application_name=mine&options=-c%20work_mem%3D7MB%20-c%20timezone=Asia/Jakarta&gssencmode=prefer"
    )
    connection = await Connector(url).connect()
    try:
        settings = [await connection.fetchval(f"SHOW {name}") for name in ("application_name", "work_mem", "timezone")]
    finally:
        await connection.close()
    assert settings == ["mine", "7MB", "UTC"]  # the service's own settings take precedence
