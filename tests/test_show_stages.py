"""`rakornas show stages`: those that are served, in their order, and whose part each is."""

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
from tests.test_show import on, piped, rows


@pytest.mark.parametrize("day", ["2022-06-14", "2024-02-12", "2024-02-13", "2024-11-27"])
@pytest.mark.parametrize("status", get_args(StageStatus))
async def test_the_stages_of_a_status_are_those_that_are_served(
    app: FastAPI, client: httpx.AsyncClient, day: str, status: str
) -> None:
    served = await list_items(client, "/v1/stages", {"as_of": day, "status": status})
    shown = rows(piped(await build_stages_report(on(app, day), None, status, True)), "code")
    assert sorted(row["code"] for row in shown) == sorted(stage["code"] for stage in served)
    assert {row["status"].split(",")[0] for row in shown} <= {status}
    unverified = {stage["code"] for stage in served if not stage["verified"]}
    assert {row["code"] for row in shown if "not verified" in row["source"]} == unverified


async def test_a_part_whose_whole_is_left_out_says_whose_it_is(app: FastAPI) -> None:
    lines = piped(await build_stages_report(on(app, "2024-02-12"), "pemilu-2024", "running", True)).splitlines()
    part_of = {row["code"]: row["part of"] for row in rows("\n".join(lines), "code")}
    assert (part_of["pu-01"], part_of["pu-01a"], part_of["pu-02e"]) == ("", "", "pu-02")
    assert [line for line in lines if line.startswith("  pu-01a  ")]
    assert [line for line in lines if line.startswith("pu-02e  ")]


@pytest.mark.parametrize("status", ["running", "finished", "upcoming", None])
async def test_an_indented_stage_is_a_part_of_what_stands_above_it(
    app: FastAPI, loaded_url: str, status: str | None
) -> None:
    """Above it: on the nearest line before that is indented less."""
    parent = dict(await fetch_value(loaded_url, "SELECT array_agg(ARRAY[code, parent]) FROM stages"))
    shown = piped(await build_stages_report(on(app, "2024-02-12"), None, status, True))
    lines = re.findall(r"^( *)(p[a-z]-\S+)", shown, re.MULTILINE)
    assert sum(indentation != "" for indentation, _ in lines) > 2
    above: list[str] = []
    for indentation, code in lines:
        depth = len(indentation) // 2
        above = [*above[:depth], code]
        assert len(above) == depth + 1, code
        assert depth == 0 or above[-2] in wholes(parent, code), code


def wholes(parent: dict[str, str | None], code: str) -> list[str]:
    """What a stage is a part of, and what that is a part of, up to the top."""
    whole = parent[code]
    return [whole, *wholes(parent, whole)] if whole else []


async def test_the_top_level_is_shown_without_its_parts(app: FastAPI) -> None:
    at = on(app, "2022-06-14")
    assert [
        row["code"] for row in rows(piped(await build_stages_report(at, "pemilu-2024", "running", False)), "code")
    ] == ["pu-01"]
    assert len(rows(piped(await build_stages_report(at, None, None, False)), "code")) == 17
    everything = piped(await build_stages_report(at, None, None, True))
    assert len(rows(everything, "code")) == 191
    assert [line[:10] for line in everything.splitlines() if "pu-02a" in line][:2] == ["  pu-02a  ", "    pu-02a"]
    assert "No stage of the top level is running" in piped(
        await build_stages_report(on(app, "1999-01-01"), None, "running", False)
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
async def test_the_quiet_period_comes_and_goes(app: FastAPI, day: str, status: str) -> None:
    shown = rows(piped(await build_stages_report(on(app, day), "pemilu-2024", None, False)), "code")
    (quiet,) = (row for row in shown if row["code"] == "pu-08")
    assert (quiet["days"], quiet["status"]) == ("2024-02-11 to 2024-02-13", status)


async def test_where_no_date_is_set_the_regulation_is_quoted(app: FastAPI) -> None:
    shown = {
        row["code"]: row for row in rows(piped(await build_stages_report(on(app, None), None, None, True)), "code")
    }
    assert shown["pu-10b"]["days"] == "paling lambat 3 hari setelah putusan Mahkamah Konstitusi dibacakan"
    assert shown["pu-02b4"]["days"] == "to 2023-04-25; paling lama 21 hari; sampai 25 April 2023"
    assert shown["pu-04"]["days"] == "2022-12-14"


def test_an_answer_too_deep_to_be_read_is_told_of(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def deep(*_: object) -> bytes:
        return b'{"stages":' + b"[" * 2000 + b"]" * 2000 + b"}"

    monkeypatch.setattr("app.stages.repository.fetch_stage_tree", deep)
    with pytest.raises(OperatorError, match="is not valid JSON"):
        record_reader.read_record(settings, None, lambda at: build_stages_report(at, None, None, True))


def test_the_command_offers_the_statuses_that_there_are() -> None:
    assert set(get_args(cli.Status)) == set(get_args(StageStatus))
