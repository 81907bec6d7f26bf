"""Ranking of the search: the intended entry comes first, and the words are never interpreted as a pattern."""

from typing import Any

import httpx
import pytest

from tests.conftest import fetch_value
from tests.scenarios import list_items


async def list_hits(client: httpx.AsyncClient, q: str, **params: str) -> list[Any]:
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
async def test_misspelled_words_find_the_intended_entry(
    client: httpx.AsyncClient, q: str, kind: str, name: str
) -> None:
    first = (await list_hits(client, q))[0]
    assert (first["kind"], first["name"]) == (kind, name)
    (item, *_) = await list_hits(client, q, kind=kind)
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
async def test_exact_name_precedes_longer_names(client: httpx.AsyncClient, q: str, key: str) -> None:
    first, second, *_ = await list_hits(client, q)
    assert first["key"] == key
    assert second["key"] != key


async def test_each_name_finds_itself_first(client: httpx.AsyncClient) -> None:
    """Or an entry of the same name comes first. Every eleventh name is tested."""
    found = 0
    for kind in ("official", "organization", "division", "stage", "meeting"):
        for entry in (await list_items(client, f"/v1/{kind}s", {}))[::11]:
            if len(entry["name"]) <= 100:
                response = await client.get("/v1/search", params={"q": entry["name"], "page_size": "1"})
                assert response.json()["items"][0]["name"].lower() == entry["name"].lower()
                found += 1
    assert found > 60


@pytest.mark.parametrize("code", ["kpu-31", "KPU-31.71", "pu-08", "ri-3", "rakornas-2022-06", "bawaslu", " pu-09a "])
async def test_code_finds_its_object_first(client: httpx.AsyncClient, code: str) -> None:
    assert (await list_hits(client, code))[0]["key"] == code.strip().lower()


async def test_exact_words_precede_similar_words(own_client: httpx.AsyncClient, own_url: str) -> None:
    """The order holds across kinds, regardless of the addresses."""
    add = "INSERT INTO organizations (code, name, kind, verified, \"primary\") VALUES ($1, $2, 'agency', false, false)"
    await fetch_value(own_url, add, "anear", "Dewan Kehormatam Zyx")
    await fetch_value(
        own_url,
        'INSERT INTO stages (code, election, position, kind, name, round, verified, "primary")'
        " VALUES ('zyx', 'pemilu-2024', 99, 'stage', 'Kehormatan Zyx', 1, false, false)",
    )
    await fetch_value(own_url, add, "bnearer", "Kehormatan Zyxx")
    assert [entry["key"] for entry in await list_hits(own_client, "kehormatan zyx")][:3] == ["zyx", "bnearer", "anear"]


async def test_short_name_counts_as_exact_name(own_client: httpx.AsyncClient, own_url: str) -> None:
    add = (
        'INSERT INTO organizations (code, name, short_name, kind, verified, "primary")'
        " VALUES ($1, $2, $3, 'agency', false, false)"
    )
    await fetch_value(own_url, add, "aaa", "Sekretariat Zyx", None)
    await fetch_value(own_url, add, "bbb", "Dewan Kehormatan", "ZYX")
    assert [entry["key"] for entry in await list_hits(own_client, "zyx")] == ["bbb", "aaa"]


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
async def test_detail_distinguishes_namesakes(client: httpx.AsyncClient, q: str, detail: str) -> None:
    assert (await list_hits(client, q))[0]["detail"] == detail


async def test_detail_of_an_official_is_the_latest_office(client: httpx.AsyncClient) -> None:
    assert (await list_hits(client, "Mochammad Afifuddin"))[0]["detail"] == "chair, Komisi Pemilihan Umum, 2024-07-28/"


async def test_official_without_appointment_has_no_detail(own_client: httpx.AsyncClient, own_url: str) -> None:
    add = 'INSERT INTO officials (id, name, verified, "primary") VALUES (gen_random_uuid(), $1, false, false)'
    await fetch_value(own_url, add, "Nobody Knows")
    assert [(entry["kind"], entry["detail"]) for entry in await list_hits(own_client, "nobody knows")] == [
        ("official", None)
    ]


@pytest.mark.parametrize("q", ["%%", "__", "%", "' OR 1=1 --", "\\\\", "::", "$1$2", "(.*)", "!?", "   "])
async def test_special_characters_are_not_patterns(client: httpx.AsyncClient, q: str) -> None:
    """They are not interpreted by LIKE, a regular expression or SQL, and alone they find nothing."""
    response = await client.get("/v1/search", params={"q": q})
    if len(q) < 2:
        assert response.status_code == 422
    else:
        assert (response.status_code, response.json()["items"]) == (200, [])


@pytest.mark.parametrize("sign", ["%", "_", "'", '"', "\\", ";", "--", "*", "$$", ":q", "\t", "\n"])
async def test_special_characters_with_a_word_find_only_the_word(client: httpx.AsyncClient, sign: str) -> None:
    plain = {entry["url"] for entry in await list_hits(client, "tarmizi")}
    for q in (f"tarmizi {sign}", f"{sign} tarmizi", f"tarmizi{sign}"):
        found = await list_hits(client, q)
        assert found[0]["name"] == "Muhammad Tarmizi"
        assert {entry["url"] for entry in found} <= plain


async def test_words_of_other_scripts_find_nothing(client: httpx.AsyncClient) -> None:
    for q in ("ꦏꦥꦸ", "選挙管理", "\U0001f5f3\U0001f5f3"):
        assert await list_hits(client, q) == []
