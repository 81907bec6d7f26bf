"""A headless Chromium without access to other machines, and the explorer page in it."""

import base64
import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, CHROMEDRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = not (CHROMIUM and CHROMEDRIVER)
REQUIRED = os.environ.get("RAKORNAS_BROWSER") == "required"
WIDE, PHONE = (1280, 900), (390, 844)
TIMEOUT_SECONDS = 20
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root cannot have one, and the page is trusted
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
OVERFLOW = """
    const overflow = () => {
        const page = document.documentElement
        const beyond = one => one.getBoundingClientRect().right > page.clientWidth + 1
        const frame = one => /auto|scroll/.test(getComputedStyle(one).overflowX)
        const framed = one => one !== null && (frame(one) || framed(one.parentElement))
        const found = [...document.querySelectorAll("body *")].filter(one => beyond(one) && !framed(one.parentElement))
        const names = found.slice(-9).map(one => `${one.tagName}.${one.className}`)
        return page.scrollWidth > page.clientWidth ? [...names, `${page.scrollWidth} px`] : names
    }"""
TRY = f"""
    {OVERFLOW}
    const [name, done] = arguments, found = []
    const operation = document.getElementById(name), get = selector => operation.querySelector(selector)
    const appears = selector => new Promise(resolve => {{
        const look = () => get(selector) ? resolve(get(selector)) : setTimeout(look, 10)
        look()
    }})
    const field = row => {{
        const place = row.querySelector("input, select")
        return [row.dataset.paramName, [place.value, place.placeholder ?? ""]]
    }}
    const tryOut = async () => {{
        get(".opblock-summary-control").click();
        (await appears(".try-out__btn")).click()
        const execute = await appears(".execute")
        found.push(...overflow())
        const fields = Object.fromEntries([...operation.querySelectorAll("tr[data-param-name]")].map(field))
        execute.click()
        const status = await appears(".live-responses-table .response .response-col_status")
        found.push(...overflow())
        return {{fields, address: get(".request-url pre").textContent, status: status.firstChild.textContent,
            body: get(".live-responses-table .response pre").textContent, overflow: found}}
    }}
    tryOut().then(done)"""
T = TypeVar("T")


@contextlib.contextmanager
def start_chromium() -> Iterator[Chrome]:
    """Start a browser with an empty profile. Both programs are given, so that selenium does not download others."""
    if CHROMIUM is None or CHROMEDRIVER is None:
        raise LookupError("these tests are required here, and there is no chromium or no chromedriver")
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = Chrome(options, Driver(CHROMEDRIVER))
    driver.set_script_timeout(TIMEOUT_SECONDS)
    try:
        yield driver
    finally:
        driver.quit()


@dataclass
class OperationView:
    """An operation as the page showed it while its example was executed."""

    fields: dict[str, tuple[str, str]]
    """The value and the placeholder of each field, by parameter."""
    address: str
    status: str
    body: str
    overflow: list[str]


