"""The OpenAPI document of list operations."""

from tests.for_each import for_each
from tests.test_openapi import BY_GATES, DOCUMENT, LISTS, MEETING, OF_A_DAY, OPERATIONS, REVISIONS

UNSEARCHED = ("/v1/audit", "/v1/audit/roots", f"{MEETING}/statements", *BY_GATES, *REVISIONS)


@for_each(LISTS)
def test_list_has_the_list_parameters(path: str) -> None:
    schemas = {item["name"]: item["schema"] for item in OPERATIONS[f"get {path}"]["parameters"]}
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
def test_list_declares_its_own_filters_first(path: str) -> None:
    names = [item["name"] for item in OPERATIONS[f"get {path}"]["parameters"] if item["in"] == "query"]
    common = {"q", "sort", "page_size", "page_token", "fields", "known_at"}
    assert [name in common for name in names] == sorted(name in common for name in names)


@for_each(LISTS)
def test_list_declares_fields(path: str) -> None:
    schema = OPERATIONS[f"get {path}"]["responses"]["200"]["content"]["application/json"]["schema"]
    page = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    assert list(page["properties"]) == ["items", "next_page_token"]
    item = DOCUMENT["components"]["schemas"][page["properties"]["items"]["items"]["$ref"].rpartition("/")[2]]
    assert set(item["required"]) == set(item["properties"])  # a generated member is never optional
    (fields,) = [entry for entry in OPERATIONS[f"get {path}"]["parameters"] if entry["name"] == "fields"]
    assert "exactly these members, also if its schema requires others" in fields["description"]


@for_each([path for path in LISTS if path != "/v1/search"])
def test_sort_description_names_the_default(path: str) -> None:
    (sort,) = [item for item in OPERATIONS[f"get {path}"]["parameters"] if item["name"] == "sort"]
    default = sort["schema"]["enum"][0]
    assert sort["description"].startswith(f"Default: `{default}`")
