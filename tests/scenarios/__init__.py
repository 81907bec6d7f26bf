"""What every list and every item must do, whatever it shows. The test class of an endpoint inherits these scenarios."""

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
