"""The parameter `scope` of a token request."""

import httpx
import pytest
from fastapi import FastAPI

from tests.auth.credentials import decode_token, register_client
from tests.oauth.requests import GRANT_FORM, read_error, request_token


async def test_fewer_scopes_can_be_requested_but_no_others(app: FastAPI, client: httpx.AsyncClient) -> None:
    id_, secret = await register_client(app, "changes:read", "clients:admin")
    for scope, error in (
        ("audit:read", "The client does not have: audit:read."),
        ("changes:read audit:read stages:write", "The client does not have: audit:read stages:write."),
        ("x  audit:read", "The client does not have: audit:read. There is no scope: x. Separate scopes by spaces."),
        ("changes:read,clients:admin", "There is no scope: (not a scope). Separate scopes by spaces."),
        ('"<b>"', "There is no scope: (not a scope). Separate scopes by spaces."),
    ):
        answer = await request_token(client, {**GRANT_FORM, "client_id": id_, "client_secret": secret, "scope": scope})
        assert read_error(answer) == (400, "invalid_scope")
        assert answer.json()["error_description"] == error


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("changes:read changes:read", "changes:read"),
        (" clients:admin   changes:read ", "clients:admin changes:read"),
        ("\tchanges:read\r\n", "changes:read"),
        ("clients:admin\tchanges:read", "clients:admin changes:read"),
        ("  ", "changes:read clients:admin"),
        ("", "changes:read clients:admin"),
    ],
)
async def test_blanks_and_repetitions_in_scope_are_ignored(
    app: FastAPI, client: httpx.AsyncClient, scope: str, granted: str
) -> None:
    id_, secret = await register_client(app, "changes:read", "clients:admin")
    form = {**GRANT_FORM, "client_id": id_, "client_secret": secret, "scope": scope}
    answer = await request_token(client, form)
    assert (answer.status_code, answer.json()["scope"]) == (200, granted)
    assert decode_token(answer.json()["access_token"])[1]["scope"] == granted
