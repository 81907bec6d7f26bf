"""Parameters that are valid alone but not together, and addresses of objects that do not exist."""

from collections.abc import Iterator

from tests.service.corpus.contract import ROUTES
from tests.service.corpus.invalid_request import CANARY, LEGAL, InvalidRequest, build_case
from tests.service.raw_http import build_get

INVALID_TARGETS = {
    "from after to": "/v1/stages?from=2024-02-29&to=2024-02-01",
    "from after to, of meetings": "/v1/meetings?from=2022-06-16&to=2022-06-15",
    "to before from": "/v1/stages?to=1900-01-01&from=2199-12-31",
    "search for nothing": "/v1/search",
    "search for a kind alone": "/v1/search?kind=official",
    "search with sort": "/v1/search?q=kpu&sort=name",
    "part of a tree": "/v1/elections/pemilu-2024/tree?fields=code",
    "page of a tree": "/v1/elections/pemilu-2024/tree?page_size=10",
    "page of a day": "/v1/today?page_size=10",
    "part of a day": "/v1/today?fields=running",
    "page of an item": "/v1/stages/pu-08?page_size=10",
    "search in an item": "/v1/stages/pu-08?q=masa",
    "part of a summary": "/v1/meetings/rakornas-2022-06/attendance/summary?fields=present",
    "by two": "/v1/meetings/rakornas-2022-06/attendance/summary?by=level,region",
    "by colour": "/v1/meetings/rakornas-2022-06/attendance/summary?by=colour",
    "a session of no meeting": "/v1/meetings/rakornas-2022-06/attendance?session=class-99",
    "a session of no meeting, by": "/v1/meetings/rakornas-2022-06/attendance/summary?session=class-99&by=office",
    "no stage for a parent": "/v1/stages?parent=NONE",
    "a stage of another kind of code": "/v1/stages?parent=pemilu-2024",
    "no organization for a host": "/v1/meetings?host=KPU",
    "a region for a host": "/v1/meetings?host=31",
    "an official for a body": "/v1/meetings?attended_by=01a20c10-0ad9-7584-8953-0eb59d6a8d90",
}
MISSING_TARGETS = {
    "tree of nothing": "/v1/elections/kenari7/tree?as_of=2022-06-14",
    "tree of a stage": "/v1/elections/pu-08/tree",
    "sessions of nothing": "/v1/meetings/kenari7/sessions?kind=class",
    "session of nothing": "/v1/meetings/kenari7/sessions/class-1",
    "session that is none": "/v1/meetings/rakornas-2022-06/sessions/class-99",
    "roll of nothing": "/v1/meetings/kenari7/attendance?session=class-1",
    "summary of nothing": "/v1/meetings/kenari7/attendance/summary?by=office",
    "deeper than a summary": "/v1/meetings/rakornas-2022-06/attendance/summary/office",
    "deeper than a session": "/v1/meetings/rakornas-2022-06/sessions/class-1/topics",
    "deeper than a tree": "/v1/elections/pemilu-2024/tree/pu-08",
    "deeper than today": "/v1/today/2022-06-14",
    "deeper than search": "/v1/search/kpu",
}
UNUSUAL_TARGETS = {
    "one day for a period": "/v1/stages?from=2024-02-12&to=2024-02-12",
    "a period at the end of days": "/v1/meetings?from=2199-12-31",
    "a period before all days": "/v1/stages?to=1900-01-01",
    "today in 1900": "/v1/today?as_of=1900-01-01&days=90",
    "today in 2199": "/v1/today?as_of=2199-12-31&days=90",
    "tree in 1900": "/v1/elections/pemilu-2024/tree?as_of=1900-01-01",
    "a topic that nobody has": "/v1/meetings/rakornas-2022-06/sessions?topic=kenari7",
    "parts of the top level": "/v1/stages?parent=none&round=9&status=undated",
    "search for one apostrophe": "/v1/search?q=%27%27",
}


def cases() -> Iterator[InvalidRequest]:
    for name, target in INVALID_TARGETS.items():
        yield build_case(name, build_get(target.encode()), 422, secret=CANARY)
    for name, target in MISSING_TARGETS.items():
        yield build_case(name, build_get(target.encode()), 404)
    for name, target in UNUSUAL_TARGETS.items():
        yield build_case(name, build_get(target.encode()), LEGAL)
    for route in ROUTES:
        if {"q", "sort"} <= route.query.keys():
            yield build_case(f"{route} q with sort", build_get(route.target("q=kenari7&sort=name").encode()), 422)
