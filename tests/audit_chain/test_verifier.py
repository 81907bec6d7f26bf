"""Whatever is done to a sealed trail behind the service's back is found, and told for what it is."""

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

from app.audit_chain import chain, maintenance, report, sealer, task, verifier
from app.audit_chain.sealer import Root
from app.audit_chain.verifier import ChainDefect, VerificationResult
from app.commands.audit import audit
from app.settings import Settings
from tests.audit_chain.trails import add_lines, fetch_chain, seal_all, verify
from tests.conftest import MIGRATED, copy_of

SEALED, UNSEALED = 40, 3
TWO = (
    "CREATE TEMP TABLE two AS SELECT * FROM audit_lines WHERE id IN (7, 30);"
    " DELETE FROM audit_lines WHERE id IN (7, 30)"
)
BACK = "INSERT INTO audit_lines OVERRIDING SYSTEM VALUE SELECT"
AFTER_ID = "client, scope, operation, keys, request_id, purpose FROM two"
EXCHANGED = "CASE id WHEN 7 THEN 30 ELSE 7 END"
SAME_FROM_OTHER = "FROM audit_lines b WHERE (a.id, b.id) IN ((7, 30), (30, 7))"
WORDS = ", ".join(f"{name} = b.{name}" for name in ("client", "scope", "operation", "keys", "request_id", "purpose"))

TAMPERED: dict[str, tuple[str, str, int, int | None]] = {
    **{
        f"{column} changed": (f"UPDATE audit_lines SET {column} = {value} WHERE id = 20", "changed", 20, 20)
        for column, value in {
            **dict.fromkeys(("client", "scope", "request_id", "purpose"), "'other'"),
            "operation": "operation || ' '",
            "keys": "array_append(keys, NULL)",
            "at": "at + interval '1 microsecond'",
            "xid": "'1'",
        }.items()
    },
    **{
        name: (f"UPDATE audit_lines SET at = ({value})::timestamptz WHERE id = 20", "changed", 20, 20)
        for name, value in {"a time beyond Python's": "'20000-01-01'", "before our era": "at::text || ' BC'"}.items()
    },
    "the first changed": ("UPDATE audit_lines SET operation = 'other' WHERE id = 1", "changed", 1, 1),
    "the last changed": ("UPDATE audit_lines SET operation = 'other' WHERE id = 40", "changed", 40, 40),
    "a seal changed": ("UPDATE audit_seals SET hash = sha256('x') WHERE position = 20", "changed", 20, 20),
    "a line dropped": ("DELETE FROM audit_lines WHERE id = 20", "dropped", 20, 20),
    "the last dropped": ("DELETE FROM audit_lines WHERE id = 40", "dropped", 40, 40),
    "a pair dropped": (
        "DELETE FROM audit_lines WHERE id = 20; DELETE FROM audit_seals WHERE line = 20",
        *("dropped", 20, None),
    ),
    "a pair dropped, and the gap closed": (
        "DELETE FROM audit_lines WHERE id = 20; DELETE FROM audit_seals WHERE line = 20;"
        " UPDATE audit_seals SET position = -position WHERE position > 20;"
        " UPDATE audit_seals SET position = -position - 1 WHERE position < 0",
        *("changed", 20, 21),
    ),
    "a line inserted": (
        "INSERT INTO audit_lines (id, xid, operation, keys) OVERRIDING SYSTEM VALUE"
        " SELECT -1, xid, 'never', '{}' FROM audit_lines WHERE id = 20",
        *("inserted", 20, -1),
    ),
    "whole lines swapped": (f"{TWO}; {BACK} {EXCHANGED}, at, xid, {AFTER_ID}", "swapped", 7, 7),
    "what two lines say swapped": (f"UPDATE audit_lines a SET {WORDS} {SAME_FROM_OTHER}", "swapped", 7, 7),
    "with their times": (f"UPDATE audit_lines a SET at = b.at, {WORDS} {SAME_FROM_OTHER}", "swapped", 7, 7),
    "seals swapped": (
        "UPDATE audit_seals SET line = -line WHERE line IN (7, 30);"
        " UPDATE audit_seals SET line = CASE line WHEN -7 THEN 30 ELSE 7 END WHERE line < 0",
        *("swapped", 7, 30),
    ),
    "positions swapped": (
        "UPDATE audit_seals SET position = -position WHERE position IN (7, 30);"
        " UPDATE audit_seals SET position = CASE position WHEN -7 THEN 30 ELSE 7 END WHERE position < 0",
        *("swapped", 7, 30),
    ),
    "a root changed": ("UPDATE audit_roots SET hash = sha256('x') WHERE position = 10", "root", 10, None),
    "the tail dropped": (
        "DELETE FROM audit_seals WHERE position > 9; DELETE FROM audit_lines WHERE id > 9",
        *("dropped", 10, None),
    ),
}


