"""The HTML pages that describe problem types, in both languages and in the style of the explorer."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from app.core.http.security_headers import NO_FRAMES
from app.core.languages import Language, Text
from app.core.problems import Problem
from app.core.root_path import add_root_path

POLICY = f"default-src 'none'; style-src 'self'; img-src 'self'; {NO_FRAMES}"
EXPLORER = Text("Penjelajah", "Explorer")
ALL_PROBLEMS = Text("Semua masalah", "All problems")
LIST_TITLE = Text("Masalah", "Problems")
LIST_INTRODUCTION = Text(
    "Setiap jenis masalah yang dijawab oleh layanan ini, dan cara menyelesaikannya.",
    "Every type of problem that this service answers with, and how to solve it.",
)
OTHER_LANGUAGE: dict[Language, Language] = {"id": "en", "en": "id"}


class Page(NamedTuple):
    """The parts of a page that differ."""

    language: Language
    title: str
    content: str


def render_problem_page(problem_type: type[Problem], language: Language) -> bytes:
    """Return the HTML page of one problem type: first in the preferred language, then in the other one."""
    other = OTHER_LANGUAGE[language]
    title = f"{problem_type.status} {problem_type.title.in_language(language)}"
    content = (
        f"<h1>{escape(title)}</h1>{_render_facts(problem_type)}"
        f"<p>{escape(problem_type.remedy.in_language(language))}</p>"
        f'<section class="other" lang="{other}">'
        f"<h2>{escape(problem_type.title.in_language(other))}</h2>"
        f"<p>{escape(problem_type.remedy.in_language(other))}</p></section>"
    )
    return _render_page(Page(language, f"{title} ({problem_type.code})", content))


def render_problem_list(problem_types: Sequence[type[Problem]], language: Language) -> bytes:
    """Return the HTML page with all problem types in the preferred language, each with a link to its own page."""
    sections = [
        f'<section id="{problem_type.code}"><h2><a href="{escape(_address(problem_type))}">'
        f"{problem_type.status} {escape(problem_type.title.in_language(language))}</a></h2>"
        f"{_render_facts(problem_type)}<p>{escape(problem_type.remedy.in_language(language))}</p></section>"
        for problem_type in problem_types
    ]
    title = LIST_TITLE.in_language(language)
    introduction = f"<p>{escape(LIST_INTRODUCTION.in_language(language))}</p>"
    return _render_page(Page(language, title, f"<h1>{title}</h1>{introduction}{''.join(sections)}"))


def _render_facts(problem_type: type[Problem]) -> str:
    """Return the paragraph with the code, which is the same in every language."""
    return f'<p class="facts"><code>{escape(problem_type.code)}</code></p>'


def _address(problem_type: type[Problem]) -> str:
    """Return the public path of the page of a problem type."""
    return add_root_path(f"/problems/{problem_type.code}")


def _render_page(page: Page) -> bytes:
    """Return a whole HTML page, with the way back to the explorer and to the list of all problems."""
    docs, problems = add_root_path("/docs"), add_root_path("/problems")
    return f"""<!doctype html>
<html lang="{page.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(page.title)} - Rakornas</title>
<link rel="stylesheet" href="{docs}/page.css">
<link rel="icon" href="{docs}/favicon.png">
</head>
<body>
<div class="page">
<nav>
<a class="home" href="{docs}">Rakornas</a>
<a href="{docs}">{EXPLORER.in_language(page.language)}</a>
<a href="{problems}">{ALL_PROBLEMS.in_language(page.language)}</a>
</nav>
<main>{page.content}</main>
</div>
</body>
</html>
""".encode()
