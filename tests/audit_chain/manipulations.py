"""Manipulations of a sealed trail of 40 lines, and the defect that the verifier must find for each."""

REMOVE_TWO = (
    "CREATE TEMP TABLE two AS SELECT * FROM audit_lines WHERE id IN (7, 30);"
    " DELETE FROM audit_lines WHERE id IN (7, 30)"
)
INSERT_BACK = "INSERT INTO audit_lines OVERRIDING SYSTEM VALUE SELECT"
AFTER_ID = "client, scope, operation, keys, request_id, purpose_digest FROM two"
OTHER_ID = "CASE id WHEN 7 THEN 30 ELSE 7 END"
SAME_FROM_OTHER = "FROM audit_lines b WHERE (a.id, b.id) IN ((7, 30), (30, 7))"
SET_CONTENT = ", ".join(
    f"{name} = b.{name}" for name in ("client", "scope", "operation", "keys", "request_id", "purpose_digest")
)

MANIPULATIONS: dict[str, tuple[str, str, int, int | None]] = {
    **{
        f"{column} changed": (f"UPDATE audit_lines SET {column} = {value} WHERE id = 20", "changed", 20, 20)
        for column, value in {
            **dict.fromkeys(("client", "scope", "request_id"), "'other'"),
            "purpose_digest": "repeat('0', 64)",
            "operation": "operation || ' '",
            "keys": "array_append(keys, NULL)",
            "at": "at + interval '1 microsecond'",
            "xid": "'1'",
        }.items()
    },
    **{
        name: (f"UPDATE audit_lines SET at = ({value})::timestamptz WHERE id = 20", "changed", 20, 20)
        for name, value in {
            "a time outside of Python's range": "'20000-01-01'",
            "a time BC": "at::text || ' BC'",
        }.items()
    },
    "first line changed": ("UPDATE audit_lines SET operation = 'other' WHERE id = 1", "changed", 1, 1),
    "last line changed": ("UPDATE audit_lines SET operation = 'other' WHERE id = 40", "changed", 40, 40),
    "seal changed": ("UPDATE audit_seals SET hash = sha256('x') WHERE position = 20", "changed", 20, 20),
    "line deleted": ("DELETE FROM audit_lines WHERE id = 20", "dropped", 20, 20),
    "last line deleted": ("DELETE FROM audit_lines WHERE id = 40", "dropped", 40, 40),
    "line and seal deleted": (
        "DELETE FROM audit_lines WHERE id = 20; DELETE FROM audit_seals WHERE line = 20",
        *("dropped", 20, None),
    ),
    "line and seal deleted, and the gap closed": (
        "DELETE FROM audit_lines WHERE id = 20; DELETE FROM audit_seals WHERE line = 20;"
        " UPDATE audit_seals SET position = -position WHERE position > 20;"
        " UPDATE audit_seals SET position = -position - 1 WHERE position < 0",
        *("changed", 20, 21),
    ),
    "line inserted": (
        "INSERT INTO audit_lines (id, xid, operation, keys) OVERRIDING SYSTEM VALUE"
        " SELECT -1, xid, 'never', '{}' FROM audit_lines WHERE id = 20",
        *("inserted", 20, -1),
    ),
    "whole lines swapped": (f"{REMOVE_TWO}; {INSERT_BACK} {OTHER_ID}, at, xid, {AFTER_ID}", "swapped", 7, 7),
    "content of two lines swapped": (f"UPDATE audit_lines a SET {SET_CONTENT} {SAME_FROM_OTHER}", "swapped", 7, 7),
    "content and times swapped": (
        f"UPDATE audit_lines a SET at = b.at, {SET_CONTENT} {SAME_FROM_OTHER}",
        "swapped",
        7,
        7,
    ),
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
    "root changed": ("UPDATE audit_roots SET hash = sha256('x') WHERE position = 10", "root", 10, None),
    "end of the chain deleted": (
        "DELETE FROM audit_seals WHERE position > 9; DELETE FROM audit_lines WHERE id > 9",
        *("dropped", 10, None),
    ),
}
"""The SQL, and the kind, position and line id of the defect, by description."""
