"""Clients, tokens and keys that tests make up."""

import base64
import json
import time
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from app.auth import Scope
from app.auth.keys import SigningKey
from app.clients import maintenance
from app.core.db.transaction import open_transaction
from app.state import state_of

ALL = [str(scope) for scope in Scope]


async def made_client(app: FastAPI, *scopes: str, **members: Any) -> tuple[str, str]:
    """The id and the secret of a new client, '' for one with keys."""
    content = {"name": "a client", "scopes": list(scopes) or ALL, **members}
    async with open_transaction(state_of(app).database) as write:
        id_, secret = await maintenance.create_client(write, content)
    return id_, secret or ""


async def fetched_token(client: httpx.AsyncClient, id_: str, secret: str, **form: str) -> str:
    answer = await client.post(
        "/oauth/token", data={"grant_type": "client_credentials", **form}, auth=httpx.BasicAuth(id_, secret)
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def token_of(app: FastAPI, client: httpx.AsyncClient, *scopes: str, **members: Any) -> str:
    """A token of a new client."""
    return await fetched_token(client, *await made_client(app, *scopes, **members))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def encoded(part: Any) -> str:
    """A part of a token, as it is written."""
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims of a token."""
    header, claims, _ = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    return json.loads(header), json.loads(claims)


def signed(header: dict[str, Any], claims: Any, key: ECKey | OKPKey) -> str:
    """A token with whatever header, signed rightly with ES256 or Ed25519 (RFC 7518 3.4, RFC 8037 3.1)."""
    text = f"{encoded(header)}.{encoded(claims)}"
    private: Any = key.get_op_key("sign")
    if isinstance(key, OKPKey):
        return f"{text}.{encoded(private.sign(text.encode()))}"
    r, s = decode_dss_signature(private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def signing_key(kid: str = "made up", *, begins: float = -60, ends: float = 86400 * 3) -> SigningKey:
    """A signing key of ours, with its times as from now."""
    key, now = ECKey.generate_key("P-256", private=True), time.time()
    return SigningKey(kid, dict(key.as_dict(private=True)), now + begins, now + ends)


def assertion(key: ECKey | OKPKey, client: str, audience: Any, **changes: Any) -> str:
    """An assertion for private_key_jwt; a claim that is None is left out."""
    now = int(time.time())
    claims = {
        "iss": client,
        "sub": client,
        "aud": audience,
        "iat": now,
        "exp": now + 30,
        "jti": base64.b16encode(time.time_ns().to_bytes(8, "big")).decode(),
        **changes,
    }
    said = {name: value for name, value in claims.items() if value is not None}
    algorithm = "ES256" if isinstance(key, ECKey) else "Ed25519"
    header = {"alg": algorithm, **({"kid": key.kid} if key.kid else {})}
    return jwt.encode(header, said, key, algorithms=[algorithm])


def key_set(*keys: ECKey | OKPKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def new_key(kid: str = "first") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid}, private=True)


def new_ed_key(kid: str = "second") -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": kid}, private=True)
