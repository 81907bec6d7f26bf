"""Scripts are split as psql splits them, and their definitions are parsed."""

import pytest

from migrations import scripts


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "-- don't; a comment\nSELECT 1",
        "/* don't; a comment */ SELECT 1",
        "SELECT 'a;''b'",
        r"SELECT E'it\'s; x'",
        'SELECT 1 AS "a;b"',
        "DO $$ BEGIN PERFORM 1; END $$",
        "DO $a$ BEGIN PERFORM $$;$$; END $a$",
        "SELECT a$b$c",
    ],
)
def test_statement_is_not_split(statement: str) -> None:
    assert list(scripts.split_statements(f"{statement};\n\nSELECT 2;\n-- the end; really\n")) == [statement, "SELECT 2"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("SELECT 1", "does not end with a semicolon: 'SELECT 1'"),
        ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;", "BEGIN ATOMIC"),
    ],
)
def test_incomplete_statement_raises_script_error(script: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(scripts.split_statements(script))


def test_definitions_are_parsed() -> None:
    script = """
        -- Of the file.

        -- Of f.
        CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql RETURN a;
        SET search_path = history, public;
        CREATE OR REPLACE VIEW v AS SELECT 1;
        RESET search_path;
        DROP TRIGGER IF EXISTS t ON x;
        CREATE CONSTRAINT TRIGGER t AFTER UPDATE OF code -- fires ON something
            ON x FOR EACH ROW EXECUTE FUNCTION f();
        SELECT enable_history('x', 'code');
        CREATE TABLE y ();
    """.replace("        ", "")
    parsed = scripts.parse_definitions(script)
    assert [tuple(name) for name in parsed] == [
        ("FUNCTION", "f", "", ""),
        ("VIEW", "v", "", "history, public"),
        ("TRIGGER", "t", "x", ""),
        ("CALL", "enable_history", "'x'", ""),
    ]
    texts = list(parsed.values())
    assert texts[0].startswith("-- Of f.\n")
    assert texts[2].startswith("DROP TRIGGER IF EXISTS t ON x;\nCREATE CONSTRAINT TRIGGER t")
    assert scripts.parse_arguments(texts[0]) == "(a int)"
    assert scripts.parse_arguments(texts[1]) is None


@pytest.mark.parametrize(
    "statement", ["CREATE PROCEDURE p() LANGUAGE sql AS ''", "create function f()", "SET LOCAL x = 1", "DROP VIEW a, b"]
)
def test_unknown_statement_raises_script_error(statement: str) -> None:
    with pytest.raises(ValueError, match=r"is not understood|Drop only one thing"):
        scripts.parse_definitions(f"{statement};")
