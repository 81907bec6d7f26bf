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
from app.badges.keys import BadgeKey
from tests.callers import bearer
from tests.check_ins.doors import Door


async def key_of(door: Door) -> OKPKey:
    answer = await door.client.get(f"{door.at}/badge-key")
    assert answer.headers["cache-control"].startswith("public")
    return OKPKey.import_key(answer.json())


async def badge(door: Door, accept: str = "application/json", person: int = 0) -> httpx.Response:
    return await door.client.get(
        f"{door.at}/participants/{door.people[person]}/badge", headers={**door.admin.headers, "Accept": accept}
    )


class TestToken:
    async def test_is_verified_with_the_published_key_and_names_nobody(self, door: Door) -> None:
        key, issued = await key_of(door), (await badge(door)).json()
        said = jws.deserialize_compact(issued["token"], key, algorithms=["Ed25519"])
        assert said.headers() == {"alg": "Ed25519", "kid": key.thumbprint()}
        content = json.loads(said.payload)
        assert set(content) == {"aud", "jti"}
        assert content["aud"] == door.meeting
        assert base64.urlsafe_b64decode(content["jti"] + "==").hex() == issued["id"].replace("-", "")
        assert door.people[0] not in issued["token"]

    async def test_is_not_verified_with_the_key_of_another_meeting(
        self, app: FastAPI, client: httpx.AsyncClient, door: Door
    ) -> None:
        other = await Door.of_new_meeting(app, client, people=1)
        with pytest.raises(BadSignatureError):
            jws.deserialize_compact(door.badges[0], await key_of(other), algorithms=["Ed25519"])

    def test_is_the_same_whenever_it_is_made_and_another_for_each_secret(self) -> None:
        one, same, other = (BadgeKey(secret, "m-1") for secret in (b"1" * 32, b"1" * 32, b"2" * 32))
        id_ = uuid7()
        assert one.token(id_) == same.token(id_) != other.token(id_)

    async def test_of_no_meeting_has_no_key(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/v1/meetings/no-such/badge-key")).status_code == 404


class TestReading:
    async def test_gives_a_first_badge_and_the_same_ever_after(self, door: Door) -> None:
        made = await door.admin.post(f"{door.at}/participants", {"name": "Baru"})
        door.people.append(made.json()["id"])
        at_once = await asyncio.gather(*(badge(door, person=-1) for _ in range(4)))
        assert {one.status_code for one in at_once} == {200}
        assert len({one.json()["token"] for one in at_once}) == 1

    async def test_as_a_picture_says_the_token(self, door: Door, tmp_path: pytest.TempPathFactory) -> None:
        png = await badge(door, "image/png")
        assert png.headers["content-type"] == "image/png"
        path = f"{tmp_path}/badge.png"
        with open(path, "wb") as file:
            file.write(png.content)
        [found] = zxingcpp.read_barcodes(Image.open(path))
        assert found.text == door.badges[0]
        svg = await badge(door, "image/svg+xml")
        assert svg.text.startswith("<?xml")
        assert "Peserta 0" not in svg.text
        assert (await badge(door, "image/gif")).status_code == 406

    async def test_is_told_in_the_trail_and_kept_by_nobody(self, door: Door) -> None:
        answer = await badge(door)
        assert answer.headers["cache-control"] == "no-store"
        lines = (await door.admin.get(f"/v1/audit?key=participants/{door.people[0]}")).json()["items"]
        assert lines[-1]["operation"] == "read_badge"

    async def test_of_somebody_else_is_404(self, app: FastAPI, door: Door) -> None:
        at = f"{door.at}/participants/{door.people[0]}/badge"
        for headers in (
            bearer(app, Scope.ATTENDANCE_READ, organization="kpu-32"),
            bearer(app, Scope.ATTENDANCE_READ, meeting="rakornas-2022-06"),
        ):
            assert (await door.client.get(at, headers=headers)).status_code == 404
        assert (await door.client.get(at)).status_code == 401
        other = f"/v1/meetings/rakornas-2022-06/participants/{door.people[0]}/badge"
        assert (await door.client.get(other, headers=door.admin.headers)).status_code == 404

    async def test_all_of_them_as_sheets(self, door: Door) -> None:
        at, headers = f"{door.at}/badges", {**door.admin.headers, "Accept": "application/pdf"}
        sheets = await door.client.get(at, headers=headers)
        assert sheets.headers["content-type"] == "application/pdf"
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(sheets.content)).pages)
        assert [f"Peserta {n}" in text for n in range(7)] == [True] * 6 + [False]
        none = await door.client.get(f"{at}?organization=kpu-33", headers=door.admin.headers)
        assert none.json() == {"items": []}

    async def test_too_many_at_once_are_refused(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(repository, "MOST", 5)
        answer = await door.admin.get(f"{door.at}/badges")
        assert (answer.status_code, answer.json()["code"]) == (409, "roll_too_long")


class TestIssuingAnew:
    async def test_revokes_the_former(self, door: Door) -> None:
        at = f"{door.at}/participants/{door.people[0]}/badge"
        issued = await door.client.post(at, headers=door.admin.headers)
        assert issued.status_code == 201
        assert issued.json()["token"] != door.badges[0]
        assert (await badge(door)).json()["token"] == issued.json()["token"]
        pack = (await door.admin.get(f"{door.at}/gate-pack")).json()
        assert len(pack["revoked"]) == 1

    async def test_by_two_at_once_leaves_one_that_is_good(self, door: Door) -> None:
        at = f"{door.at}/participants/{door.people[0]}/badge"
        issued = await asyncio.gather(*(door.client.post(at, headers=door.admin.headers) for _ in range(4)))
        assert [one.status_code for one in issued] == [201] * 4
        assert (await badge(door)).json()["token"] in {one.json()["token"] for one in issued}
        assert len((await door.admin.get(f"{door.at}/gate-pack")).json()["revoked"]) == 4

    async def test_dry_run_keeps_the_former(self, door: Door) -> None:
        at = f"{door.at}/participants/{door.people[0]}/badge?dry_run=true"
        assert (await door.client.post(at, headers=door.admin.headers)).status_code == 200
        assert (await badge(door)).json()["token"] == door.badges[0]

    async def test_is_not_for_gates(self, app: FastAPI, door: Door) -> None:
        at = f"{door.at}/participants/{door.people[0]}/badge"
        gate = bearer(app, Scope.ATTENDANCE_WRITE, meeting=door.meeting)
        assert (await door.client.post(at, headers=gate)).status_code == 403
        missing = f"{door.at}/participants/{uuid7()}/badge"
        assert (await door.client.post(missing, headers=door.admin.headers)).status_code == 404
