"""What the OpenAPI document says of lists."""

from tests.for_each import for_each
from tests.test_openapi import BY_GATES, DOCUMENT, LISTS, MEETING, OF_A_DAY, OPERATIONS, REVISIONS

UNSEARCHED = ("/v1/audit", "/v1/audit/roots", f"{MEETING}/statements", *BY_GATES, *REVISIONS)


@for_each(LISTS)
def test_have_the_parameters_of_a_list(path: str) -> None:
    schemas = {one["name"]: one["schema"] for one in OPERATIONS[f"get {path}"]["parameters"]}
    assert {"page_size", "page_token", "fields"} <= set(schemas)
    assert ("q" in schemas) == (path not in UNSEARCHED)
    assert ("sort" in schemas) == (path != "/v1/search")
    assert ("as_of" in schemas) == (path.endswith(("/officials", *OF_A_DAY)))
    assert (schemas["page_size"]["minimum"], schemas["page_size"]["maximum"]) == (1, 200)
    assert schemas["page_size"]["default"] == 50
    assert schemas.get("as_of", {"format": "date"})["format"] == "date"
    names = schemas.get("sort", {"enum": []})["enum"]
    assert sorted(names) == sorted(
        turned for name in names if not name.startswith("-") for turned in (name, f"-{name}")
    )


@for_each(LISTS)
def test_show_their_own_filters_first(path: str) -> None:
    names = [one["name"] for one in OPERATIONS[f"get {path}"]["parameters"] if one["in"] == "query"]
    common = {"q", "sort", "page_size", "page_token", "fields", "known_at"}
    assert [name in common for name in names] == sorted(name in common for name in names)


@for_each(LISTS)
def test_show_whole_documents_or_parts(path: str) -> None:
    schema = OPERATIONS[f"get {path}"]["responses"]["200"]["content"]["application/json"]["schema"]
    page = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    assert list(page["properties"]) == ["items", "next_page_token"]
    whole, part = (one["$ref"].rpartition("/")[2] for one in page["properties"]["items"]["items"]["anyOf"])
    schemas = DOCUMENT["components"]["schemas"]
    assert set(schemas[whole]["required"]) == set(schemas[whole]["properties"]) == set(schemas[part]["properties"])
    assert "required" not in schemas[part]


@for_each([path for path in LISTS if path != "/v1/search"])
def test_an_order_says_what_it_is_without_asking(path: str) -> None:
    (sort,) = [one for one in OPERATIONS[f"get {path}"]["parameters"] if one["name"] == "sort"]
    said = {"revision": "Oldest first where", "id": "In the order in which", "hour": "In the order of time"}
    usual = sort["schema"]["enum"][0]
    by_time = (*REVISIONS, "/v1/audit", "/v1/audit/roots", f"{MEETING}/corrections")
    wanted = said[usual] if path in by_time else f"By `{usual}`"
    assert wanted in sort["description"]
