"""The explorer, as a person uses it: a real browser, cut off from all but this machine, loads it and tries things out.

Screenshots are kept in `RAKORNAS_SCREENSHOTS`, else in pytest's own directory. Where there is no Chromium (Debian:
`apt-get install chromium chromium-driver`) these tests are skipped, unless `RAKORNAS_BROWSER=required`. Most of them
only .ci/full runs; what the page shows is the contract and its examples, which tests/examples asks for.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.core.http.examples import extract_parameters
from app.explorer.contract import load_example_responses
from tests.service import browser
from tests.service.browser import PHONE, WIDE, Explorer, Tried
from tests.service.conftest import Service, fetched, run

pytestmark = pytest.mark.skipif(
    browser.MISSING and not browser.REQUIRED, reason="no chromium and chromedriver: apt-get install chromium-driver"
)

full, param = pytest.mark.full, pytest.param
# What a person finds when they press Execute without touching anything.
FACTS = {
    "operations-organizations-list_organization_officials": ["Hasyim Asy'ari", '"chair"'],
    "operations-stages-list_stages": ["pu-01", "Perencanaan program dan anggaran"],
    "operations-meetings-read_meeting": ["2022-06-13", "Rapat Koordinasi Nasional"],
    "operations-attendance-list_attendance": ["kpu-31", '"present"'],
    "operations-attendance-stream_attendance_summary": [
        "event: summary",
        '"expected"',
    ],  # events go on; the first one is shown
    "operations-search-search": ["Muhammad Tarmizi"],
}
# Their examples are of what the reference data have not, and say so.
MADE_UP = {"operations-attendance-get_quorum", "operations-rolls-get_roll_digest"}
Operations = dict[str, tuple[str, str, dict[str, Any]]]
LOADED = ("/docs", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/openapi.json")


@pytest.fixture(scope="module")
def explorer(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explorer]:
    kept = os.environ.get("RAKORNAS_SCREENSHOTS")
    screenshots = Path(kept) if kept else tmp_path_factory.mktemp("screenshots")
    screenshots.mkdir(parents=True, exist_ok=True)
    with browser.chromium() as driver:
        yield Explorer(driver, service.base, screenshots)


@pytest.fixture(autouse=True)
def _nothing_from_outside_and_no_complaint(explorer: Explorer) -> Iterator[None]:
    yield
    assert [address for address in explorer.requests() if not address.startswith(f"{explorer.base}/")] == []
    assert explorer.complaints() == []


@pytest.fixture(scope="module")
def contract(service: Service) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(fetched(f"{service.base}/openapi.json"))
    return document


@pytest.fixture(scope="module")
def operations(contract: dict[str, Any]) -> Operations:
    """Method, path and operation, by the name that the page gives to their place."""
    return {
        f"operations-{operation['tags'][0]}-{operation['operationId']}": (method.upper(), path, operation)
        for path, item in contract["paths"].items()
        for method, operation in item.items()
    }


def normal(address: str) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(address)
    return parts.path, sorted(parse_qsl(parts.query, keep_blank_values=True))


def documented(path: str, operation: dict[str, Any]) -> str:
    """The example request, as the page asks it: with the parameters that have a default."""
    (example,) = [address for address in load_example_responses() if fits(path, address)]
    given = extract_parameters(path, example)
    schemas = {entry["name"]: entry["schema"] for entry in operation.get("parameters", ())}
    rest = [f"{name}={schema['default']}" for name, schema in schemas.items() if "default" in schema]
    rest = [entry for entry in rest if entry.partition("=")[0] not in given]
    return "?".join([example.partition("?")[0], "&".join([*filter(None, [example.partition("?")[2]]), *rest])])


def fits(path: str, address: str) -> bool:
    try:
        extract_parameters(path, address)
    except ValueError:
        return False
    return True


def test_it_shows_all_tags_and_operations_with_their_words(
    explorer: Explorer, contract: dict[str, Any], operations: Operations
) -> None:
    explorer.open(WIDE)
    explorer.picture("wide-closed")
    assert {f"{explorer.base}{path}" for path in LOADED} <= set(explorer.requests())
    tags = [tag.text.splitlines() for tag in explorer.all(".opblock-tag")]
    introduced = [[tag["name"].title(), tag["description"]] for tag in contract["tags"]]
    assert tags == introduced
    assert explorer.texts(".opblock") == {
        name: [method, path, operation["summary"]] for name, (method, path, operation) in operations.items()
    }


@pytest.mark.parametrize(
    "operation",
    ["operations-organizations-list_organization_officials", param("operations-meetings-read_meeting", marks=full)],
)
def test_a_person_has_an_answer_with_three_clicks(explorer: Explorer, operation: str) -> None:
    explorer.open(WIDE)
    explorer.try_out(operation)
    status, body = explorer.execute(operation)
    assert status == "200"
    assert [fact for fact in FACTS[operation] if fact not in body] == []
    assert explorer.overflow() == []
    explorer.picture(f"wide-{operation}", f"#{operation}")


@full
@pytest.mark.parametrize(
    ("operation", "members"),
    [("operations-search-search", ["items", "next_page_token"]), ("operations-stages-read_tree", ["stages"])],
)
def test_an_answer_has_a_schema_to_look_at(explorer: Explorer, operation: str, members: list[str]) -> None:
    """Stages have stages within them, so the second one's schema leads back to itself."""
    explorer.open(WIDE)
    explorer.press(f"#{operation} .opblock-summary-control")
    explorer.press(f"#{operation} .responses-table [data-name=model]")
    explorer.until(lambda: explorer.all(f"#{operation} [data-name=modelPanel] [class*=property]"))
    shown = explorer.find_element(f"#{operation} [data-name=modelPanel]").text
    assert [name for name in members if name not in shown] == []
    explorer.picture(f"wide-schema-{operation}", f"#{operation}")


