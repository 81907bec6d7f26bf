"""Requests to the token endpoint."""

from typing import Any

import httpx

from app.oauth.schemas import ASSERTION_TYPE

ISSUER = "http://127.0.0.1:8000"
ENDPOINT = f"{ISSUER}/oauth/token"
GRANT_FORM = {"grant_type": "client_credentials"}


async def request_token(client: httpx.AsyncClient, form: Any, **options: Any) -> httpx.Response:
    return await client.post("/oauth/token", data=form, **options)


async def request_with_assertion(client: httpx.AsyncClient, assertion: str, **parameters: str) -> httpx.Response:
    return await request_token(
        client, {**GRANT_FORM, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, **parameters}
    )


def read_error(answer: httpx.Response) -> tuple[int, str]:
    """Check the form of an error response (RFC 6749, section 5.2) and return its status and error code."""
    assert set(answer.json()) == {"error", "error_description", "request_id"}
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert (answer.headers["cache-control"], answer.headers["content-type"]) == ("no-store", "application/json")
    return answer.status_code, answer.json()["error"]
