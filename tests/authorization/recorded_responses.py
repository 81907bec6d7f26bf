"""What was answered to whom, in words, whatever it was answered as."""

import io
import zipfile
from dataclasses import dataclass, field

import httpx
from pypdf import PdfReader


@dataclass
class RecordedResponses:
    """Everything that was answered: to whom, to what, and how."""

    responses: list[tuple[str, str, str]] = field(default_factory=list)

    def record(self, role: str, what: str, answer: httpx.Response) -> httpx.Response:
        told = f"{answer.status_code} {answer.headers} {extract_text(answer)}".replace('" : "', '":"')
        self.responses.append((role, what, told))
        return answer


def extract_text(answer: httpx.Response) -> str:
    """What an answer says, also to who takes a file apart."""
    if answer.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
            return "".join(parts.read(name).decode() for name in parts.namelist())
    if answer.content.startswith(b"%PDF"):
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    return answer.text


async def fetch_response(http: httpx.AsyncClient, target: str, headers: dict[str, str]) -> httpx.Response:
    """What is answered; of what does not end, the first of it."""
    async with http.stream("GET", target, headers=headers) as answer:
        if not answer.headers["content-type"].startswith("text/event-stream"):
            await answer.aread()
            return answer
        text = ""
        async for piece in answer.aiter_text():
            text += piece
            if "data: " in text:
                break
        return httpx.Response(answer.status_code, headers=answer.headers, text=text)
