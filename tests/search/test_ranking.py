"""Who searches finds: what is meant comes first, however it is written, and what is written is only text."""

from typing import Any

import httpx
import pytest

from tests.conftest import fetch_value
from tests.scenarios import list_items


async def hits(client: httpx.AsyncClient, q: str, **params: str) -> list[Any]:
    return await list_items(client, "/v1/search", {"q": q, **params})


@pytest.mark.parametrize(
    ("q", "kind", "name"),
    [
        ("Tarmidzi", "official", "Muhammad Tarmizi"),
        ("asyari", "official", "Hasyim Asy'ari"),
        ("Asy’ari", "official", "Hasyim Asy'ari"),  # noqa: RUF001  (the apostrophe that phones type)
        ("HASYIM", "official", "Hasyim Asy'ari"),
        ("hasyím asyári", "official", "Hasyim Asy'ari"),
        ("kpu dki", "organization", "KPU Provinsi DKI Jakarta"),
        ("kota surabaya", "organization", "KPU Kota Surabaya"),
        ("biro logistk", "division", "Biro Logistik"),
        ("masa tenang", "stage", "Masa tenang"),
        ("quiet period", "stage", "Masa tenang"),
        ("rakornas", "meeting", "Rapat Koordinasi Nasional Persiapan Pelaksanaan Tahapan Pemilu Serentak 2024"),
        ("rakornas 2022", "meeting", "Rapat Koordinasi Nasional Persiapan Pelaksanaan Tahapan Pemilu Serentak 2024"),
        (
            "national coordination",
            "meeting",
            "Rapat Koordinasi Nasional Persiapan Pelaksanaan Tahapan Pemilu Serentak 2024",
        ),
    ],
)
async def test_what_is_meant_comes_first(client: httpx.AsyncClient, q: str, kind: str, name: str) -> None:
    first = (await hits(client, q))[0]
    assert (first["kind"], first["name"]) == (kind, name)
    (item, *_) = await hits(client, q, kind=kind)
    assert item == first


@pytest.mark.parametrize(
    ("q", "key"),
    [
        ("kpu", "kpu"),
        ("KPU Kabupaten Padang Lawas", "kpu-12.21"),
        ("KPU Kabupaten Kapuas", "kpu-62.03"),
        ("kpu kabupaten puncak", "kpu-94.05"),
        (" KPU Kabupaten Puncak ", "kpu-94.05"),
        ("General Elections Commission", "kpu"),
        ("Pembentukan PPK", "pu-s1a"),
        ("Rekapitulasi DPHP tingkat PPS (desa/kelurahan)", "pu-02b1"),
    ],
)
async def test_a_name_comes_before_longer_ones_that_have_it(client: httpx.AsyncClient, q: str, key: str) -> None:
    first, second, *_ = await hits(client, q)
    assert first["key"] == key
    assert second["key"] != key


async def test_the_name_of_anything_finds_it_first(client: httpx.AsyncClient) -> None:
    """Or a namesake; every eleventh, for the rest is alike."""
    found = 0
    for kind in ("official", "organization", "division", "stage", "meeting"):
        for one in (await list_items(client, f"/v1/{kind}s", {}))[::11]:
            if len(one["name"]) <= 100:
                answer = await client.get("/v1/search", params={"q": one["name"], "page_size": "1"})
                assert answer.json()["items"][0]["name"].lower() == one["name"].lower()
                found += 1
    assert found > 60


@pytest.mark.parametrize("code", ["kpu-31", "KPU-31.71", "pu-08", "ri-3", "rakornas-2022-06", "bawaslu", " pu-09a "])
async def test_a_code_finds_what_it_is_of(client: httpx.AsyncClient, code: str) -> None:
    assert (await hits(client, code))[0]["key"] == code.strip().lower()


