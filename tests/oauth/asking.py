"""Asking the token endpoint."""

from typing import Any

import httpx

from app.oauth.schemas import ASSERTION_TYPE

ISSUER = "http://127.0.0.1:8000"
ENDPOINT = f"{ISSUER}/oauth/token"
FORM = {"grant_type": "client_credentials"}


async def ask(client: httpx.AsyncClient, form: Any, **more: Any) -> httpx.Response:
    return await client.post("/oauth/token", data=form, **more)


async def ask_with(client: httpx.AsyncClient, proof: str, **more: str) -> httpx.Response:
    return await ask(client, {**FORM, "client_assertion_type": ASSERTION_TYPE, "client_assertion": proof, **more})


def refused(answer: httpx.Response) -> tuple[int, str]:
    """The status and the error; in the form of RFC 6749, kept by nobody, and to be found in the log."""
    assert set(answer.json()) == {"error", "error_description", "request_id"}
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert (answer.headers["cache-control"], answer.headers["content-type"]) == ("no-store", "application/json")
    return answer.status_code, answer.json()["error"]
