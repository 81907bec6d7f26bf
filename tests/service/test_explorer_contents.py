"""The explorer's contents, filter, links and colours, and the problem pages, in a real browser."""

import re
from collections.abc import Iterator

import pytest

from tests.service import browser
from tests.service.browser import PHONE, Explorer

pytestmark = pytest.mark.skipif(
    browser.MISSING and not browser.REQUIRED, reason="no chromium and chromedriver: apt-get install chromium-driver"
)
LAPTOP = (1280, 800)
STAGE = "#operations-stages-get_stage"


@pytest.fixture(autouse=True)
def _assert_no_external_request_and_no_console_message(explorer: Explorer) -> Iterator[None]:
    yield
    assert [address for address in explorer.read_requests() if not address.startswith(f"{explorer.base_url}/")] == []
    assert explorer.read_console_messages() == []


def open_explorer(explorer: Explorer, size: tuple[int, int] = LAPTOP, fragment: str = "", **options: bool) -> None:
    explorer.open_address(f"/docs{fragment}", size, **options)
    explorer.wait_until(lambda: explorer.find_elements(".opblock"))


def read_place(explorer: Explorer, selector: str) -> tuple[float, float]:
    """Return the top and bottom of an element, in pixels of the window."""
    top, bottom = explorer.run_script(
        "const box = document.querySelector(arguments[0]).getBoundingClientRect(); return [box.top, box.bottom]",
        selector,
    )
    return top, bottom


def list_visible_operations(explorer: Explorer) -> list[str]:
    found: list[str] = explorer.run_script(
        "return [...document.querySelectorAll('.opblock')].filter(one => one.offsetParent).map(one => one.id)"
    )
    return found


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_contents_filter_and_authorize_are_on_the_first_screen(
    explorer: Explorer, size: tuple[int, int], is_dark: bool
) -> None:
    open_explorer(explorer, size, is_dark=is_dark)
    tags = len(explorer.find_elements(".opblock-tag"))
    assert tags > 15
    assert len(explorer.find_elements("#tags > li > a")) == tags
    for selector in ("#authorize", "#filter", "#theme", *(f"#tags > li:nth-child({n + 1}) > a" for n in range(tags))):
        top, bottom = read_place(explorer, selector)
        assert top >= 0, selector
        assert bottom <= size[1], selector
    assert explorer.find_overflow() == []
    explorer.save_screenshot(f"first-{'phone' if size == PHONE else 'laptop'}-{'dark' if is_dark else 'light'}")


def test_authorize_opens_the_form(explorer: Explorer) -> None:
    open_explorer(explorer, PHONE)
    explorer.click("#authorize")
    explorer.wait_until(lambda: explorer.find_element("#client_id_clientCredentials").is_displayed())
    assert [button.text for button in explorer.find_elements("button.authorize") if button.is_displayed()] == [
        "Authorize",
        "Authorize",
    ]  # the one of the contents and that of the form


def test_address_opens_its_operation_and_the_back_button_returns(explorer: Explorer) -> None:
    open_explorer(explorer, fragment="#/stages/get_stage")
    explorer.wait_until(lambda: explorer.find_element(f"{STAGE} .opblock-body").is_displayed())
    explorer.wait_until(lambda: 0 <= read_place(explorer, STAGE)[0] < 100)
    assert explorer.find_element("#tags [aria-current]").text.split() == ["GET", "Get", "a", "stage"]

    explorer.click("#tags [data-tag=regions] > a")
    explorer.wait_until(lambda: 0 <= read_place(explorer, "#operations-tag-regions")[0] < 100)
    assert explorer.driver.current_url.endswith("/docs#/regions")
    explorer.click("#tags [data-operation=operations-regions-list_regions] a")
    explorer.wait_until(lambda: explorer.find_element("#operations-regions-list_regions .opblock-body").is_displayed())
    assert explorer.driver.current_url.endswith("/docs#/regions/list_regions")

    explorer.driver.back()
    explorer.driver.back()
    explorer.wait_until(lambda: 0 <= read_place(explorer, STAGE)[0] < 100)
    assert explorer.driver.current_url.endswith("/docs#/stages/get_stage")


