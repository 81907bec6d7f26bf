"""Write the table of settings in docs/configuration.md: `python -m tests.docs.configuration`."""

import re
import sys

from app.settings import Settings
from tests.docs.pages import DOCS

PAGE = DOCS / "configuration.md"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->"


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias
    return str(alias or f"{Settings.model_config['env_prefix']}{name.upper()}")


def table() -> str:
    """Return the table of all settings, one row each."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default if field.default not in (None, ()) else "none"
        text = ",".join(map(str, default)) if isinstance(default, tuple) else default
        shown = "none" if default == "none" else f"`{text}`"
        rows.append(f"| `{variable_of(name)}` | {shown} | {field.description} |")
    return "\n".join(rows) + "\n"


def with_table(page: str) -> str:
    """Return the page with the current table between its marks."""
    return re.sub(f"(?<={BEGIN}).*(?={END})", lambda _: table(), page, count=1, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
    sys.stdout.write(f"{PAGE} has {len(Settings.model_fields)} settings.\n")
