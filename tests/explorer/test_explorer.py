import re

import httpx
import pytest

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}


class TestIndex:
    async def test_all_links_lead_somewhere(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/")
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["name"] == "Rakornas"
        links = answer.json()["links"]
        assert {"explorer", "openapi", "today", "search", "officials", "stages", "meetings", "problems"} <= set(links)
        assert not [path for path in links.values() if "{" in path]
        for path in links.values():
            assert (await client.get(path)).status_code == 200, path

    async def test_a_browser_is_led_to_the_explorer(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/", headers={"Accept": BROWSER})
        assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
        assert "Accept" in answer.headers["vary"]

    @pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
    async def test_a_program_is_not(self, client: httpx.AsyncClient, accept: str) -> None:
        assert (await client.get("/", headers={"Accept": accept})).status_code == 200


class TestExplorer:
    async def test_names_no_address_outside_the_service(self, client: httpx.AsyncClient) -> None:
        page = (await client.get("/docs", headers={"Accept": BROWSER})).text
        assert "SwaggerUIBundle" in page
        assert not re.search(r"(https?:)?//[a-z]", page)
        assert re.search(r'"?validatorUrl"?: null', page)

    async def test_all_that_it_loads_is_here(self, client: httpx.AsyncClient) -> None:
        page = (await client.get("/docs")).text
        loaded = set(re.findall(r"""(?:src|href)=["']([^"']+)["']|url: ["']([^"']+)["']""", page))
        paths = {path for pair in loaded for path in pair if path}
        assert paths == {*(f"/docs/{name}" for name in ASSETS), "/openapi.json"}
        for path in paths:
            assert (await client.get(path)).status_code == 200

    async def test_its_styles_load_nothing_from_outside(self, client: httpx.AsyncClient) -> None:
        styles = (await client.get("/docs/swagger-ui.css")).text
        assert not re.search(r"@import|url\(\s*[\"']?(https?:)?//", styles)

    @pytest.mark.parametrize(("name", "kind"), ASSETS.items())
    async def test_an_asset(self, client: httpx.AsyncClient, name: str, kind: str) -> None:
        answer = await client.get(f"/docs/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["cache-control"].startswith("public")
        unchanged = await client.get(f"/docs/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")

    @pytest.mark.parametrize(
        "name", ["redoc.standalone.js", "..%2f__init__.py", "%2e%2e%2f__init__.py", "", "swagger-ui.css/", "x"]
    )
    async def test_nothing_else_is_an_asset(self, client: httpx.AsyncClient, name: str) -> None:
        answer = await client.get(f"/docs/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    async def test_the_page_is_tagged(self, client: httpx.AsyncClient) -> None:
        tag = (await client.get("/docs")).headers["etag"]
        assert (await client.get("/docs", headers={"If-None-Match": tag})).status_code == 304

    async def test_an_asset_takes_no_parameters(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/docs/swagger-ui.css?colour=red")).status_code == 422

    @pytest.mark.parametrize("wanted", ["bytes=x", "furlongs=1-2", "bytes=999999999-"])
    async def test_a_range_that_is_none_is_a_problem_document(self, client: httpx.AsyncClient, wanted: str) -> None:
        answer = await client.get("/docs/swagger-ui.css", headers={"Range": wanted})
        assert answer.status_code == 200 or answer.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/problems", "/problems/not_found"])
    async def test_takes_no_parameters(self, client: httpx.AsyncClient, path: str) -> None:
        answer = await client.get(f"{path}?colour=red")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_parameter")

    @pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/problems"])
    async def test_head_has_the_headers_of_get(self, client: httpx.AsyncClient, path: str) -> None:
        get = await client.get(path, headers={"X-Request-Id": "head"})
        head = await client.head(path, headers={"X-Request-Id": "head"})
        assert (head.status_code, head.headers, head.content) == (200, get.headers, b"")
