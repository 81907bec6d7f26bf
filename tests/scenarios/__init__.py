"""Tests that every list and every item must pass. The test class of an endpoint inherits them."""

from tests.scenarios.common import InvalidQuery, Params, assert_invalid, code_key, list_items, name_key, updated_at_key
from tests.scenarios.items import ItemScenarios
from tests.scenarios.lists import ListScenarios

__all__ = [
    "InvalidQuery",
    "ItemScenarios",
    "ListScenarios",
    "Params",
    "assert_invalid",
    "code_key",
    "list_items",
    "name_key",
    "updated_at_key",
]
