"""Roles and databases of the tests' server that are set up in unusual ways."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.conftest import fetch_value, replace_database


@asynccontextmanager
async def create_role(url: str, options: str = "LOGIN", **settings: str) -> AsyncIterator[str]:
    """Create a role with settings of its own; yield its name, which is also its URL's user, and drop it."""
    name = f"role_{uuid.uuid4().hex}"
    await fetch_value(url, f"CREATE ROLE {name} {options}")
    for setting, value in settings.items():
        await fetch_value(url, f"ALTER ROLE {name} SET {setting} = {value}")
    try:
        yield name
    finally:
        await fetch_value(url, f"DROP OWNED BY {name}")
        await fetch_value(url, f"DROP ROLE {name}")


def url_of_role(url: str, role: str) -> str:
    """Return the URL of the same database for another role."""
    return url.replace("//rakornas@", f"//{role}@", 1)


@asynccontextmanager
async def create_database(server: str, options: str = "", *statements: str) -> AsyncIterator[str]:
    """Create an empty database, run statements in it, yield its URL, and drop it."""
    name = f"test_{uuid.uuid4().hex}"
    await fetch_value(server, f"CREATE DATABASE {name} TEMPLATE template0 {options}")
    url = replace_database(server, name)
    try:
        for statement in statements:
            await fetch_value(url, statement.replace("{database}", name))
        yield url
    finally:
        await fetch_value(server, f"DROP DATABASE {name} WITH (FORCE)")
