"""Run a command beside a service of its own: `python -m tests.with_service DATA_DIR COMMAND …`.

`{url}` in the command becomes the service's address. With `--database-only` no service is started; either way
DATABASE_URL names the embedded server's database, migrated and loaded.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import operations


@contextmanager
def service(url: str) -> Iterator[str]:
    """The address of `rakornas serve` over this database, on a free port."""
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--database-url", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if found := re.search(r"http://[^/\s]+", line):
                    break
            else:
                raise SystemExit("the service did not start")
            yield found[0]
        finally:
            process.terminate()


def main(data_dir: str, *command: str) -> int:
    with operations.database(None, Path(data_dir)) as database:
        operations.migrate(database.url)
        operations.load_when_empty(database.url)
        environment = {**os.environ, "DATABASE_URL": database.url}
        if command[0] == "--database-only":
            return subprocess.run(command[1:], env=environment, check=False).returncode
        with service(database.url) as url:
            filled = [part.replace("{url}", url) for part in command]
            return subprocess.run(filled, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
