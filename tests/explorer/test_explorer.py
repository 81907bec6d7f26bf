import re
from urllib.parse import urljoin

import httpx
import pytest

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}


class TestIndex:
    async def test_all_links_work(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/")
        assert response.headers["content-type"] == "application/json"
        assert response.json()["name"] == "Rakornas"
        links = response.json()["links"]
        assert {"explorer", "openapi", "today", "search", "officials", "stages", "meetings", "problems"} <= set(links)
        assert not [path for path in links.values() if "{" in path]
        for path in links.values():
            assert (await client.get(path)).status_code == 200, path

    async def test_browser_is_redirected_to_the_explorer(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/", headers={"Accept": BROWSER})
        assert (response.status_code, response.headers["location"]) == (303, "/docs")
        assert "Accept" in response.headers["vary"]

    @pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
    async def test_other_clients_are_not_redirected(self, client: httpx.AsyncClient, accept: str) -> None:
        assert (await client.get("/", headers={"Accept": accept})).status_code == 200


class TestExplorer:
    async def test_page_refers_to_no_other_server(self, client: httpx.AsyncClient) -> None:
        page = (await client.get("/docs", headers={"Accept": BROWSER})).text
        assert "SwaggerUIBundle" in page
        assert not re.search(r"(https?:)?//[a-z]", page)
        assert re.search(r'"?validatorUrl"?: null', page)

    async def test_page_loads_only_files_of_the_service(self, client: httpx.AsyncClient) -> None:
        page = (await client.get("/docs")).text
        loaded = set(re.findall(r"""(?:src|href)=["']([^"']+)["']|url: ["']([^"']+)["']""", page))
        paths = {urljoin("/docs", path) for pair in loaded for path in pair if path}
        assert paths == {*(f"/docs/{name}" for name in ASSETS), "/openapi.json"}
        for path in paths:
            assert (await client.get(path)).status_code == 200

    async def test_styles_refer_to_no_other_server(self, client: httpx.AsyncClient) -> None:
        styles = (await client.get("/docs/swagger-ui.css")).text
        assert not re.search(r"@import|url\(\s*[\"']?(https?:)?//", styles)

    @pytest.mark.parametrize(("name", "kind"), ASSETS.items())
    async def test_asset_is_served_with_an_etag(self, client: httpx.AsyncClient, name: str, kind: str) -> None:
        response = await client.get(f"/docs/{name}")
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(kind)
        assert response.headers["cache-control"].startswith("public")
        unchanged = await client.get(f"/docs/{name}", headers={"If-None-Match": response.headers["etag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")

    @pytest.mark.parametrize(
        "name", ["redoc.standalone.js", "..%2f__init__.py", "%2e%2e%2f__init__.py", "", "swagger-ui.css/", "x"]
    )
    async def test_other_file_names_are_404(self, client: httpx.AsyncClient, name: str) -> None:
        response = await client.get(f"/docs/{name}")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")

    async def test_page_has_an_etag(self, client: httpx.AsyncClient) -> None:
        tag = (await client.get("/docs")).headers["etag"]
        assert (await client.get("/docs", headers={"If-None-Match": tag})).status_code == 304

    async def test_asset_rejects_parameters(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/docs/swagger-ui.css?colour=red")).status_code == 422

    @pytest.mark.parametrize("byte_range", ["bytes=x", "furlongs=1-2", "bytes=999999999-"])
    async def test_invalid_range_is_ignored_or_a_problem_document(
        self, client: httpx.AsyncClient, byte_range: str
    ) -> None:
        response = await client.get("/docs/swagger-ui.css", headers={"Range": byte_range})
        assert response.status_code == 200 or response.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/problems", "/problems/not_found"])
    async def test_parameters_are_rejected(self, client: httpx.AsyncClient, path: str) -> None:
        response = await client.get(f"{path}?colour=red")
        assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "unknown_parameter")

    @pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/problems"])
    async def test_head_has_the_headers_of_get(self, client: httpx.AsyncClient, path: str) -> None:
        get = await client.get(path, headers={"X-Request-Id": "head"})
        head = await client.head(path, headers={"X-Request-Id": "head"})
        assert (head.status_code, head.headers, head.content) == (200, get.headers, b"")
