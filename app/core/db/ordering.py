"""Order texts by code point, on every database alike.

Without a collation, Postgres orders by the locale of the database: by the C library's, by ICU's, or by code point. The
collation "C" is part of Postgres itself, and never changes.
"""

from typing import Any

from sqlalchemy import ColumnElement, String, type_coerce
from sqlalchemy.types import ARRAY


def by_code_point(expression: Any) -> ColumnElement[Any]:
    """Return a text, or an array of texts, so that it is ordered and compared with < and > by code point.

    Other expressions are returned unchanged.
    """
    element_type = expression.type.item_type if isinstance(expression.type, ARRAY) else expression.type
    if not isinstance(element_type, String):
        return expression  # type: ignore[no-any-return]
    return type_coerce(type_coerce(expression, element_type).collate("C"), expression.type)