@pytest_asyncio.fixture(scope="module")
async def sealed(server: str) -> AsyncIterator[str]:
    """The name of a database with a sealed trail, with a root at its tenth line, and lines not sealed yet."""
    async for url in copy_of(server, MIGRATED):
        owner, sealing = await asyncpg.connect(url), await task.connect(Settings(DATABASE_URL=url))
        await add_lines(owner, 10)
        await seal_all(sealing, 10)
        hash_ = (await fetch_chain(owner))[-1][1]
        await owner.execute(sealer.INSERT_ROOT, datetime(2026, 11, 20, 7, tzinfo=UTC), 10, hash_)
        await add_lines(owner, SEALED - 10)
        await seal_all(sealing, SEALED - 10)
        await add_lines(owner, UNSEALED)
        name: str = await owner.fetchval("SELECT current_database()")
        await sealing.close()
        await owner.close()  # who has a database copied must be alone with it
        yield name


@pytest_asyncio.fixture
async def database_url(server: str, sealed: str) -> AsyncIterator[str]:
    """A copy of that for one test."""
    async for url in copy_of(server, sealed):
        yield url


@pytest.fixture
async def trail(owner: asyncpg.Connection) -> asyncpg.Connection:
    """Its owner, who has turned the triggers off."""
    await owner.execute("SET session_replication_role = replica")
    return owner


async def test_a_whole_trail(trail: asyncpg.Connection) -> None:
    assert await verify(trail) == VerificationResult(SEALED, UNSEALED, 1, 0, [])


@pytest.mark.parametrize("batch", [7, 5000])
@pytest.mark.parametrize("case", TAMPERED)
async def test_what_was_done_is_found(
    trail: asyncpg.Connection, case: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        verifier, "SELECT_SEALED_LINES", verifier.SELECT_SEALED_LINES.replace("LIMIT 5000", f"LIMIT {batch}")
    )
    sql, kind, position, line = TAMPERED[case]
    await trail.execute("ALTER TABLE audit_seals DROP CONSTRAINT ck_audit_seals_position_range")
    await trail.execute(sql)
    (flaw,) = (await verify(trail)).defects
    assert flaw[:3] == (kind, position, line)


async def test_a_line_with_a_seal_of_its_own_between_two(trail: asyncpg.Connection) -> None:
    """The forged link is right, but the next one was made without it."""
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
    assert [flaw[:3] for flaw in (await verify(trail)).defects] == [("inserted", 20, -1)]


async def rewrite(trail: asyncpg.Connection) -> None:
    """An owner who knows what he does: another line 5, and all seals and roots made anew."""
    await trail.execute("UPDATE audit_lines SET operation = 'other' WHERE id = 5")
    joined = "audit_seals s JOIN audit_lines l ON l.id = s.line"
    rows = await trail.fetch(f"SELECT s.position, {chain.SEALED_COLUMNS} FROM {joined} ORDER BY 1")
    hash_ = chain.GENESIS_HASH
    for position, *line in rows:
        hash_ = chain.hash_line(hash_, line)
        await trail.execute("UPDATE audit_seals SET hash = $1 WHERE position = $2", hash_, position)
    await trail.execute("UPDATE audit_roots r SET hash = s.hash FROM audit_seals s WHERE s.position = r.position")


async def test_a_rewritten_chain_is_told_by_a_root_kept_elsewhere(trail: asyncpg.Connection) -> None:
    kept = [Root(*row) for row in await trail.fetch("SELECT hour, position, hash FROM audit_roots")]
    assert (await verify(trail, *kept)).defects == []
    await rewrite(trail)
    assert (await verify(trail)).defects == []
    (flaw,) = (await verify(trail, *kept)).defects
    assert flaw[:3] == ("root", 10, None)
    assert "the external root of 2026-11-20T07" in flaw.detail


