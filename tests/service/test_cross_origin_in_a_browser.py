"""A page of another origin in a real browser: it reads lists, files, problems and writes, or nothing at all."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.service import browser
from tests.service.conftest import Service, fetch_body, run_command

pytestmark = pytest.mark.skipif(
    browser.MISSING and not browser.REQUIRED, reason="no chromium and chromedriver: apt-get install chromium-driver"
)

FETCH = """
    const [url, options, done] = arguments
    fetch(url, options).then(
        async response => done({status: response.status, headers: Object.fromEntries(response.headers),
                                body: await response.text()}),
        error => done({error: error.name}))"""


class BlankPage(http.server.BaseHTTPRequestHandler):
    """Answers every request with an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def other_origin() -> Iterator[str]:
    """The address of a page on another port, which is another origin."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), BlankPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def driver(other_origin: str) -> Iterator[Chrome]:
    with browser.start_chromium() as driver:
        driver.get(other_origin)
        yield driver


def fetch(driver: Chrome, service: Service, path: str, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = driver.execute_async_script(FETCH, f"{service.base_url}{path}", options)
    return answer


def test_list_and_its_headers_are_read(driver: Chrome, service: Service) -> None:
    answer = fetch(driver, service, "/v1/regions?page_size=2")
    assert len(json.loads(answer["body"])["items"]) == 2
    assert 'rel="next"' in answer["headers"]["link"]
    assert answer["headers"]["x-request-id"]
    again = fetch(driver, service, "/v1/regions?page_size=2", headers={"If-None-Match": answer["headers"]["etag"]})
    assert again["status"] in (200, 304)  # with a preflight, which the service permits


def test_problem_of_a_write_is_read(driver: Chrome, service: Service) -> None:
    json_type = {"Content-Type": "application/json"}
    anonymous = fetch(driver, service, "/v1/regions", method="POST", headers=json_type, body="{}")
    assert (anonymous["status"], json.loads(anonymous["body"])["code"]) == (401, "unauthenticated")
    assert anonymous["headers"]["www-authenticate"].startswith("Bearer")
    unknown = fetch(driver, service, "/v1/nothing", method="PUT", headers=json_type, body="{}")
    assert (unknown["status"], json.loads(unknown["body"])["code"]) == (404, "not_found")


def test_file_and_its_name_are_read(driver: Chrome, service: Service) -> None:
    path = "/v1/meetings/rakornas-2022-06/attendance"
    answer = fetch(driver, service, path, headers={"Accept": "text/csv"})
    assert answer["headers"]["content-disposition"] == 'attachment; filename="daftar-hadir-rakornas-2022-06.csv"'
    assert answer["body"].startswith("No.,Nama")


def test_token_and_write_are_read(driver: Chrome, service: Service, loaded_url: str) -> None:
    scope = ("--scope", "stages:write")
    created = run_command("clients", "create", "--json", "--name", "page", *scope, "--database-url", loaded_url)
    client = json.loads(created.stdout)
    form = f"grant_type=client_credentials&client_id={client['client_id']}&client_secret={client['client_secret']}"
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    token = fetch(driver, service, "/oauth/token", method="POST", headers=form_type, body=form)
    bearer = {"Authorization": f"Bearer {json.loads(token['body'])['access_token']}"}
    stage = fetch(driver, service, "/v1/stages/pu-08", headers=bearer)
    headers = bearer | {"If-Match": stage["headers"]["etag"], "Content-Type": "application/merge-patch+json"}
    path = "/v1/stages/pu-08?dry_run=true"
    answer = fetch(driver, service, path, method="PATCH", headers=headers, body='{"note": "x"}')
    assert (answer["status"], json.loads(answer["body"])["note"]) == (200, "x")


@pytest.mark.parametrize("path", ["/metrics", "/health/live"])
def test_operators_paths_are_not_read(driver: Chrome, service: Service, path: str) -> None:
    assert fetch_body(f"{service.base_url}{path}")
    assert fetch(driver, service, path) == {"error": "TypeError"}


def test_service_is_not_shown_in_a_frame(driver: Chrome, service: Service) -> None:
    """The page of another origin cannot put the explorer into a frame and lead clicks to it."""
    driver.get_log("browser")  # type: ignore[no-untyped-call]
    for path in ("/docs", "/problems/not_found"):
        driver.execute_async_script(
            """const frame = document.createElement("iframe"), done = arguments[1]
            frame.onload = done
            frame.src = arguments[0]
            document.body.append(frame)""",
            f"{service.base_url}{path}",
        )
    complaints = [entry["message"] for entry in driver.get_log("browser")]  # type: ignore[no-untyped-call]

    assert sum("frame-ancestors" in complaint for complaint in complaints) == 2, complaints
