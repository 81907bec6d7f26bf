"""Write the table of environments in docs/postgres.md: `python -m tests.environments`."""

import re

from tests.environments.rows import table
from tests.environments.test_environments import PAGE

BEGIN, END = "<!-- environments -->\n", "<!-- /environments -->"

PAGE.write_text(re.sub(f"(?<={BEGIN}).*(?={END})", lambda _: table(), PAGE.read_text(), count=1, flags=re.DOTALL))