async def test_what_is_written_so_comes_before_what_is_near(own_client: httpx.AsyncClient, own_url: str) -> None:
    """Across kinds: an organization does not come first because its address does."""
    add = "INSERT INTO organizations (code, name, kind, verified, \"primary\") VALUES ($1, $2, 'agency', false, false)"
    await fetch_value(own_url, add, "anear", "Dewan Kehormatam Zyx")
    await fetch_value(
        own_url,
        'INSERT INTO stages (code, election, position, kind, name, round, verified, "primary")'
        " VALUES ('zyx', 'pemilu-2024', 99, 'stage', 'Kehormatan Zyx', 1, false, false)",
    )
    await fetch_value(own_url, add, "bnearer", "Kehormatan Zyxx")
    assert [one["key"] for one in await hits(own_client, "kehormatan zyx")][:3] == ["zyx", "bnearer", "anear"]


async def test_a_short_name_is_a_whole_one(own_client: httpx.AsyncClient, own_url: str) -> None:
    add = (
        'INSERT INTO organizations (code, name, short_name, kind, verified, "primary")'
        " VALUES ($1, $2, $3, 'agency', false, false)"
    )
    await fetch_value(own_url, add, "aaa", "Sekretariat Zyx", None)
    await fetch_value(own_url, add, "bbb", "Dewan Kehormatan", "ZYX")
    assert [one["key"] for one in await hits(own_client, "zyx")] == ["bbb", "aaa"]


@pytest.mark.parametrize(
    ("q", "detail"),
    [
        ("Tarmizi", "member, KPU Provinsi DKI Jakarta, 2023/2028"),
        ("Hasyim Asy'ari", "chair, Komisi Pemilihan Umum, 2022-04-12/2024-07-03"),
        ("kpu-31", "commission, province"),
        ("bawaslu", "agency, national"),
        ("ri-3", "division, national"),
        ("pu-08", "pemilu-2024, 2024-02-11/2024-02-13"),
        ("pu-11", "pemilu-2024"),
        ("rakornas", "Jakarta, 2022-06-13/2022-06-15"),
    ],
)
async def test_its_detail_tells_it_from_namesakes(client: httpx.AsyncClient, q: str, detail: str) -> None:
    assert (await hits(client, q))[0]["detail"] == detail


async def test_the_detail_of_a_person_is_the_last_office(client: httpx.AsyncClient) -> None:
    assert (await hits(client, "Mochammad Afifuddin"))[0]["detail"] == "chair, Komisi Pemilihan Umum, 2024-07-28/"


async def test_who_holds_no_office_has_no_detail(own_client: httpx.AsyncClient, own_url: str) -> None:
    add = 'INSERT INTO officials (id, name, verified, "primary") VALUES (gen_random_uuid(), $1, false, false)'
    await fetch_value(own_url, add, "Nobody Knows")
    assert [(one["kind"], one["detail"]) for one in await hits(own_client, "nobody knows")] == [("official", None)]


@pytest.mark.parametrize("q", ["%%", "__", "%", "' OR 1=1 --", "\\\\", "::", "$1$2", "(.*)", "!?", "   "])
async def test_signs_are_no_pattern(client: httpx.AsyncClient, q: str) -> None:
    """Neither of LIKE nor of a regular expression nor of SQL: alone they find nothing."""
    answer = await client.get("/v1/search", params={"q": q})
    if len(q) < 2:
        assert answer.status_code == 422
    else:
        assert (answer.status_code, answer.json()["items"]) == (200, [])


@pytest.mark.parametrize("sign", ["%", "_", "'", '"', "\\", ";", "--", "*", "$$", ":q", "\t", "\n"])
async def test_a_sign_beside_a_word_opens_nothing(client: httpx.AsyncClient, sign: str) -> None:
    plain = {one["url"] for one in await hits(client, "tarmizi")}
    for q in (f"tarmizi {sign}", f"{sign} tarmizi", f"tarmizi{sign}"):
        found = await hits(client, q)
        assert found[0]["name"] == "Muhammad Tarmizi"
        assert {one["url"] for one in found} <= plain


async def test_the_words_of_other_scripts_find_nothing(client: httpx.AsyncClient) -> None:
    for q in ("ꦏꦥꦸ", "選挙管理", "\U0001f5f3\U0001f5f3"):
        assert await hits(client, q) == []
