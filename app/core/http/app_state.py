"""Look up what the running application opened, by class.

`app.state.State` names all of it, but imports every package; lower layers name the one class that they need.
"""

from typing import Any, TypeVar

from starlette.applications import Starlette

T = TypeVar("T")


def find_in_state(app: Starlette, class_: type[T]) -> T | None:
    """Return the object of this class that the application opened; None before its start and after its stop."""
    running: Any = getattr(app.state, "running", None)
    found: T | None = None if running is None else running.find(class_)
    return found


def get_from_state(app: Starlette, class_: type[T]) -> T:
    """Return the object of this class that the running application opened.

    Raises:
        LookupError: The application is not running, or its state has no such object.
    """
    found = find_in_state(app, class_)
    if found is None:
        raise LookupError(f"the application is not running, or its state has no {class_.__name__}")
    return found
