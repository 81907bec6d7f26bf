"""The reaction of a process to SIGTERM while it uses the embedded server."""

import subprocess
import sys

SIGNAL_IN_A_FINALIZER = """
import signal
from app.core.embedded import process

class Finalized:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)

with process.exit_on_sigterm():
    Finalized()
    print("Python has ignored it", flush=True)
    process.repeat_lost_sigterm()
    print("it was not repeated")
"""


def test_sigterm_that_a_finalizer_has_swallowed_is_repeated() -> None:
    result = subprocess.run([sys.executable, "-c", SIGNAL_IN_A_FINALIZER], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (143, "Python has ignored it\n")
