"""What every list and every item must do, whatever it shows. The test class of an endpoint inherits these scenarios."""

from tests.scenarios.common import Params, Refused, assert_refused, of_code, of_name, of_update, walk
from tests.scenarios.items import ItemScenarios
from tests.scenarios.lists import ListScenarios

__all__ = [
    "ItemScenarios",
    "ListScenarios",
    "Params",
    "Refused",
    "assert_refused",
    "of_code",
    "of_name",
    "of_update",
    "walk",
]
