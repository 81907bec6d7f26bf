"""The published contract, `tests/openapi.json`: `uv run python -m tests.openapi` writes it anew."""

from pathlib import Path

import orjson

from app.core.openapi import document_of
from app.main import create_app

PUBLISHED = Path(__file__).with_name("openapi.json")


def current() -> bytes:
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document_of(create_app()), option=options)


if __name__ == "__main__":
    PUBLISHED.write_bytes(current())