class Explorer:
    """The page `/docs` in a browser window."""

    def __init__(self, driver: Chrome, base: str, screenshots: Path) -> None:
        self.driver, self.base_url, self.screenshots = driver, base, screenshots
        self.size: tuple[int, int] | None = None

    def open(self, size: tuple[int, int]) -> None:
        """Load the page in a window of this size, unless it is already loaded, as that takes seconds."""
        if size == self.size:
            return
        self.resize(size)
        self.driver.get("about:blank")
        self.driver.get(f"{self.base_url}/docs")
        self.wait_until(lambda: self.find_elements(".opblock"))
        self.size = size

    def open_address(self, path: str, size: tuple[int, int], *, is_dark: bool = False) -> None:
        """Load a page of the service anew, in a window of this size and with these colours of the system."""
        colours = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [colours]})
        self.driver.get("about:blank")
        self.resize(size)
        self.size = None  # the page of the other tests has to be loaded again
        self.driver.get(f"{self.base_url}{path}")

    def resize(self, size: tuple[int, int]) -> None:
        """Make the window this size, with the touch screen of a phone if it is that of one."""
        (width, height), phone = size, size == PHONE
        metrics = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": phone})

    def wait_until(self, condition: Callable[[], T]) -> T:
        return WebDriverWait(self.driver, TIMEOUT_SECONDS, 0.05, [WebDriverException]).until(lambda _: condition())

    def find_elements(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements("css selector", selector)

    def read_texts(self, selector: str) -> dict[str, list[str]]:
        """Return the lines of text of each element, by its id."""
        code = "return [...document.querySelectorAll(arguments[0])].map(one => [one.id, one.innerText])"
        texts = {name: text.replace("\u200b", "").splitlines() for name, text in self.run_script(code, selector)}
        return {name: [line for line in lines if line] for name, lines in texts.items()}

    def find_element(self, selector: str) -> WebElement:
        return self.driver.find_element("css selector", selector)

    def run_script(self, code: str, *arguments: Any) -> Any:
        return self.driver.execute_script(code, *arguments)

    def click(self, selector: str) -> None:
        self.wait_until(lambda: self.find_element(selector)).click()

    def open_operation(self, operation: str) -> None:
        """Open an operation, and make its fields editable."""
        self.click(f"#{operation} .opblock-summary-control")
        self.click(f"#{operation} .try-out__btn")
        self.wait_until(lambda: self.find_element(f"#{operation} .execute"))

    def authorize(self, client_id: str, client_secret: str) -> None:
        """Authorize with the credentials of a client, and all of its scopes."""
        self.click("#authorize")
        self.wait_until(lambda: self.find_element("#client_id_clientCredentials")).send_keys(client_id)
        self.find_element("#client_secret_clientCredentials").send_keys(client_secret)
        self.click(".modal-ux button.authorize")
        self.wait_until(
            lambda: not self.find_elements("#client_secret_clientCredentials")
        )  # the form shows the token instead

    def fill_in(self, operation: str, parameter: str, value: str) -> None:
        field = self.find_element(f"#{operation} tr[data-param-name={parameter}] input")
        field.clear()
        field.send_keys(value)

    def execute(self, operation: str) -> tuple[str, str]:
        """Execute the operation; return the status and body that the page shows."""
        self.click(f"#{operation} .execute")
        answer = f"#{operation} .live-responses-table .response"
        status = self.wait_until(lambda: self.find_element(f"{answer} .response-col_status")).text
        return status.splitlines()[0], self.find_element(f"{answer} .highlight-code pre").text

    def execute_example(self, operation: str) -> OperationView:
        """Open and execute an operation in one script, which is faster than clicks."""
        view = self.driver.execute_async_script(TRY, operation)
        return OperationView(**view)

    def close_operation(self, operation: str) -> None:
        self.run_script(
            "document.getElementById(arguments[0]).querySelector('.opblock-summary-control').click()", operation
        )

    def find_overflow(self) -> list[str]:
        """Return the elements beyond the right edge of the window, except those in a scrollable frame."""
        found: list[str] = self.run_script(f"{OVERFLOW}; return overflow()")
        return found

    def read_requests(self) -> list[str]:
        """Return the addresses of requests since the previous call, without data: and about: addresses."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]  # type: ignore[no-untyped-call]
        asked = [item["params"] for item in events if item["method"] == "Network.requestWillBeSent"]
        addresses = [item["request"]["url"] for item in asked]
        return [address for address in addresses if urlsplit(address).scheme not in ("data", "about")]

    def read_console_messages(self) -> list[str]:
        """Return the errors and warnings of the console since the previous call."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def save_screenshot(self, name: str, selector: str | None = None, max_height: int = 2400) -> None:
        """Save a screenshot of the window, or of one element, for manual inspection."""
        place = self.run_script(
            """const box = document.querySelector(arguments[0]).getBoundingClientRect()
            return {x: 0, y: Math.max(0, box.top + scrollY - 16), width: document.documentElement.clientWidth,
                    height: Math.min(box.height + 32, arguments[1]), scale: 1}""",
            selector or "body",
            max_height,
        )
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": place})
        self.screenshots.joinpath(f"{name}.png").write_bytes(base64.b64decode(shot["data"]))
