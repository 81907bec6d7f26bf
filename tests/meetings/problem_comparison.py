"""Comparison of problem responses."""

from collections.abc import Mapping

import httpx


def comparable_problem(response: httpx.Response) -> tuple[int, Mapping[str, str], str]:
    """Return the status, headers and body of a problem without what identifies the request."""
    headers = {name: value for name, value in response.headers.items() if name not in ("x-request-id", "traceparent")}
    return response.status_code, headers, response.text.replace(response.json()["request_id"], "")
