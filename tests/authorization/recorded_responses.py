"""Responses as text, whatever their media type."""

import io
import zipfile
from dataclasses import dataclass, field

import httpx
from pypdf import PdfReader


@dataclass
class RecordedResponses:
    """The responses of a test, in the order of the requests."""

    responses: list[tuple[str, str, str]] = field(default_factory=list)
    """(role, request, response as text)."""

    def record(self, role: str, request: str, response: httpx.Response) -> httpx.Response:
        text = f"{response.status_code} {response.headers} {extract_text(response)}".replace('" : "', '":"')
        self.responses.append((role, request, text))
        return response


def extract_text(response: httpx.Response) -> str:
    """Return the text of a response, also of the parts of an XLSX file and the pages of a PDF."""
    if response.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(response.content)) as parts:
            return "".join(parts.read(name).decode() for name in parts.namelist())
    if response.content.startswith(b"%PDF"):
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)
    return response.text


async def fetch_response(http: httpx.AsyncClient, target: str, headers: dict[str, str]) -> httpx.Response:
    """Fetch a response; of an event stream, only the first event."""
    async with http.stream("GET", target, headers=headers) as response:
        if not response.headers["content-type"].startswith("text/event-stream"):
            await response.aread()
            return response
        text = ""
        async for chunk in response.aiter_text():
            text += chunk
            if "data: " in text:
                break
        return httpx.Response(response.status_code, headers=response.headers, text=text)
