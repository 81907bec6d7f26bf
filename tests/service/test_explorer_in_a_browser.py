"""The explorer in a real browser, which has no access to other machines.

Screenshots are saved in `RAKORNAS_SCREENSHOTS`, or else in a directory of pytest. Without Chromium (Debian:
`apt-get install chromium chromium-driver`) these tests are skipped, unless `RAKORNAS_BROWSER=required`. Only .ci/full
runs most of them, as tests/examples already tests the examples that the page shows.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.core.http.examples import extract_parameters
from app.core.http.openapi_components import is_anonymous
from app.explorer.contract import load_example_responses
from tests.applications import resolve_document
from tests.service import browser
from tests.service.browser import PHONE, WIDE, Explorer, OperationView
from tests.service.conftest import Service, fetch_body, run_command

pytestmark = pytest.mark.skipif(
    browser.MISSING and not browser.REQUIRED, reason="no chromium and chromedriver: apt-get install chromium-driver"
)

full, param = pytest.mark.full, pytest.param
# Parts of the response when the example is executed unchanged.
FACTS = {
    "operations-organizations-list_organization_officials": ["Hasyim Asy'ari", '"chair"'],
    "operations-stages-list_stages": ["pu-01", "Perencanaan program dan anggaran"],
    "operations-meetings-get_meeting": ["2022-06-13", "Rapat Koordinasi Nasional"],
    "operations-attendance-list_attendance": ["kpu-31", '"present"'],
    "operations-attendance-stream_attendance_summary": [
        "event: summary",
        '"expected"',
    ],  # the first event of the stream is shown
    "operations-search-search_all": ["Muhammad Tarmizi"],
}
# Their examples are not in the reference data, and their descriptions say so.
WITHOUT_EXAMPLE_DATA = {"operations-attendance-get_quorum", "operations-rolls-get_roll_digest"}
Operations = dict[str, tuple[str, str, dict[str, Any]]]
LOADED = ("/docs", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/explorer.js", "/openapi.json")


@pytest.fixture(autouse=True)
def _assert_no_external_request_and_no_console_message(explorer: Explorer) -> Iterator[None]:
    yield
    assert [address for address in explorer.read_requests() if not address.startswith(f"{explorer.base_url}/")] == []
    assert explorer.read_console_messages() == []


@pytest.fixture(scope="module")
def contract(service: Service) -> dict[str, Any]:
    return resolve_document(json.loads(fetch_body(f"{service.base_url}/openapi.json")))


@pytest.fixture(scope="module")
def operations(contract: dict[str, Any]) -> Operations:
    """Method, path and operation, by the id of their element on the page."""
    return {
        f"operations-{operation['tags'][0]}-{operation['operationId']}": (method.upper(), path, operation)
        for path, item in contract["paths"].items()
        for method, operation in item.items()
    }


def normalize_address(address: str) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(address)
    return parts.path, sorted(parse_qsl(parts.query, keep_blank_values=True))


def build_example_request(path: str, operation: dict[str, Any]) -> str:
    """Return the address of the example request as the page sends it: with the default values of parameters."""
    (example,) = [address for address in load_example_responses() if matches_path(path, address)]
    given = extract_parameters(path, example)
    schemas = {entry["name"]: entry["schema"] for entry in operation.get("parameters", ())}
    rest = [f"{name}={schema['default']}" for name, schema in schemas.items() if "default" in schema]
    rest = [entry for entry in rest if entry.partition("=")[0] not in given]
    return "?".join([example.partition("?")[0], "&".join([*filter(None, [example.partition("?")[2]]), *rest])])


def matches_path(path: str, address: str) -> bool:
    try:
        extract_parameters(path, address)
    except ValueError:
        return False
    return True


def test_page_shows_all_tags_and_operations(
    explorer: Explorer, contract: dict[str, Any], operations: Operations
) -> None:
    explorer.open(WIDE)
    explorer.save_screenshot("wide-closed")
    assert {f"{explorer.base_url}{path}" for path in LOADED} <= set(explorer.read_requests())
    tags = [tag.text.splitlines() for tag in explorer.find_elements(".opblock-tag")]
    introduced = [[tag["name"].title(), tag["description"]] for tag in contract["tags"]]
    assert tags == introduced
    assert explorer.read_texts(".opblock") == {
        name: [method, path, operation["summary"]] for name, (method, path, operation) in operations.items()
    }


@pytest.mark.parametrize(
    "operation",
    ["operations-organizations-list_organization_officials", param("operations-meetings-get_meeting", marks=full)],
)
def test_example_is_executed_with_three_clicks(explorer: Explorer, operation: str) -> None:
    explorer.open(WIDE)
    explorer.open_operation(operation)
    status, body = explorer.execute(operation)
    assert status == "200"
    assert [fact for fact in FACTS[operation] if fact not in body] == []
    assert explorer.find_overflow() == []
    explorer.save_screenshot(f"wide-{operation}", f"#{operation}")


@full
@pytest.mark.parametrize(
    ("operation", "members"),
    [("operations-search-search_all", ["items", "next_page_token"]), ("operations-stages-get_stage_tree", ["stages"])],
)
def test_response_schema_is_shown(explorer: Explorer, operation: str, members: list[str]) -> None:
    """The schema of the stage tree is recursive."""
    explorer.open(WIDE)
    explorer.click(f"#{operation} .opblock-summary-control")
    explorer.click(f"#{operation} .responses-table [data-name=model]")
    explorer.wait_until(lambda: explorer.find_elements(f"#{operation} [data-name=modelPanel] [class*=property]"))
    shown = explorer.find_element(f"#{operation} [data-name=modelPanel]").text
    assert [name for name in members if name not in shown] == []
    explorer.save_screenshot(f"wide-schema-{operation}", f"#{operation}")


@full
@pytest.mark.parametrize(
    ("operation", "parameter", "value", "status", "code"),
    [
        ("operations-today-get_today", "as_of", "2022-02-30", 422, "invalid_parameters"),
        ("operations-organizations-get_organization", "code", "kpu-99", 404, "not_found"),
    ],
)
def test_invalid_value_shows_the_problem(
    explorer: Explorer, operation: str, parameter: str, value: str, status: int, code: str
) -> None:
    explorer.open(WIDE)
    explorer.open_operation(operation)
    explorer.fill_in(operation, parameter, value)
    shown, body = explorer.execute(operation)
    assert shown == str(status)
    problem = json.loads(body)
    assert (problem["code"], problem["type"]) == (code, f"/problems/{code}")
    assert [error["parameter"] for error in problem["errors"]] == ([parameter] if status == 422 else [])
    explorer.save_screenshot(f"wide-{code}", f"#{operation}")
    (complaint,) = explorer.read_console_messages()  # the browser logs the status itself
    assert f"status of {status}" in complaint


@full
def test_dry_run_with_authorization(explorer: Explorer, loaded_url: str) -> None:
    """The example is a dry run, so nothing is changed."""
    scope = ("--scope", "stages:write")
    created = run_command(
        "clients", "create", "--json", "--name", "explorer", *scope, "--database-url", loaded_url
    ).stdout
    explorer.open(WIDE)
    explorer.authorize(**json.loads(created))
    explorer.save_screenshot("wide-authorized", ".modal-ux")
    explorer.click(".modal-ux .close-modal")
    explorer.open_operation("operations-stages-update_stage")
    status, body = explorer.execute("operations-stages-update_stage")
    assert (status, json.loads(body)["end_on"]) == ("200", "2024-02-12")
    explorer.save_screenshot("wide-written", "#operations-stages-update_stage")
    assert json.loads(fetch_body(f"{explorer.base_url}/v1/stages/pu-08"))["end_on"] == "2024-02-13"


@full
def test_links_of_the_introduction_work(explorer: Explorer) -> None:
    explorer.open(WIDE)
    links = [link.get_attribute("href") or "" for link in explorer.find_elements(".info__description a")]
    assert len(links) > 10
    announced = {f"{explorer.base_url}/v1/regions/91.01": 308, f"{explorer.base_url}/v1/regions?colour=red": 422}
    found = {link: httpx.get(link).status_code for link in links}
    assert found == {link: announced.get(link, 200) for link in links}
    assert set(announced) <= set(links)


@full
def test_each_example_works_on_a_phone(explorer: Explorer, operations: Operations) -> None:
    """The page fills in the values of the example and nothing else."""
    explorer.open(PHONE)
    assert explorer.run_script("return document.documentElement.clientWidth") == PHONE[0]
    assert explorer.find_overflow() == []
    explorer.save_screenshot("phone-closed")
    for name, (method, path, operation) in operations.items():
        if method != "GET" or not is_anonymous(operation):
            continue
        view = explorer.execute_example(name)
        assert_fields(view, operation)
        assert (view.status, view.overflow) == ("404" if name in WITHOUT_EXAMPLE_DATA else "200", []), name
        if name in WITHOUT_EXAMPLE_DATA:
            assert "fictitious" in " ".join(operation["description"].split())
            assert all("status of 404" in complaint for complaint in explorer.read_console_messages())
        assert normalize_address(view.address.removeprefix(explorer.base_url)) == normalize_address(
            build_example_request(path, operation)
        )
        if name in FACTS:
            assert [fact for fact in FACTS[name] if fact not in view.body] == []
            widths = [
                block.size["width"] for block in explorer.find_elements(f"#{name} .responses-inner pre.microlight")
            ]
            assert min(widths) > 0.8 * PHONE[0]  # no block is squeezed into a narrow column
            explorer.save_screenshot(f"phone-{name}", f"#{name}")
        explorer.close_operation(name)


def assert_fields(view: OperationView, operation: dict[str, Any]) -> None:
    parameters = {entry["name"]: entry for entry in operation.get("parameters", ())}
    assert set(view.fields) == set(parameters)
    for name, (value, hint) in view.fields.items():
        schema = parameters[name]["schema"]
        assert value == str(parameters[name].get("example", schema.get("default", ""))), name
        if not value and "enum" not in schema and name != "page_token":
            assert hint == f"e.g. {schema['examples'][0]}", name
