"""How answers are compared."""

from collections.abc import Mapping

import httpx


def comparable_problem(answer: httpx.Response) -> tuple[int, Mapping[str, str], str]:
    """All of a problem but for what names the request."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "traceparent")}
    return answer.status_code, headers, answer.text.replace(answer.json()["request_id"], "")
