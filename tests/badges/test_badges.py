"""Badges: tokens, keys, documents, printable sheets and reissuing."""

import asyncio
import base64
from hashlib import sha256
from io import BytesIO
from uuid import UUID

import httpx
import jwt
import orjson
import pytest
import zxingcpp
from fastapi import FastAPI
from joserfc import jws
from joserfc.jwk import OKPKey
from PIL import Image
from pypdf import PdfReader
from uuid_utils.compat import uuid7

from app.auth import Scope
from app.badges import repository
from app.badges.keys import BadgeSigningKey
from app.core.http.app_state import get_from_state
from app.settings import Settings
from tests.auth.credentials import encode_part
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import fetch_value


async def fetch_key(meeting: MeetingClient) -> jwt.PyJWK:
    response = await meeting.client.get(f"{meeting.path}/badge-key")
    assert response.headers["cache-control"].startswith("public")
    return jwt.PyJWK(response.json())


async def get_badge(meeting: MeetingClient, accept: str = "application/json", index: int = 0) -> httpx.Response:
    return await meeting.client.get(
        f"{meeting.participant_path(index)}/badge",
        headers={**meeting.admin.headers, "Accept": accept},
    )


class TestToken:
    async def test_is_verified_with_published_key_and_has_no_personal_data(self, meeting: MeetingClient) -> None:
        key, issued = await fetch_key(meeting), (await get_badge(meeting)).json()
        decoded = jwt.decode_complete(issued["token"], key, algorithms=["EdDSA"], audience=meeting.code)
        assert decoded["header"] == {"alg": "EdDSA", "kid": key.key_id}
        content = decoded["payload"]
        assert set(content) == {"aud", "jti"}
        assert content["aud"] == meeting.code
        assert base64.urlsafe_b64decode(content["jti"] + "==").hex() == issued["id"].replace("-", "")
        assert meeting.participants[0] not in issued["token"]

    async def test_is_rejected_with_key_of_other_meeting(
        self, app: FastAPI, client: httpx.AsyncClient, meeting: MeetingClient
    ) -> None:
        other = await MeetingClient.create(app, client, participant_count=1)
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(meeting.badges[0], await fetch_key(other), algorithms=["EdDSA"], audience=meeting.code)

    async def test_issued_with_the_former_name_of_the_algorithm_stays_valid(self, meeting: MeetingClient) -> None:
        """Its QR code is on paper already, so it is shown again with the same content."""
        url = str(get_from_state(meeting.app, Settings).database_url)
        secret = await fetch_value(url, "SELECT key FROM service_keys WHERE purpose = 'badges'")
        key = BadgeSigningKey(secret, meeting.code)
        badge = UUID((await get_badge(meeting)).json()["id"])
        payload = orjson.dumps({"aud": meeting.code, "jti": encode_part(badge.bytes)})
        private = {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": key.to_jwk()["x"],
            "d": encode_part(key._key.private_bytes_raw()),
        }
        former = jws.serialize_compact(
            {"alg": "Ed25519", "kid": key.kid}, payload, OKPKey.import_key(private), algorithms=["Ed25519"]
        )
        digest = sha256(former.encode()).digest()
        await fetch_value(url, "UPDATE badges SET digest = $1 WHERE id = $2", digest, badge)
        assert (await get_badge(meeting)).json()["token"] == former
        meeting.badges[0] = former
        assert (await meeting.check_in([meeting.new_scan(0)])) == ["first_entry"]

    def test_is_the_same_each_time_and_depends_on_secret(self) -> None:
        key, same, other = (BadgeSigningKey(secret, "m-1") for secret in (b"1" * 32, b"1" * 32, b"2" * 32))
        badge = uuid7()
        assert key.sign(badge) == same.sign(badge) != other.sign(badge)

    async def test_key_of_unknown_meeting_is_404(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/v1/meetings/no-such/badge-key")).status_code == 404


class TestGetBadge:
    async def test_issues_first_badge_once(self, meeting: MeetingClient) -> None:
        created = await meeting.admin.post(f"{meeting.path}/participants", {"name": "Baru"})
        meeting.participants.append(created.json()["id"])
        at_once = await asyncio.gather(*(get_badge(meeting, index=-1) for _ in range(4)))
        assert {item.status_code for item in at_once} == {200}
        assert len({item.json()["token"] for item in at_once}) == 1

    async def test_qr_code_contains_token(self, meeting: MeetingClient, tmp_path: pytest.TempPathFactory) -> None:
        png = await get_badge(meeting, "image/png")
        assert png.headers["content-type"] == "image/png"
        path = f"{tmp_path}/badge.png"
        with open(path, "wb") as file:
            file.write(png.content)
        [barcode] = zxingcpp.read_barcodes(Image.open(path))
        assert barcode.text == meeting.badges[0]
        svg = await get_badge(meeting, "image/svg+xml")
        assert svg.text.startswith("<?xml")
        assert "Peserta 0" not in svg.text
        assert (await get_badge(meeting, "image/gif")).status_code == 406

    async def test_is_audited_and_not_cacheable(self, meeting: MeetingClient) -> None:
        response = await get_badge(meeting)
        assert response.headers["cache-control"] == "no-store"
        lines = (await meeting.admin.get(f"/v1/audit?key=participants/{meeting.participants[0]}")).json()["items"]
        assert lines[-1]["operation"] == "get_badge"

    async def test_outside_of_callers_scope_is_404(self, app: FastAPI, meeting: MeetingClient) -> None:
        at = f"{meeting.participant_path(0)}/badge"
        for headers in (
            bearer_headers(app, Scope.ATTENDANCE_READ, organization="kpu-32"),
            bearer_headers(app, Scope.ATTENDANCE_READ, meeting="rakornas-2022-06"),
        ):
            assert (await meeting.client.get(at, headers=headers)).status_code == 404
        assert (await meeting.client.get(at)).status_code == 401
        other = f"/v1/meetings/rakornas-2022-06/participants/{meeting.participants[0]}/badge"
        assert (await meeting.client.get(other, headers=meeting.admin.headers)).status_code == 404

    async def test_list_as_pdf_contains_all_participants(self, meeting: MeetingClient) -> None:
        at, headers = f"{meeting.path}/badges", {**meeting.admin.headers, "Accept": "application/pdf"}
        sheets = await meeting.client.get(at, headers=headers)
        assert sheets.headers["content-type"] == "application/pdf"
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(sheets.content)).pages)
        assert [f"Peserta {n}" in text for n in range(7)] == [True] * 6 + [False]
        none = await meeting.client.get(f"{at}?organization=kpu-33", headers=meeting.admin.headers)
        assert none.json() == {"items": []}

    async def test_list_with_too_many_badges_is_409(
        self, meeting: MeetingClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(repository, "MAX_BADGES_PER_REQUEST", 5)
        response = await meeting.admin.get(f"{meeting.path}/badges")
        assert (response.status_code, response.json()["code"]) == (409, "roll_too_long")


class TestReissueBadge:
    async def test_revokes_the_former_badge(self, meeting: MeetingClient) -> None:
        at = f"{meeting.participant_path(0)}/badge"
        issued = await meeting.client.post(at, headers=meeting.admin.headers)
        assert issued.status_code == 201
        assert issued.json()["token"] != meeting.badges[0]
        assert (await get_badge(meeting)).json()["token"] == issued.json()["token"]
        pack = (await meeting.admin.get(f"{meeting.path}/gate-pack")).json()
        assert len(pack["revoked"]) == 1

    async def test_concurrent_requests_leave_one_valid_badge(self, meeting: MeetingClient) -> None:
        at = f"{meeting.participant_path(0)}/badge"
        issued = await asyncio.gather(*(meeting.client.post(at, headers=meeting.admin.headers) for _ in range(4)))
        assert [item.status_code for item in issued] == [201] * 4
        assert (await get_badge(meeting)).json()["token"] in {item.json()["token"] for item in issued}
        assert len((await meeting.admin.get(f"{meeting.path}/gate-pack")).json()["revoked"]) == 4

    async def test_dry_run_revokes_nothing(self, meeting: MeetingClient) -> None:
        at = f"{meeting.participant_path(0)}/badge?dry_run=true"
        assert (await meeting.client.post(at, headers=meeting.admin.headers)).status_code == 200
        assert (await get_badge(meeting)).json()["token"] == meeting.badges[0]

    async def test_client_bound_to_meeting_gets_403(self, app: FastAPI, meeting: MeetingClient) -> None:
        at = f"{meeting.participant_path(0)}/badge"
        gate = bearer_headers(app, Scope.ATTENDANCE_WRITE, meeting=meeting.code)
        assert (await meeting.client.post(at, headers=gate)).status_code == 403
        missing = f"{meeting.path}/participants/{uuid7()}/badge"
        assert (await meeting.client.post(missing, headers=meeting.admin.headers)).status_code == 404