@full
@pytest.mark.parametrize(
    ("operation", "parameter", "value", "status", "code"),
    [
        ("operations-today-read_day", "as_of", "2022-02-30", 422, "invalid_parameters"),
        ("operations-organizations-get_organization", "code", "kpu-99", 404, "not_found"),
    ],
)
def test_a_wrong_value_is_told(
    explorer: Explorer, operation: str, parameter: str, value: str, status: int, code: str
) -> None:
    explorer.open(WIDE)
    explorer.try_out(operation)
    explorer.fill_in(operation, parameter, value)
    shown, body = explorer.execute(operation)
    assert shown == str(status)
    problem = json.loads(body)
    assert (problem["code"], problem["type"]) == (code, f"/problems/{code}")
    assert [error["parameter"] for error in problem["errors"]] == ([parameter] if status == 422 else [])
    explorer.picture(f"wide-{code}", f"#{operation}")
    (complaint,) = explorer.complaints()  # of the browser itself, about the status
    assert f"status of {status}" in complaint


@full
def test_a_client_writes_from_the_page(explorer: Explorer, loaded_url: str) -> None:
    """With what is filled in: it is shown what would happen, and nothing is kept."""
    scope = ("--scope", "stages:write")
    made = run("clients", "create", "--json", "--name", "explorer", *scope, "--database-url", loaded_url).stdout
    explorer.open(WIDE)
    explorer.authorize(**json.loads(made))
    explorer.picture("wide-authorized", ".modal-ux")
    explorer.press(".modal-ux .close-modal")
    explorer.try_out("operations-stages-change_stage")
    status, body = explorer.execute("operations-stages-change_stage")
    assert (status, json.loads(body)["end_on"]) == ("200", "2024-02-12")
    explorer.picture("wide-written", "#operations-stages-change_stage")
    assert json.loads(fetched(f"{explorer.base}/v1/stages/pu-08"))["end_on"] == "2024-02-13"


@full
def test_the_links_of_the_introduction_lead_to_answers(explorer: Explorer) -> None:
    explorer.open(WIDE)
    links = [link.get_attribute("href") or "" for link in explorer.all(".info__description a")]
    assert len(links) > 10
    announced = {f"{explorer.base}/v1/regions/91.01": 308, f"{explorer.base}/v1/regions?colour=red": 422}
    found = {link: httpx.get(link).status_code for link in links}
    assert found == {link: announced.get(link, 200) for link in links}
    assert set(announced) <= set(links)


@full
def test_every_operation_answers_as_it_is_filled_in_on_a_phone(explorer: Explorer, operations: Operations) -> None:
    """Nothing is filled in that the example leaves out, or the first try of anyone might fail."""
    explorer.open(PHONE)
    assert explorer.script("return document.documentElement.clientWidth") == PHONE[0]
    assert explorer.overflow() == []
    explorer.picture("phone-closed")
    for name, (method, path, operation) in operations.items():
        if method != "GET" or "security" in operation:
            continue
        tried = explorer.try_as_filled_in(name)
        check_fields(tried, operation)
        assert (tried.status, tried.overflow) == ("404" if name in MADE_UP else "200", []), name
        if name in MADE_UP:
            assert "made up" in " ".join(operation["description"].split())
            assert all("status of 404" in complaint for complaint in explorer.complaints())
        assert normal(tried.address.removeprefix(explorer.base)) == normal(documented(path, operation))
        if name in FACTS:
            assert [fact for fact in FACTS[name] if fact not in tried.body] == []
            widths = [block.size["width"] for block in explorer.all(f"#{name} .responses-inner pre.microlight")]
            assert min(widths) > 0.8 * PHONE[0]  # nothing is squeezed into a column
            explorer.picture(f"phone-{name}", f"#{name}")
        explorer.fold(name)


def check_fields(tried: Tried, operation: dict[str, Any]) -> None:
    parameters = {entry["name"]: entry for entry in operation.get("parameters", ())}
    assert set(tried.fields) == set(parameters)
    for name, (value, hint) in tried.fields.items():
        schema = parameters[name]["schema"]
        assert value == str(parameters[name].get("example", schema.get("default", ""))), name
        if not value and "enum" not in schema and name != "page_token":
            assert hint == f"e.g. {schema['examples'][0]}", name
