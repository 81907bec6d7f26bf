"""A headless Chromium that can reach nothing but this machine, and the explorer as a person has it before them."""

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
PATIENCE = 20
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root may not have one, and the page is our own
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
def chromium() -> Iterator[Chrome]:
    """A new browser with an empty profile; both programs are named, so that nobody looks for others in the network."""
    if CHROMIUM is None or CHROMEDRIVER is None:
        raise LookupError("these tests are required here, and there is no chromium or no chromedriver")
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = Chrome(options, Driver(CHROMEDRIVER))
    driver.set_script_timeout(PATIENCE)
    try:
        yield driver
    finally:
        driver.quit()


@dataclass
class Tried:
    """What a person had before them while they tried an operation out."""

    fields: dict[str, tuple[str, str]]
    """What was filled in, and the hint in the empty field, by parameter."""
    address: str
    status: str
    body: str
    overflow: list[str]


class Explorer:
    """The page `/docs` in a window."""

    def __init__(self, driver: Chrome, base: str, screenshots: Path) -> None:
        self.driver, self.base, self.screenshots = driver, base, screenshots
        self.size: tuple[int, int] | None = None

    def open(self, size: tuple[int, int]) -> None:
        """On a desk or on a phone; what is open there already stays open, for loading it takes seconds."""
        if size == self.size:
            return
        (width, height), phone = size, size == PHONE
        metrics = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": phone})
        self.driver.get(f"{self.base}/docs")
        self.until(lambda: self.all(".opblock"))
        self.size = size

    def until(self, condition: Callable[[], T]) -> T:
        return WebDriverWait(self.driver, PATIENCE, 0.05, [WebDriverException]).until(lambda _: condition())

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements("css selector", selector)

    def texts(self, selector: str) -> dict[str, list[str]]:
        """What each of these elements shows, by its id, line by line."""
        code = "return [...document.querySelectorAll(arguments[0])].map(one => [one.id, one.innerText])"
        texts = {name: text.replace("\u200b", "").splitlines() for name, text in self.script(code, selector)}
        return {name: [line for line in lines if line] for name, lines in texts.items()}

    def find_element(self, selector: str) -> WebElement:
        return self.driver.find_element("css selector", selector)

    def script(self, code: str, *arguments: Any) -> Any:
        return self.driver.execute_script(code, *arguments)

    def press(self, selector: str) -> None:
        self.until(lambda: self.find_element(selector)).click()

    def try_out(self, operation: str) -> None:
        """Open one operation, and make its fields writable."""
        self.press(f"#{operation} .opblock-summary-control")
        self.press(f"#{operation} .try-out__btn")
        self.until(lambda: self.find_element(f"#{operation} .execute"))

    def authorize(self, client_id: str, client_secret: str) -> None:
        """Give the page a client, as a person does who wants to write; its scopes are those that it has."""
        self.press(".auth-wrapper .authorize")
        self.until(lambda: self.find_element("#client_id_clientCredentials")).send_keys(client_id)
        self.find_element("#client_secret_clientCredentials").send_keys(client_secret)
        self.press(".modal-ux button.authorize")
        self.until(lambda: not self.all("#client_secret_clientCredentials"))  # it has a token instead

    def fill_in(self, operation: str, parameter: str, value: str) -> None:
        field = self.find_element(f"#{operation} tr[data-param-name={parameter}] input")
        field.clear()
        field.send_keys(value)

    def execute(self, operation: str) -> tuple[str, str]:
        """Press the button; the status and the body that the page then shows."""
        self.press(f"#{operation} .execute")
        answer = f"#{operation} .live-responses-table .response"
        status = self.until(lambda: self.find_element(f"{answer} .response-col_status")).text
        return status.splitlines()[0], self.find_element(f"{answer} .highlight-code pre").text

    def try_as_filled_in(self, operation: str) -> Tried:
        """All of it at once, without a person's clicks, which take longer."""
        tried = self.driver.execute_async_script(TRY, operation)
        return Tried(**tried)

    def fold(self, operation: str) -> None:
        self.script(
            "document.getElementById(arguments[0]).querySelector('.opblock-summary-control').click()", operation
        )

    def overflow(self) -> list[str]:
        """What reaches beyond the right edge of the window, but for what can be scrolled within its own frame."""
        found: list[str] = self.script(f"{OVERFLOW}; return overflow()")
        return found

    def requests(self) -> list[str]:
        """The addresses that were asked for since this was last asked; what a page carries in itself is none."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]  # type: ignore[no-untyped-call]
        asked = [item["params"] for item in events if item["method"] == "Network.requestWillBeSent"]
        addresses = [item["request"]["url"] for item in asked]
        return [address for address in addresses if urlsplit(address).scheme not in ("data", "about")]

    def complaints(self) -> list[str]:
        """What the console says since this was last asked, but for what only a developer of the page would read."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def picture(self, name: str, of: str | None = None, most: int = 2400) -> None:
        """Keep what a person sees, or all of one element, for people to look at."""
        place = self.script(
            """const box = document.querySelector(arguments[0]).getBoundingClientRect()
            return {x: 0, y: Math.max(0, box.top + scrollY - 16), width: document.documentElement.clientWidth,
                    height: Math.min(box.height + 32, arguments[1]), scale: 1}""",
            of or "body",
            most,
        )
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": place})
        self.screenshots.joinpath(f"{name}.png").write_bytes(base64.b64decode(shot["data"]))
