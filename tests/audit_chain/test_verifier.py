"""The verifier finds and classifies every manipulation of a sealed trail."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from app.audit_chain import chain, maintenance, report, task, verifier
from app.audit_chain.sealer import Root
from app.audit_chain.verifier import ChainDefect, VerificationResult
from app.commands.audit import audit
from app.settings import Settings
from tests.audit_chain.manipulations import MANIPULATIONS
from tests.audit_chain.trails import INSERT_ROOT, add_lines, fetch_chain, seal_all, verify
from tests.conftest import MIGRATED, copy_template

SEALED, UNSEALED = 40, 3


@pytest_asyncio.fixture(scope="module")
async def sealed_database(server: str) -> AsyncIterator[str]:
    """The name of a database with a sealed trail, a root at the tenth line, and unsealed lines."""
    async for url in copy_template(server, MIGRATED):
        owner, sealer_connection = await asyncpg.connect(url), await task.connect(Settings(DATABASE_URL=url))
        await add_lines(owner, 10)
        await seal_all(sealer_connection, 10)
        hash_ = (await fetch_chain(owner))[-1][1]
        await owner.execute(INSERT_ROOT, datetime(2026, 11, 20, 7, tzinfo=UTC), 10, hash_)
        await add_lines(owner, SEALED - 10)
        await seal_all(sealer_connection, SEALED - 10)
        await add_lines(owner, UNSEALED)
        name: str = await owner.fetchval("SELECT current_database()")
        await sealer_connection.close()
        await owner.close()  # a database that is copied must have no connections
        yield name


@pytest_asyncio.fixture
async def database_url(server: str, sealed_database: str) -> AsyncIterator[str]:
    """A copy of that database for one test."""
    async for url in copy_template(server, sealed_database):
        yield url


@pytest.fixture
async def trail(owner: asyncpg.Connection) -> asyncpg.Connection:
    """A connection of the owner with disabled triggers."""
    await owner.execute("SET session_replication_role = replica")
    return owner


async def test_intact_trail_has_no_defect(trail: asyncpg.Connection) -> None:
    assert await verify(trail) == VerificationResult(SEALED, UNSEALED, 1, 0, [])


@pytest.mark.parametrize("batch", [7, 5000])
@pytest.mark.parametrize("case", MANIPULATIONS)
async def test_manipulation_is_found(
    trail: asyncpg.Connection, case: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        verifier, "SELECT_SEALED_LINES", verifier.SELECT_SEALED_LINES.replace("LIMIT 5000", f"LIMIT {batch}")
    )
    sql, kind, position, line = MANIPULATIONS[case]
    await trail.execute("ALTER TABLE audit_seals DROP CONSTRAINT ck_audit_seals_position_range")
    await trail.execute(sql)
    (defect,) = (await verify(trail)).defects
    assert defect[:3] == (kind, position, line)


async def test_inserted_line_with_a_seal_is_found(trail: asyncpg.Connection) -> None:
    """The hash of the forged line is valid, but the next hash was computed without it."""
    (before,) = await trail.fetch("SELECT hash FROM audit_seals WHERE position = 19")
    await trail.execute(
        "ALTER TABLE audit_seals DROP CONSTRAINT ck_audit_seals_position_range;"
        " UPDATE audit_seals SET position = -position WHERE position > 19;"
        " UPDATE audit_seals SET position = 1 - position WHERE position < 0;"
        " INSERT INTO audit_lines (id, xid, operation, keys) OVERRIDING SYSTEM VALUE VALUES (-1, '5', 'never', '{}')"
    )
    (line,) = await trail.fetch(f"SELECT {chain.SEALED_COLUMNS} FROM audit_lines l WHERE id = -1")
    forged = chain.hash_line(before["hash"], tuple(line))
    await trail.execute("INSERT INTO audit_seals VALUES (20, -1, $1)", forged)
    await trail.execute("DELETE FROM audit_roots")
    assert [defect[:3] for defect in (await verify(trail)).defects] == [("inserted", 20, -1)]


async def rewrite_chain(trail: asyncpg.Connection) -> None:
    """Change line 5 and recompute all seals and roots, as an owner could."""
    await trail.execute("UPDATE audit_lines SET operation = 'other' WHERE id = 5")
    joined = "audit_seals s JOIN audit_lines l ON l.id = s.line"
    rows = await trail.fetch(f"SELECT s.position, {chain.SEALED_COLUMNS} FROM {joined} ORDER BY 1")
    hash_ = chain.GENESIS_HASH
    for position, *line in rows:
        hash_ = chain.hash_line(hash_, line)
        await trail.execute("UPDATE audit_seals SET hash = $1 WHERE position = $2", hash_, position)
    await trail.execute("UPDATE audit_roots r SET hash = s.hash FROM audit_seals s WHERE s.position = r.position")


async def test_external_root_reveals_a_rewritten_chain(trail: asyncpg.Connection) -> None:
    external_roots = [Root(*row) for row in await trail.fetch("SELECT hour, position, hash FROM audit_roots")]
    assert (await verify(trail, *external_roots)).defects == []
    await rewrite_chain(trail)
    assert (await verify(trail)).defects == []
    (defect,) = (await verify(trail, *external_roots)).defects
    assert defect[:3] == ("root", 10, None)
    assert "the external root of 2026-11-20T07" in defect.detail


async def test_external_root_reveals_a_truncated_chain(trail: asyncpg.Connection) -> None:
    external_root = Root(datetime(2026, 11, 20, 8, tzinfo=UTC), SEALED, (await fetch_chain(trail))[-1][1])
    await trail.execute("DELETE FROM audit_seals WHERE line = 40; DELETE FROM audit_lines WHERE id >= 40")
    assert (await verify(trail)).defects == []
    assert [defect[:3] for defect in (await verify(trail, external_root)).defects] == [("dropped", SEALED, None)]


class TestCommand:
    """The commands `rakornas audit …`, in this process."""

    async def run_command(self, *arguments: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, audit, [*arguments])

    async def test_intact_trail(self, trail: asyncpg.Connection, database_url: str, tmp_path: Path) -> None:
        (root,) = await trail.fetch("SELECT hour, position, hash FROM audit_roots")
        item = {"hour": root["hour"].isoformat(), "position": root["position"], "hash": root["hash"].hex()}
        file = tmp_path / "roots.json"
        file.write_text(json.dumps({"items": [item], "next_page_token": None}))
        at = ("--database-url", database_url, "--roots", str(file))
        result = await self.run_command("verify", *at)
        assert (result.exit_code, result.stdout) == (
            *(0, "The audit trail is intact: 40 lines recomputed, 1 roots, 1 external roots, 3 not sealed yet.\n"),
        )
        file.write_text(json.dumps([item | {"hash": "00" * 32}]))
        result = await self.run_command("verify", "--json", *at)
        assert result.exit_code == 1
        document = json.loads(result.stdout)
        assert (document["intact"], document["sealed"], document["unsealed"], document["roots"]) == (False, 10, 3, 1)
        assert [(defect["kind"], defect["position"], defect["line"]) for defect in document["defects"]] == [
            ("root", 10, None)
        ]

    async def test_manipulated_trail(self, trail: asyncpg.Connection, database_url: str) -> None:
        await trail.execute("DELETE FROM audit_lines WHERE id = 20")
        result = await self.run_command("verify", "--database-url", database_url)
        assert result.exit_code == 1
        assert result.stdout.startswith("dropped at position 20, line 20: ")
        assert "\nThe audit trail is not intact: 19 lines" in result.stdout

    async def test_seal(self, trail: asyncpg.Connection, database_url: str) -> None:
        outputs = set()
        async with asyncio.timeout(60):
            while (await verify(trail)).unsealed:  # transactions of other tests may delay the sealer
                result = await self.run_command("seal", "--database-url", database_url)
                assert result.exit_code == 0
                outputs.add(result.stdout)
        assert outputs - {"Sealed: 0.\n"} == {f"Sealed: {UNSEALED}.\n"}
        await trail.fetchval("SELECT pg_advisory_lock(sealing_lock_key())")
        assert (await self.run_command("seal", "--database-url", database_url)).stdout == "Another sealer is running.\n"

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{}",
            "[]",
            '{"items": [], "next_page_token": null}',
            "[1]",
            '{"items": [{"hour": "x"}]}',
            '["a"]',
            "1",
            None,
        ],
    )
    async def test_file_without_roots(self, tmp_path: Path, content: str | None) -> None:
        file = tmp_path / "roots.json"
        if content is not None:
            file.write_text(content)
        result = await self.run_command(
            "verify", "--roots", str(file), "--database-url", "postgresql://127.0.0.1:1/none"
        )
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
        assert str(file) in result.stderr


def test_roots_are_parsed_from_a_page_and_from_a_list() -> None:
    item = {"hour": "2026-11-20T07:00:00+00:00", "position": 10, "hash": "ab" * 32, "sealed_at": "…"}
    root = Root(datetime(2026, 11, 20, 7, tzinfo=UTC), 10, b"\xab" * 32)
    for document in ({"items": [item], "next_page_token": None}, [item]):
        assert maintenance.parse_roots(json.dumps(document).encode()) == [root]


@pytest.mark.parametrize(("delay", "is_shown"), [(-1.0, True), (60.0, False)], ids=["long", "short"])
def test_progress_bar_appears_after_the_delay(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, delay: float, is_shown: bool
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes the stream for a terminal
    monkeypatch.setattr(report, "PROGRESS_DELAY_SECONDS", delay)
    with report.show_progress() as report_progress:
        report_progress(5000, 10000)
    assert ("5000/10000" in capsys.readouterr().err) is is_shown


def test_result_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    report.print_result(VerificationResult(6, 0, 0, 0, [ChainDefect("dropped", 7, None, "why")]), as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "dropped at position 7: why",
        "The audit trail is not intact: 6 lines recomputed, 0 roots, 0 not sealed yet.",
    ]
