import re
from html import escape
from urllib.parse import urljoin

import httpx
import pytest

from app.core.languages import Language
from app.core.problems import PROBLEM_TYPES

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ASSETS = {
    **dict.fromkeys(("swagger-ui-bundle.js", "explorer.js", "theme.js"), "text/javascript"),
    **dict.fromkeys(("swagger-ui.css", "explorer.css", "page.css"), "text/css"),
    "favicon.png": "image/png",
}


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
        script = (await client.get("/docs/explorer.js")).text
        assert "SwaggerUIBundle" in script
        assert not re.search(r"(https?:)?//[a-z]", page + script)
        assert re.search(r'"?validatorUrl"?: null', script)

    async def test_page_loads_only_files_of_the_service(self, client: httpx.AsyncClient) -> None:
        page = (await client.get("/docs")).text + (await client.get("/docs/explorer.js")).text
        loaded = set(re.findall(r"""(?:src|href)=["']([^"'#]+)["']|fetch\(["']([^"']+)["']""", page))
        paths = {urljoin("/docs", path) for pair in loaded for path in pair if path}
        assert paths == {*(f"/docs/{name}" for name in ASSETS), "/openapi.json", "/problems"}
        for path in paths:
            assert (await client.get(path)).status_code == 200

    async def test_styles_refer_to_no_other_server(self, client: httpx.AsyncClient) -> None:
        for name in ("swagger-ui.css", "explorer.css", "page.css"):
            styles = (await client.get(f"/docs/{name}")).text
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


class TestProblemPages:
    @pytest.mark.parametrize("code", sorted(PROBLEM_TYPES))
    @pytest.mark.parametrize("language", ["id", "en"])
    async def test_page_has_a_title_of_its_own_and_both_languages(
        self, client: httpx.AsyncClient, code: str, language: Language
    ) -> None:
        problem_type = PROBLEM_TYPES[code]
        page = (await client.get(f"/problems/{code}", headers={"Accept": BROWSER, "Accept-Language": language})).text
        title = f"{problem_type.status} {escape(problem_type.title.in_language(language))}"
        assert f"<title>{title} ({code}) - Rakornas</title>" in page
        assert f'<html lang="{language}">' in page
        assert f"<h1>{title}</h1>" in page
        assert f'<section class="other" lang="{"en" if language == "id" else "id"}">' in page
        for text in (problem_type.title, problem_type.remedy):
            assert escape(text.id) in page
            assert escape(text.en) in page

    @pytest.mark.parametrize("path", ["/problems", "/problems/not_found"])
    async def test_links_lead_back_and_style_is_that_of_the_explorer(
        self, client: httpx.AsyncClient, path: str
    ) -> None:
        response = await client.get(path, headers={"Accept": BROWSER})
        links = set(re.findall(r'href="([^"]+)"', response.text))
        assert {"/docs", "/problems", "/docs/page.css", "/docs/favicon.png"} <= links
        for link in links:
            assert (await client.get(link)).status_code == 200, link
        assert "style-src 'self'" in response.headers["content-security-policy"]
        assert "script-src" not in response.headers["content-security-policy"]
        assert "page.css" in (await client.get("/docs")).text

    async def test_list_has_each_problem_and_its_own_title(self, client: httpx.AsyncClient) -> None:
        page = (await client.get("/problems", headers={"Accept": BROWSER, "Accept-Language": "id"})).text
        assert "<title>Masalah - Rakornas</title>" in page
        assert re.findall(r'<h2><a href="/problems/(\w+)">', page) == list(PROBLEM_TYPES)
