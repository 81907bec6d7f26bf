"""Where much was written, a page ends early, and a walk still meets everything once."""

from app.core.collection_definition import MAX_PAGE_BYTES
from tests.writes.object_examples import MEETING_PATH
from tests.writes.write_client import WriteClient

LONG = 4000


async def test_a_page_of_long_revisions_is_no_longer_than_it_may_be(calls: WriteClient) -> None:
    for n in range(6):
        corrections = [{"field": "name", "printed": "p" * LONG, "recorded": "h" * LONG, "reason": f"r{n}"}] * 40
        changed = await calls.patch(MEETING_PATH, {"source": {"corrections": corrections}})
        assert changed.status_code == 200, changed.text
    for order, expected in (("", [1, 2, 3, 4, 5, 6, 7]), ("&sort=-revision", [7, 6, 5, 4, 3, 2, 1])):
        address, walked, pages = f"{MEETING_PATH}/revisions?page_size=200{order}", [], 0
        while address:
            page = await calls.get(address)
            one = max(len(str(item)) for item in page.json()["items"])
            assert len(page.content) < MAX_PAGE_BYTES + 2 * one
            walked += [item["revision"] for item in page.json()["items"]]
            address, pages = page.links["next"]["url"] if "next" in page.links else "", pages + 1
        assert walked == expected
        assert pages > 2
    numbers = await calls.get(f"{MEETING_PATH}/revisions?page_size=200&fields=revision")
    assert (len(numbers.json()["items"]), numbers.json()["next_page_token"]) == (7, None)
