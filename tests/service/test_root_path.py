"""`rakornas serve` behind a proxy: the path in its own texts and in responses of the HTTP protocol, and the warning."""

import socket
from unittest import mock

import pytest

from app import serving
from tests.service.conftest import fetch_body, run_service
from tests.service.raw_http import build_get, exchange


@pytest.mark.parametrize("path", ["/layanan/rakornas", ""])
async def test_greeting_and_responses_of_the_protocol_have_the_path(loaded_url: str, path: str) -> None:
    with run_service("--database-url", loaded_url, "--root-path", path) as service:
        assert f"{service.base_url}{path}/v1/officials?q=tarmidzi" in service.greeting
        assert fetch_body(f"{service.base_url}{path}/v1/regions/31")
        received = await exchange(service.port, build_get(b"/" + b"a" * 9000), timeout=30)
        assert received.responses[0].status == 414
        assert f'"type":"{path}/problems/uri_too_long"'.encode() in received.responses[0].body
        metadata = fetch_body(f"{service.base_url}/.well-known/oauth-authorization-server{path}")
        assert f'"token_endpoint":"{service.base_url}{path}/oauth/token"'.encode() in metadata


@pytest.mark.parametrize(
    ("host", "issuer", "warns"),
    [
        ("0.0.0.0", "", True),
        ("10.1.2.3", "", True),
        ("::", "", True),
        ("fe80::1%eth0", "", True),
        ("0.0.0.0", "https://kpu.example", False),
        ("127.0.0.1", "", False),
        ("127.0.0.2", "", False),
        ("::1", "", False),
    ],
)
def test_missing_issuer_is_warned_of_unless_only_this_machine_can_connect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str, issuer: str, warns: bool
) -> None:
    monkeypatch.setenv("RAKORNAS_ISSUER", issuer)
    listener = mock.Mock(socket.socket, getsockname=lambda: (host, 8000))
    serving.warn_of_missing_issuer(listener, "/rakornas")
    warning = capsys.readouterr().err
    assert bool(warning) is warns
    if warning:
        assert "Set RAKORNAS_ISSUER to the public address" in warning
        assert ":8000/rakornas," in warning
