"""Access tokens of any scopes for tests, without a client in the database."""

import time
from uuid import uuid4

from fastapi import FastAPI

from app.auth import Caller, Scope
from app.auth.tokens import VerifiedToken
from app.state import state_of


def bearer_headers(
    app: FastAPI,
    *scopes: Scope,
    organization: str | None = None,
    meeting: str | None = None,
    client_id: str = "0197c0de-0000-7000-8000-00000000c11e",
    name: str = "tester",
) -> dict[str, str]:
    """Return the Authorization header of a token that the verifier of this application has cached as verified."""
    token = uuid4().hex
    caller = Caller(client_id, name, frozenset(scopes), organization, meeting)
    state_of(app).token_verifier._verified_tokens[token.encode()] = VerifiedToken(caller, time.time() + 3600)
    return {"Authorization": f"Bearer {token}"}
