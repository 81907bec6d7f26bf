"""Look up what the running application opened, by class.

`app.state.State` names all of it, but imports every package; lower layers name the one class that they need.
"""

from typing import Any, TypeVar

from starlette.applications import Starlette

T = TypeVar("T")


def find_in_state(app: Starlette, class_: type[T]) -> T | None:
    """Return the application's object of this class; None if it has none or is not running."""
    running: Any = getattr(app.state, "running", None)
    found: T | None = None if running is None else running.find(class_)
    return found


def get_from_state(app: Starlette, class_: type[T]) -> T:
    """Return the running application's object of this class; LookupError if there is none.

    Raises:
        LookupError: The application is not running, or its state has no such object.
    """
    found = find_in_state(app, class_)
    if found is None:
        raise LookupError(f"the application is not running, or its state has no {class_.__name__}")
    return found
