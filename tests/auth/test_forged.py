"""Tokens that are no good, each wrong in one way only: 401, before the body is read and without a connection."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from joserfc.jwk import ECKey
from sqlalchemy import event

from app.auth.keys import SigningKey
from app.state import state_of
from tests.auth.made import bearer, decoded, encoded, new_ed_key, new_key, signed, token_of

Parts = tuple[dict[str, Any], dict[str, Any], SigningKey]
Forge = Callable[[Parts], str]
NOW = time.time


def header(**changes: Any) -> Forge:
    """With these members of the header; None takes one away."""

    def forge(parts: Parts) -> str:
        changed = {name: value for name, value in {**parts[0], **changes}.items() if value is not None}
        return signed(changed, parts[1], parts[2].private_key)

    return forge


def claims(**changes: Any) -> Forge:
    def forge(parts: Parts) -> str:
        changed = {name: value for name, value in {**parts[1], **changes}.items() if value is not None}
        return signed(parts[0], changed, parts[2].private_key)

    return forge


def later(name: str, seconds: float) -> Forge:
    return lambda parts: claims(**{name: int(NOW() + seconds)})(parts)  # noqa: PLW0108  (the time is that of its making)


def raw_claims(write: Callable[[str], str]) -> Forge:
    """With the text of the claims written otherwise."""
    return lambda parts: signed(parts[0], write(json.dumps(parts[1])).encode(), parts[2].private_key)


def signature(change: Callable[[bytes], bytes]) -> Forge:
    def forge(parts: Parts) -> str:
        head, body, made = signed(*parts[:2], parts[2].private_key).split(".")
        return ".".join([head, body, encoded(change(base64.urlsafe_b64decode(made + "==")))])

    return forge


def none(parts: Parts) -> str:
    return f"{encoded({**parts[0], 'alg': 'none'})}.{encoded(parts[1])}."


def hmac_with(material: Callable[[ECKey], bytes]) -> Forge:
    """The public key, which everybody has, taken for a shared secret."""

    def forge(parts: Parts) -> str:
        text = f"{encoded({**parts[0], 'alg': 'HS256'})}.{encoded(parts[1])}"
        mac = hmac.digest(material(parts[2].private_key), text.encode(), hashlib.sha256)
        return f"{text}.{encoded(mac)}"

    return forge


def by_another_key(parts: Parts) -> str:
    return signed(*parts[:2], new_key(parts[2].kid))


def with_its_own_key(parts: Parts) -> str:
    key = new_key()
    return signed({**parts[0], "jwk": key.as_dict(private=False)}, parts[1], key)


def by_ed25519(parts: Parts) -> str:
    return signed({**parts[0], "alg": "Ed25519"}, parts[1], new_ed_key(parts[2].kid))


def der(parts: Parts) -> str:
    text = f"{encoded(parts[0])}.{encoded(parts[1])}"
    made = parts[2].private_key.get_op_key("sign").sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    return f"{text}.{encoded(made)}"


def text(change: Callable[[str], str]) -> Forge:
    return lambda parts: change(signed(*parts[:2], parts[2].private_key))


FORGED: dict[str, Forge] = {
    "none": none,
    "none with a signature": header(alg="none"),
    "None": header(alg="None"),
    "no alg": header(alg=None),
    "RS256": header(alg="RS256"),
    "HS256 with the PEM": hmac_with(lambda key: key.as_pem(private=False)),
    "HS256 with the DER": hmac_with(lambda key: key.as_der(private=False)),
    "HS256 with the JWK": hmac_with(lambda key: json.dumps(key.as_dict(private=False)).encode()),
    "Ed25519 under our name": by_ed25519,
    "jku": header(jku="https://evil.example/jwks.json"),
    "x5u": header(x5u="https://evil.example/cert.pem"),
    "x5c": header(x5c=["MIIB"]),
    "crit": header(crit=["exp"]),
    "b64": header(b64=False),
    "its own key": with_its_own_key,
    "typ JWT": header(typ="JWT"),
    "no typ": header(typ=None),
    "typ that is no text": header(typ=["at+jwt"]),
    "another kid": header(kid="nobody's"),
    "no kid": header(kid=None),
    "kid that is no text": header(kid={"a": 1}),
    "another key": by_another_key,
    "another audience": claims(aud="sirekap"),
    "no audience": claims(aud=None),
    "audiences without ours": claims(aud=["sirekap", "sidalih"]),
    "audience that is no text": claims(aud=["rakornas", 1]),
    "another issuer": claims(iss="https://evil.example"),
    "no issuer": claims(iss=None),
    "expired": later("exp", -1),
    "no exp": claims(exp=None),
    "exp as text": claims(exp="9999999999"),
    "exp true": claims(exp=True),
    "not yet valid": later("nbf", 30),
    "made tomorrow": later("iat", 86400),
    "no client": claims(client_id=None),
    "another subject": claims(sub="somebody else"),
    "no revision": claims(rakornas_revision=None),
    "revision as text": claims(rakornas_revision="1"),
    "scopes as a list": claims(scope=["clients:admin"]),
    "a limit that is no text": claims(rakornas_organization=["kpu-31"]),
    "a line feed in the name": claims(name="a\nb"),
    "exp twice": raw_claims(lambda text: text[:-1] + ', "exp": 99999999999}'),
    "exp NaN": raw_claims(lambda text: text[:-1] + ', "nbf": NaN}'),
    "claims are a list": raw_claims(lambda text: f"[{text}]"),
    "claims are no JSON": raw_claims(lambda text: text[1:]),
    "claims as deep as they go": raw_claims(lambda text: text[:-1] + ', "x": ' + "[" * 3000 + "]" * 3000 + "}"),
    "a bit of the signature": signature(lambda made: bytes([made[0] ^ 1]) + made[1:]),
    "zeros as signature": signature(lambda made: bytes(len(made))),
    "half a signature": signature(lambda made: made[:32]),
    "a longer signature": signature(lambda made: made + b"\0"),
    "DER": der,
    "empty signature": text(lambda token: token.rpartition(".")[0] + "."),
    "a fourth part": text(lambda token: f"{token}.e30"),
    "padding": text(lambda token: f"{token}=="),
    "a blank in it": text(lambda token: token.replace(".", " .", 1)),
    "other alphabet": text(lambda token: token[:-3] + "+/+"),
    "very long": text(lambda token: token + "A" * 9000),
    "nothing": lambda _: "",
}


@pytest_asyncio.fixture(scope="module")
async def parts(app: FastAPI, client: httpx.AsyncClient) -> AsyncIterator[Parts]:
    """A good token's header and claims, and the key that signs."""
    yield *decoded(await token_of(app, client)), await state_of(app).token_verifier.get_signing_key()


