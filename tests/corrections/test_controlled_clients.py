"""An administrator of clients is not its own second client."""

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from app.state import state_of
from tests.auth.credentials import authorization_headers, build_jwk_set, fetch_token, generate_key, register_client
from tests.check_ins.meeting_client import MeetingClient
from tests.clients.requests import CLIENTS_PATH, idempotency_headers
from tests.corrections.corrections_client import close_roll, request_correction
from tests.writes.write_client import WriteClient

KEYS = build_jwk_set(generate_key())
SCOPES = [str(Scope.ATTENDANCE_READ), str(Scope.ATTENDANCE_WRITE)]


@pytest_asyncio.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    """A meeting, after the signing key was created: a new key empties the cache in which its tokens are."""
    await state_of(app).token_verifier.get_signing_key()
    return await MeetingClient.create(app, client, participant_count=2)


async def connect(meeting: MeetingClient, client_id: str, secret: str) -> WriteClient:
    return WriteClient(meeting.client, authorization_headers(await fetch_token(meeting.client, client_id, secret)))


async def create_by_api(meeting: MeetingClient, admin: WriteClient, name: str) -> tuple[str, str]:
    """Create a client through the API; return its id and secret."""
    headers = idempotency_headers(**admin.headers)
    created = await meeting.client.post(CLIENTS_PATH, json={"name": name, "scopes": SCOPES}, headers=headers)
    assert created.status_code == 201, created.text
    return created.json()["id"], created.json()["client_secret"]


async def test_clients_of_one_administrator_do_not_confirm_each_other(meeting: MeetingClient) -> None:
    admin = await connect(meeting, *await register_client(meeting.app, "clients:admin", *SCOPES))
    first, second = [await connect(meeting, *await create_by_api(meeting, admin, name)) for name in ("first", "second")]
    await close_roll(meeting)
    for requester, others in ((first, (second, admin)), (admin, (first, second))):
        confirmation = await request_correction(meeting, requester)
        for other in (*others, requester):
            refused = await other.post(confirmation, {"reason": "benar"})
            assert (refused.status_code, refused.json()["code"]) == (409, "second_client_needed")
        independent = await connect(meeting, *await register_client(meeting.app, *SCOPES))
        assert (await independent.post(confirmation, {"reason": "benar"})).status_code == 200


@pytest.mark.parametrize("change", ["secret", "jwks"])
async def test_taking_over_a_client_makes_it_no_second_one(meeting: MeetingClient, change: str) -> None:
    """An administrator who adds a secret to the client of a second person, or changes its keys, could act as it."""
    admin = await connect(meeting, *await register_client(meeting.app, "clients:admin", *SCOPES))
    taken_id, secret = await register_client(meeting.app, *SCOPES)
    taken = await connect(meeting, taken_id, secret)
    await close_roll(meeting)
    confirmation = await request_correction(meeting, admin)
    path = f"{CLIENTS_PATH}/{taken_id}"
    if change == "secret":
        headers = idempotency_headers(**admin.headers)
        assert (await meeting.client.post(f"{path}/secrets", json={}, headers=headers)).status_code == 201
    else:
        assert (await admin.patch(path, {"jwks": KEYS})).status_code == 200
        taken = await connect(meeting, taken_id, secret)
    refused = await taken.post(confirmation, {"reason": "benar"})
    assert (refused.status_code, refused.json()["code"]) == (409, "second_client_needed")
