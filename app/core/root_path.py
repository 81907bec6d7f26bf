"""The prefix of the service's public paths behind a proxy (`RAKORNAS_ROOT_PATH`), as responses state it."""

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

root_path: ContextVar[str] = ContextVar("root_path", default="")
"""The prefix, such as `/rakornas`, while a request of a service behind a proxy is processed; else empty."""


def get_root_path() -> str:
    """Return the prefix of the public paths for the current request; empty without one."""
    return root_path.get()


def add_root_path(path: str) -> str:
    """Return the public path of a path of this service: `/rakornas/v1/regions` for `/v1/regions`."""
    return root_path.get() + path


def call_with_root_path(prefix: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function outside of any request with this prefix, and return its result."""
    context = copy_context()
    context.run(root_path.set, prefix)
    return context.run(function, *args, **kwargs)