def test_opened_operation_is_in_the_address(explorer: Explorer) -> None:
    open_explorer(explorer)
    explorer.click(f"{STAGE} .opblock-summary-control")
    explorer.wait_until(lambda: explorer.driver.current_url.endswith("/docs#/stages/get_stage"))
    explorer.wait_until(
        lambda: explorer.find_elements("#tags [data-operation=operations-stages-get_stage] a[aria-current]")
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("/v1/stages/{code}/revisions", ["operations-stages-list_stage_revisions"]),
        ("POST check-ins:batch", ["operations-check-ins-check_in_batch"]),
        ("overview of a day", ["operations-today-get_today"]),
        ("no such words", []),
    ],
)
def test_filter_finds_by_path_method_and_title(explorer: Explorer, words: str, expected: list[str]) -> None:
    open_explorer(explorer)
    total = len(list_visible_operations(explorer))
    explorer.find_element("#filter").send_keys(words)
    explorer.wait_until(lambda: list_visible_operations(explorer) == expected)
    assert explorer.find_element("#found").text == f"{len(expected)} of {total} operations"
    shown = [line for line in explorer.find_elements("#tags [data-operation]") if line.is_displayed()]
    assert [line.get_attribute("data-operation") for line in shown] == expected
    if expected:
        explorer.find_element("#filter").send_keys("\n")
        explorer.wait_until(lambda: explorer.find_element(f"#{expected[0]} .opblock-body").is_displayed())
        assert list_visible_operations(explorer) == expected
    explorer.find_element("#filter").clear()
    explorer.find_element("#filter").send_keys(" ")
    explorer.wait_until(lambda: len(list_visible_operations(explorer)) == total)


def read_brightness(explorer: Explorer, selector: str) -> tuple[float, float]:
    """Return the mean of red, green and blue (0 to 255) of an element's text and of the page behind it."""
    colours = explorer.run_script(
        "return [getComputedStyle(document.querySelector(arguments[0])).color, "
        "getComputedStyle(document.body).backgroundColor]",
        selector,
    )
    text, paper = (sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3 for colour in colours)
    return text, paper


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("path", "selector"), [("/docs", ".opblock-tag"), ("/problems/not_found", "h1"), ("/problems", "h2 a")]
)
def test_colours_are_those_of_the_system(explorer: Explorer, path: str, selector: str, is_dark: bool) -> None:
    explorer.open_address(path, LAPTOP, is_dark=is_dark)
    explorer.wait_until(lambda: explorer.find_elements(selector))
    text, paper = read_brightness(explorer, selector)
    assert (paper < 60 < 120 < text) if is_dark else (text < 120 < 200 < paper)


def test_switch_changes_the_colours_and_is_remembered(explorer: Explorer) -> None:
    open_explorer(explorer)
    explorer.click("#theme")
    assert read_brightness(explorer, "h1")[1] < 60
    assert explorer.find_element("#theme").get_attribute("aria-pressed") == "true"
    open_explorer(explorer)
    assert read_brightness(explorer, "h1")[1] < 60
    explorer.click("#theme")
    assert read_brightness(explorer, "h1")[1] > 200
    explorer.run_script("localStorage.clear()")


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_problem_page_leads_to_the_explorer_and_to_all_problems(explorer: Explorer, size: tuple[int, int]) -> None:
    explorer.open_address("/problems/precondition_required", size)
    assert "precondition_required" in explorer.driver.title
    assert explorer.find_overflow() == []
    explorer.save_screenshot(f"problem-{'phone' if size == PHONE else 'laptop'}")
    explorer.click("nav a[href='/problems']")
    explorer.wait_until(lambda: len(explorer.find_elements("main section")) > 20)
    assert explorer.find_overflow() == []
    explorer.click("nav a[href='/docs']")
    explorer.wait_until(lambda: explorer.find_elements("#tags li"))


def test_only_operations_that_need_a_token_have_a_padlock(explorer: Explorer) -> None:
    open_explorer(explorer)
    assert explorer.find_elements(f"{STAGE} .authorization__btn") == []  # a token is accepted, and not needed
    assert len(explorer.find_elements("#operations-stages-create_stage .authorization__btn")) == 1
