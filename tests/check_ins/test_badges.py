"""Badges: what they say, who verifies them, and what becomes of one that is issued anew."""

import asyncio
import base64
import json
from io import BytesIO

import httpx
import pytest
import zxingcpp
from fastapi import FastAPI
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import OKPKey
from PIL import Image
from pypdf import PdfReader
from uuid_utils.compat import uuid7

from app.auth import Scope
from app.badges import repository
from app.badges.keys import BadgeSigningKey
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import MeetingClient


async def key_of(meeting: MeetingClient) -> OKPKey:
    answer = await meeting.client.get(f"{meeting.path}/badge-key")
    assert answer.headers["cache-control"].startswith("public")
    return OKPKey.import_key(answer.json())


async def badge(meeting: MeetingClient, accept: str = "application/json", person: int = 0) -> httpx.Response:
    return await meeting.client.get(
        f"{meeting.participant_path(person)}/badge",
        headers={**meeting.admin.headers, "Accept": accept},
    )


class TestToken:
    async def test_is_verified_with_the_published_key_and_names_nobody(self, meeting: MeetingClient) -> None:
        key, issued = await key_of(meeting), (await badge(meeting)).json()
        said = jws.deserialize_compact(issued["token"], key, algorithms=["Ed25519"])
        assert said.headers() == {"alg": "Ed25519", "kid": key.thumbprint()}
        content = json.loads(said.payload)
        assert set(content) == {"aud", "jti"}
        assert content["aud"] == meeting.code
        assert base64.urlsafe_b64decode(content["jti"] + "==").hex() == issued["id"].replace("-", "")
        assert meeting.participants[0] not in issued["token"]

    async def test_is_not_verified_with_the_key_of_another_meeting(
        self, app: FastAPI, client: httpx.AsyncClient, meeting: MeetingClient
    ) -> None:
        other = await MeetingClient.create(app, client, participant_count=1)
        with pytest.raises(BadSignatureError):
            jws.deserialize_compact(meeting.badges[0], await key_of(other), algorithms=["Ed25519"])

    def test_is_the_same_whenever_it_is_made_and_another_for_each_secret(self) -> None:
        one, same, other = (BadgeSigningKey(secret, "m-1") for secret in (b"1" * 32, b"1" * 32, b"2" * 32))
        id_ = uuid7()
        assert one.sign(id_) == same.sign(id_) != other.sign(id_)

    async def test_of_no_meeting_has_no_key(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/v1/meetings/no-such/badge-key")).status_code == 404


class TestReading:
    async def test_gives_a_first_badge_and_the_same_ever_after(self, meeting: MeetingClient) -> None:
        made = await meeting.admin.post(f"{meeting.path}/participants", {"name": "Baru"})
        meeting.participants.append(made.json()["id"])
        at_once = await asyncio.gather(*(badge(meeting, person=-1) for _ in range(4)))
        assert {one.status_code for one in at_once} == {200}
        assert len({one.json()["token"] for one in at_once}) == 1

    async def test_as_a_picture_says_the_token(self, meeting: MeetingClient, tmp_path: pytest.TempPathFactory) -> None:
        png = await badge(meeting, "image/png")
        assert png.headers["content-type"] == "image/png"
        path = f"{tmp_path}/badge.png"
        with open(path, "wb") as file:
            file.write(png.content)
        [found] = zxingcpp.read_barcodes(Image.open(path))
        assert found.text == meeting.badges[0]
        svg = await badge(meeting, "image/svg+xml")
        assert svg.text.startswith("<?xml")
        assert "Peserta 0" not in svg.text
        assert (await badge(meeting, "image/gif")).status_code == 406

    async def test_is_told_in_the_trail_and_kept_by_nobody(self, meeting: MeetingClient) -> None:
        answer = await badge(meeting)
        assert answer.headers["cache-control"] == "no-store"
        lines = (await meeting.admin.get(f"/v1/audit?key=participants/{meeting.participants[0]}")).json()["items"]
        assert lines[-1]["operation"] == "get_badge"

    async def test_of_somebody_else_is_404(self, app: FastAPI, meeting: MeetingClient) -> None:
        at = f"{meeting.participant_path(0)}/badge"
        for headers in (
            bearer_headers(app, Scope.ATTENDANCE_READ, organization="kpu-32"),
            bearer_headers(app, Scope.ATTENDANCE_READ, meeting="rakornas-2022-06"),
        ):
            assert (await meeting.client.get(at, headers=headers)).status_code == 404
        assert (await meeting.client.get(at)).status_code == 401
        other = f"/v1/meetings/rakornas-2022-06/participants/{meeting.participants[0]}/badge"
        assert (await meeting.client.get(other, headers=meeting.admin.headers)).status_code == 404

    async def test_all_of_them_as_sheets(self, meeting: MeetingClient) -> None:
        at, headers = f"{meeting.path}/badges", {**meeting.admin.headers, "Accept": "application/pdf"}
        sheets = await meeting.client.get(at, headers=headers)
        assert sheets.headers["content-type"] == "application/pdf"
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(sheets.content)).pages)
        assert [f"Peserta {n}" in text for n in range(7)] == [True] * 6 + [False]
        none = await meeting.client.get(f"{at}?organization=kpu-33", headers=meeting.admin.headers)
        assert none.json() == {"items": []}

    async def test_too_many_at_once_are_refused(self, meeting: MeetingClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(repository, "MAX_BADGES_PER_REQUEST", 5)
        answer = await meeting.admin.get(f"{meeting.path}/badges")
        assert (answer.status_code, answer.json()["code"]) == (409, "roll_too_long")


class TestIssuingAnew:
    async def test_revokes_the_former(self, meeting: MeetingClient) -> None:
        at = f"{meeting.participant_path(0)}/badge"
        issued = await meeting.client.post(at, headers=meeting.admin.headers)
        assert issued.status_code == 201
        assert issued.json()["token"] != meeting.badges[0]
        assert (await badge(meeting)).json()["token"] == issued.json()["token"]
        pack = (await meeting.admin.get(f"{meeting.path}/gate-pack")).json()
        assert len(pack["revoked"]) == 1

    async def test_by_two_at_once_leaves_one_that_is_good(self, meeting: MeetingClient) -> None:
        at = f"{meeting.participant_path(0)}/badge"
        issued = await asyncio.gather(*(meeting.client.post(at, headers=meeting.admin.headers) for _ in range(4)))
        assert [one.status_code for one in issued] == [201] * 4
        assert (await badge(meeting)).json()["token"] in {one.json()["token"] for one in issued}
        assert len((await meeting.admin.get(f"{meeting.path}/gate-pack")).json()["revoked"]) == 4

    async def test_dry_run_keeps_the_former(self, meeting: MeetingClient) -> None:
        at = f"{meeting.participant_path(0)}/badge?dry_run=true"
        assert (await meeting.client.post(at, headers=meeting.admin.headers)).status_code == 200
        assert (await badge(meeting)).json()["token"] == meeting.badges[0]

    async def test_is_not_for_gates(self, app: FastAPI, meeting: MeetingClient) -> None:
        at = f"{meeting.participant_path(0)}/badge"
        gate = bearer_headers(app, Scope.ATTENDANCE_WRITE, meeting=meeting.code)
        assert (await meeting.client.post(at, headers=gate)).status_code == 403
        missing = f"{meeting.path}/participants/{uuid7()}/badge"
        assert (await meeting.client.post(missing, headers=meeting.admin.headers)).status_code == 404
