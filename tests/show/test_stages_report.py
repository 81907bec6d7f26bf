"""The stages report has the served stages, in their order, with the parent of each."""

import re
from typing import get_args

import httpx
import pytest
from fastapi import FastAPI

from app import cli
from app.models.vocabulary import StageStatus
from app.operations import OperatorError
from app.settings import Settings
from app.show import record_reader
from app.show.stages import build_stages_report
from tests.conftest import fetch_value
from tests.scenarios import list_items
from tests.show.test_reports import parse_rows, read_on, to_text


@pytest.mark.parametrize("day", ["2022-06-14", "2024-02-12", "2024-02-13", "2024-11-27"])
@pytest.mark.parametrize("status", get_args(StageStatus))
async def test_stages_report_equals_the_served_stages_of_a_status(
    app: FastAPI, client: httpx.AsyncClient, day: str, status: str
) -> None:
    served = await list_items(client, "/v1/stages", {"as_of": day, "status": status})
    shown = parse_rows(to_text(await build_stages_report(read_on(app, day), None, status, True)), "code")
    assert sorted(row["code"] for row in shown) == sorted(stage["code"] for stage in served)
    assert {row["status"].split(",")[0] for row in shown} <= {status}
    unverified = {stage["code"] for stage in served if not stage["verified"]}
    assert {row["code"] for row in shown if "not verified" in row["source"]} == unverified


async def test_part_of_a_hidden_stage_names_its_parent(app: FastAPI) -> None:
    lines = to_text(await build_stages_report(read_on(app, "2024-02-12"), "pemilu-2024", "running", True)).splitlines()
    part_of = {row["code"]: row["part of"] for row in parse_rows("\n".join(lines), "code")}
    assert (part_of["pu-01"], part_of["pu-01a"], part_of["pu-02e"]) == ("", "", "pu-02")
    assert [line for line in lines if line.startswith("  pu-01a  ")]
    assert [line for line in lines if line.startswith("pu-02e  ")]


@pytest.mark.parametrize("status", ["running", "finished", "upcoming", None])
async def test_indented_stage_is_a_part_of_the_row_above(app: FastAPI, loaded_url: str, status: str | None) -> None:
    """The row above is the nearest previous line with less indentation."""
    parent = dict(await fetch_value(loaded_url, "SELECT array_agg(ARRAY[code, parent]) FROM stages"))
    shown = to_text(await build_stages_report(read_on(app, "2024-02-12"), None, status, True))
    lines = re.findall(r"^( *)(p[a-z]-\S+)", shown, re.MULTILINE)
    assert sum(indentation != "" for indentation, _ in lines) > 2
    above: list[str] = []
    for indentation, code in lines:
        depth = len(indentation) // 2
        above = [*above[:depth], code]
        assert len(above) == depth + 1, code
        assert depth == 0 or above[-2] in list_ancestors(parent, code), code


def list_ancestors(parent: dict[str, str | None], code: str) -> list[str]:
    """Return the codes of the ancestors of a stage, the nearest first."""
    whole = parent[code]
    return [whole, *list_ancestors(parent, whole)] if whole else []


async def test_top_level_report_excludes_parts(app: FastAPI) -> None:
    at = read_on(app, "2022-06-14")
    assert [
        row["code"]
        for row in parse_rows(to_text(await build_stages_report(at, "pemilu-2024", "running", False)), "code")
    ] == ["pu-01"]
    assert len(parse_rows(to_text(await build_stages_report(at, None, None, False)), "code")) == 17
    everything = to_text(await build_stages_report(at, None, None, True))
    assert len(parse_rows(everything, "code")) == 191
    assert [line[:10] for line in everything.splitlines() if "pu-02a" in line][:2] == ["  pu-02a  ", "    pu-02a"]
    assert "No stage of the top level is running" in to_text(
        await build_stages_report(read_on(app, "1999-01-01"), None, "running", False)
    )


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2024-02-10", "upcoming, in 1 day"),
        ("2024-02-11", "running, 2 days left"),
        ("2024-02-13", "running, last day"),
        ("2024-02-14", "finished"),
    ],
)
async def test_status_text_counts_the_days(app: FastAPI, day: str, status: str) -> None:
    shown = parse_rows(to_text(await build_stages_report(read_on(app, day), "pemilu-2024", None, False)), "code")
    (quiet,) = (row for row in shown if row["code"] == "pu-08")
    assert (quiet["days"], quiet["status"]) == ("2024-02-11 to 2024-02-13", status)


async def test_missing_date_is_replaced_by_the_rule(app: FastAPI) -> None:
    shown = {
        row["code"]: row
        for row in parse_rows(to_text(await build_stages_report(read_on(app, None), None, None, True)), "code")
    }
    assert shown["pu-10b"]["days"] == "paling lambat 3 hari setelah putusan Mahkamah Konstitusi dibacakan"
    assert shown["pu-02b4"]["days"] == "to 2023-04-25; paling lama 21 hari; sampai 25 April 2023"
    assert shown["pu-04"]["days"] == "2022-12-14"


def test_unparsable_json_is_an_error(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def deep(*_: object) -> bytes:
        return b'{"stages":' + b"[" * 2000 + b"]" * 2000 + b"}"

    monkeypatch.setattr("app.stages.repository.fetch_stage_tree", deep)
    with pytest.raises(OperatorError, match="is not valid JSON"):
        record_reader.read_record(settings, None, lambda at: build_stages_report(at, None, None, True))


def test_command_offers_all_statuses() -> None:
    assert set(get_args(cli.Status)) == set(get_args(StageStatus))
