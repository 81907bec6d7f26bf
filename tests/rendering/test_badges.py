"""QR codes and badge sheets, read back by a scanner and a PDF reader."""

import io
import random
import string
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from app.rendering import qr
from app.rendering.badges import Badge
from app.rendering.renderers import render_badge_sheet
from tests.rendering.qr_images import render_qr_code
from tests.rendering.synthetic_rolls import LONG_NAME, TITLE, UNUSUAL_NAMES

SVG = "{http://www.w3.org/2000/svg}"


def create_token(seed: int) -> str:
    """Create a random token of the length of a signed one."""
    return "".join(random.Random(seed).choices(string.ascii_letters + string.digits + "-_.", k=190))


def create_badge(name: str = "Hasyim Asy'ari", seed: int = 0, **rest: str | None) -> Badge:
    given: dict[str, str | None] = {"organization": "Komisi Pemilihan Umum", "capacity": "delegate", **rest}
    return Badge(name=name, token=create_token(seed), **given)  # type: ignore[arg-type]


def extract_pages(badges: Sequence[Badge]) -> list[str]:
    return [
        " ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(render_badge_sheet(TITLE, badges))).pages
    ]


@pytest.mark.parametrize("seed", [*range(10), *(pytest.param(n, marks=pytest.mark.full) for n in range(10, 40))])
def test_scanner_reads_the_token(seed: int) -> None:
    image = Image.open(io.BytesIO(qr.render_png(create_token(seed)))).convert("L")
    (barcode,) = zxingcpp.read_barcodes(image)
    assert barcode.text == create_token(seed)
    assert barcode.ec_level == "M"


def test_scanner_reads_a_scratched_and_blurred_code() -> None:
    image = Image.open(io.BytesIO(qr.render_png(create_token(1)))).convert("L")
    image.paste(255, (200, 200, 260, 260))
    (barcode,) = zxingcpp.read_barcodes(image.resize((200, 200), Image.Resampling.BILINEAR))
    assert barcode.text == create_token(1)


def test_png_is_large_enough_and_has_a_quiet_zone() -> None:
    image = Image.open(io.BytesIO(qr.render_png(create_token(1)))).convert("L")
    assert image.width == image.height >= 400
    inside = image.point(lambda v: 255 - v).getbbox()
    assert inside == (32, 32, image.width - 32, image.height - 32)


def test_svg_is_scalable_and_contains_no_text_but_its_title() -> None:
    drawing = ElementTree.fromstring(qr.render_svg(create_token(1)))
    modules = len(qr.encode_qr_code(create_token(1)).matrix) + 8
    assert drawing.get("viewBox") == f"0 0 {modules} {modules}"
    assert "width" not in drawing.attrib
    assert [element.text for element in drawing.iter() if element.text] == ["Kode QR tanda peserta"]
    light, _ = drawing.iter(f"{SVG}path")
    assert light.get("fill") == "#fff"


def test_sheet_draws_the_same_code_as_the_png() -> None:
    page = PdfReader(io.BytesIO(render_badge_sheet(TITLE, [create_badge()]))).pages[0]
    image = Image.open(io.BytesIO(qr.render_png(create_token(0)))).convert("L")
    assert render_qr_code(page, create_token(0)).tobytes() == image.tobytes()


@pytest.mark.parametrize(
    ("capacity", "word"),
    [
        ("delegate", "PESERTA"),
        ("speaker", "NARASUMBER"),
        ("committee", "PANITIA"),
        ("observer", "PENGAMAT"),
        ("guest", "TAMU"),
    ],
)
def test_badge_shows_name_organization_and_capacity(capacity: str, word: str) -> None:
    (page,) = extract_pages([create_badge(capacity=capacity)])
    assert page == f"{TITLE} Hasyim Asy'ari Komisi Pemilihan Umum {word}"


@pytest.mark.parametrize(("count", "expected"), [(0, [0]), (8, [8]), (9, [8, 1]), (20, [8, 8, 4])])
def test_page_has_eight_badges(count: int, expected: list[int]) -> None:
    texts = extract_pages([create_badge(f"Peserta{n:03}", n) for n in range(count)])
    assert [page.count("Peserta") for page in texts] == expected
    names = [word for page in texts for word in page.split() if word.startswith("Peserta")]
    assert names == [f"Peserta{n:03}" for n in range(count)]


@pytest.mark.parametrize("name", [*UNUSUAL_NAMES, LONG_NAME])
def test_unusual_names_are_printed(name: str) -> None:
    assert "Siti Contoh" in extract_pages([create_badge(name, organization=name), create_badge("Siti Contoh")])[0]


def test_long_name_is_complete() -> None:
    assert LONG_NAME in extract_pages([create_badge(LONG_NAME)])[0]


def test_badge_without_organization_is_printed() -> None:
    assert extract_pages([create_badge(organization=None)]) == [f"{TITLE} Hasyim Asy'ari PESERTA"]


@pytest.mark.parametrize("name", [LONG_NAME, "W" * 400, f"Suharso{'kusuma' * 5}", "Yu"])
def test_texts_of_a_badge_do_not_overlap(name: str) -> None:
    baselines: list[float] = []

    def visit(text: str, current: Sequence[float], matrix: Sequence[float], *_: object) -> None:
        if text.strip():
            baselines.append(current[5] + matrix[5])

    page = PdfReader(io.BytesIO(render_badge_sheet(TITLE, [create_badge(name, organization=LONG_NAME)]))).pages[0]
    page.extract_text(visitor_text=visit)
    *texts, last_of_organization, capacity = baselines
    assert texts == sorted(texts, reverse=True)
    assert texts[-1] - last_of_organization > 10
    assert last_of_organization - capacity > 13


def test_equal_badges_give_equal_bytes() -> None:
    assert render_badge_sheet(TITLE, [create_badge(), create_badge(LONG_NAME)]) == render_badge_sheet(
        TITLE, [create_badge(), create_badge(LONG_NAME)]
    )
