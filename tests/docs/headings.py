"""Write the table of headings in docs/imports.md: `python -m tests.docs.headings`."""

import re
import sys

from app.imports.headings import list_headings
from app.registry import IMPORTABLE
from tests.docs.pages import DOCS

PAGE = DOCS / "imports.md"
BEGIN, END = "<!-- headings -->\n", "<!-- /headings -->"


def table() -> str:
    """Return the headings of each resource: a table with a row for each member."""
    parts = []
    for resource, importable in IMPORTABLE.items():
        rows = [f"\n### `{resource}`\n", "| member | headings in Indonesian |", "|---|---|"]
        for member in importable.members:
            mark = " (required)" if member in importable.required_columns else ""
            rows.append(f"| `{member}`{mark} | {', '.join(list_headings(resource, member))} |")
        parts.append("\n".join(rows) + "\n")
    return "".join(parts) + "\n"


def with_table(page: str) -> str:
    """Return the page with the current tables between their marks."""
    return re.sub(f"(?<={BEGIN}).*(?={END})", lambda _: table(), page, count=1, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
    sys.stdout.write(f"{PAGE} has the headings of {len(IMPORTABLE)} resources.\n")