@pytest.fixture
def connections(app: FastAPI) -> Iterator[list[str]]:
    """The connections that are taken from any pool during the test."""
    taken: list[str] = []
    database = state_of(app).database
    pools = [
        engine.sync_engine.pool for engine in (database.read_engine, database.history_engine, database.write_engine)
    ]

    def note(*_: Any) -> None:
        taken.append("one")

    for pool in pools:
        event.listen(pool, "checkout", note)
    yield taken
    for pool in pools:
        event.remove(pool, "checkout", note)


async def test_the_one_that_all_are_made_of_is_good(client: httpx.AsyncClient, parts: Parts) -> None:
    """Else the forged ones might be refused for another reason than theirs; so may a list of audiences with ours."""
    for forge in (header(), claims(aud=["sirekap", "rakornas"]), header(typ="application/AT+JWT"), later("nbf", -1)):
        answer = await client.get("/v1/clients", headers=bearer(forge(parts)))
        assert answer.status_code == 200


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_forged_one_is_refused(
    client: httpx.AsyncClient, parts: Parts, connections: list[str], forge: Forge
) -> None:
    read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read = True
        yield b"{"

    headers = {**bearer(forge(parts)), "Content-Type": "application/json"}
    answers = [await client.get(path, headers=headers) for path in ("/v1/clients", "/v1/regions/31", "/nowhere")]
    answers.append(await client.post("/v1/clients", headers=headers, content=body()))
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == 'Bearer realm="rakornas", error="invalid_token"'
        assert answer.headers["cache-control"] == "no-store"
    assert not read
    assert connections == []


@pytest.mark.parametrize(
    "given",
    [
        ["Basic eDp5"],
        ["Bearer"],
        ["Bearer "],
        ["Token {}"],
        ["{}"],
        ["Bearer {}", "Bearer {}"],
        ["Bearer {}, Bearer {}"],
    ],
)
async def test_it_must_stand_alone_and_as_bearer(client: httpx.AsyncClient, parts: Parts, given: list[str]) -> None:
    token = header()(parts)
    headers = [("Authorization", one.replace("{}", token)) for one in given]
    assert (await client.get("/v1/regions/31", headers=headers)).status_code == 401


async def test_the_scheme_is_written_as_one_likes(client: httpx.AsyncClient, parts: Parts) -> None:
    answer = await client.get("/v1/clients", headers={"Authorization": f"bearer  {header()(parts)}"})
    assert answer.status_code == 200


async def test_head_and_a_good_token_need_no_connection_for_themselves(
    client: httpx.AsyncClient, parts: Parts, connections: list[str]
) -> None:
    """A scope that is lacking is told with what is known in memory."""
    token = claims(scope="changes:read")(parts)
    for method in ("GET", "HEAD"):
        answer = await client.request(method, "/v1/clients", headers=bearer(token))
        assert answer.status_code == 403
        assert answer.headers["www-authenticate"] == (
            'Bearer realm="rakornas", scope="clients:admin", error="insufficient_scope"'
        )
    assert (await client.head("/v1/regions/31", headers=bearer("x"))).status_code == 401
    assert connections == []
