"""Pages of long revisions: they end before `page_size`, and all pages together list every revision once."""

from app.core.collection_definition import MAX_PAGE_BYTES
from tests.writes.object_examples import MEETING_PATH
from tests.writes.write_client import WriteClient

TEXT_LENGTH = 4000


async def test_page_of_long_revisions_does_not_exceed_the_size_limit(api: WriteClient) -> None:
    for n in range(6):
        corrections = [
            {"field": "name", "printed": "p" * TEXT_LENGTH, "recorded": "h" * TEXT_LENGTH, "reason": f"r{n}"}
        ] * 40
        changed = await api.patch(MEETING_PATH, {"source": {"corrections": corrections}})
        assert changed.status_code == 200, changed.text
    for order, expected in (("", [1, 2, 3, 4, 5, 6, 7]), ("&sort=-revision", [7, 6, 5, 4, 3, 2, 1])):
        path, revisions, pages = f"{MEETING_PATH}/revisions?page_size=200{order}", [], 0
        while path:
            page = await api.get(path)
            longest_item = max(len(str(item)) for item in page.json()["items"])
            assert len(page.content) < MAX_PAGE_BYTES + 2 * longest_item
            revisions += [item["revision"] for item in page.json()["items"]]
            path, pages = page.links["next"]["url"] if "next" in page.links else "", pages + 1
        assert revisions == expected
        assert pages > 2
    numbers = await api.get(f"{MEETING_PATH}/revisions?page_size=200&fields=revision")
    assert (len(numbers.json()["items"]), numbers.json()["next_page_token"]) == (7, None)
