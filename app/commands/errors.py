"""One sentence for every error of a command, known or not."""

import errno
import os
from typing import Any

import typer
from typer.core import TyperGroup

from app.commands.options import fail


class CommandGroup(TyperGroup):
    """The commands of the program. An error that a command does not report itself is a sentence, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; print an error that it did not report, and exit with code 1.

        With `RAKORNAS_LOG_LEVEL=DEBUG` the error is raised, so that Python prints its traceback.
        """
        try:
            return super().invoke(ctx)
        except Exception as error:
            is_reported = isinstance(error, typer.Abort) or hasattr(error, "exit_code")
            is_closed_pipe = isinstance(error, OSError) and error.errno == errno.EPIPE
            if is_reported or is_closed_pipe or os.environ.get("RAKORNAS_LOG_LEVEL", "").upper() == "DEBUG":
                raise
            fail(Exception(explain_error(error)))


def explain_error(error: Exception) -> str:
    """Return what happened and what to do, in one or two sentences."""
    from app.core.db.explanations import is_database_error
    from app.core.embedded import EmbeddedError
    from app.operations import OperatorError, to_operator_error

    if isinstance(error, OperatorError | EmbeddedError):
        return str(error)
    if is_database_error(error):
        return str(to_operator_error(error))
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}. Correct its name or its permissions."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "There is no space left on the disk. Make room, and run the command again."
    first_line = (str(error).strip().splitlines() or ["no message"])[0]
    return (
        f"An unexpected error, {type(error).__name__}: {first_line}. Set RAKORNAS_LOG_LEVEL=DEBUG and run the command "
        "again to see where it happened, and report it."
    )