async def test_a_shortened_chain_is_told_by_a_root_kept_elsewhere(trail: asyncpg.Connection) -> None:
    kept = Root(datetime(2026, 11, 20, 8, tzinfo=UTC), SEALED, (await fetch_chain(trail))[-1][1])
    await trail.execute("DELETE FROM audit_seals WHERE line = 40; DELETE FROM audit_lines WHERE id >= 40")
    assert (await verify(trail)).defects == []
    assert [flaw[:3] for flaw in (await verify(trail, kept)).defects] == [("dropped", SEALED, None)]


class TestCommand:
    """`rakornas audit verify`, in this process."""

    async def asked(self, *arguments: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, audit, [*arguments])

    async def test_a_whole_trail(self, trail: asyncpg.Connection, database_url: str, tmp_path: Path) -> None:
        (root,) = await trail.fetch("SELECT hour, position, hash FROM audit_roots")
        item = {"hour": root["hour"].isoformat(), "position": root["position"], "hash": root["hash"].hex()}
        file = tmp_path / "roots.json"
        file.write_text(json.dumps({"items": [item], "next_page_token": None}))
        at = ("--database-url", database_url, "--roots", str(file))
        ended = await self.asked("verify", *at)
        assert (ended.exit_code, ended.stdout) == (
            *(0, "The audit trail is intact: 40 lines recomputed, 1 roots, 1 external roots, 3 not sealed yet.\n"),
        )
        file.write_text(json.dumps([item | {"hash": "00" * 32}]))
        ended = await self.asked("verify", "--json", *at)
        assert ended.exit_code == 1
        told = json.loads(ended.stdout)
        assert (told["whole"], told["sealed"], told["unsealed"], told["roots"]) == (False, 10, 3, 1)
        assert [(one["kind"], one["position"], one["line"]) for one in told["flaws"]] == [("root", 10, None)]

    async def test_a_broken_one(self, trail: asyncpg.Connection, database_url: str) -> None:
        await trail.execute("DELETE FROM audit_lines WHERE id = 20")
        ended = await self.asked("verify", "--database-url", database_url)
        assert ended.exit_code == 1
        assert ended.stdout.startswith("dropped at position 20, line 20: ")
        assert "\nThe audit trail is not intact: 19 lines" in ended.stdout

    async def test_seal(self, trail: asyncpg.Connection, database_url: str) -> None:
        told = set()
        async with asyncio.timeout(60):
            while (await verify(trail)).unsealed:  # which may wait for another test's write
                ended = await self.asked("seal", "--database-url", database_url)
                assert ended.exit_code == 0
                told.add(ended.stdout)
        assert told - {"Sealed: 0.\n"} == {f"Sealed: {UNSEALED}.\n"}
        await trail.fetchval("SELECT pg_advisory_lock(sealing_lock_key())")
        assert (await self.asked("seal", "--database-url", database_url)).stdout == "Another sealer is running.\n"

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
    async def test_a_file_that_holds_no_roots(self, tmp_path: Path, content: str | None) -> None:
        file = tmp_path / "roots.json"
        if content is not None:
            file.write_text(content)
        ended = await self.asked("verify", "--roots", str(file), "--database-url", "postgresql://127.0.0.1:1/none")
        assert (ended.exit_code, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
        assert str(file) in ended.stderr


def test_roots_are_read_from_a_page_and_from_a_list() -> None:
    item = {"hour": "2026-11-20T07:00:00+00:00", "position": 10, "hash": "ab" * 32, "sealed_at": "…"}
    root = Root(datetime(2026, 11, 20, 7, tzinfo=UTC), 10, b"\xab" * 32)
    for document in ({"items": [item], "next_page_token": None}, [item]):
        assert maintenance.parse_roots(json.dumps(document).encode()) == [root]


@pytest.mark.parametrize(("patience", "shown"), [(-1.0, True), (60.0, False)], ids=["long", "short"])
def test_progress_on_a_terminal_only_when_it_takes_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, patience: float, shown: bool
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes the stream for a terminal
    monkeypatch.setattr(report, "PROGRESS_DELAY_SECONDS", patience)
    with report.show_progress() as note:
        note(5000, 10000)
    assert ("5000/10000" in capsys.readouterr().err) is shown


def test_a_verdict_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    report.print_result(VerificationResult(6, 0, 0, 0, [ChainDefect("dropped", 7, None, "why")]), as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "dropped at position 7: why",
        "The audit trail is not intact: 6 lines recomputed, 0 roots, 0 not sealed yet.",
    ]
