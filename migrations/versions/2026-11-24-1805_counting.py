"""How many of a list came is counted in the transaction that changes it

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0023, after 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# The slot is the participant's, so that what is added in one is taken away from the same. A body has one for all: there
# are hundreds of bodies, and whoever asks for the numbers of all reads a row for each slot.
FAMILIES = """
CREATE FUNCTION families_of(organization text, office text, sessions text[], slot int)
RETURNS TABLE (family text, of_session text, of_body text, of_office text, of_slot int) LANGUAGE sql IMMUTABLE AS $$
    SELECT 'all', '', '', '', slot
    UNION ALL
    SELECT 'session', coalesce(one, ''), '', '', slot
    FROM unnest(CASE WHEN sessions = '{}' THEN ARRAY[NULL] ELSE sessions END) AS one
    UNION ALL
    SELECT 'body', one, coalesce(organization, ''), '', 0 FROM unnest(array_prepend('', sessions)) AS one
    UNION ALL
    SELECT 'office', one, '', coalesce(office, ''), slot FROM unnest(array_prepend('', sessions)) AS one
$$
"""
STATUSES = ("expected", "present", "represented", "excused", "on_duty_elsewhere", "on_leave", "absent")
NUMBERS = ("invited", *STATUSES, "late")
_NUMBERS, _NOTHING = ", ".join(NUMBERS), ", ".join("0" for _ in NUMBERS)
_IS = {"invited": "true", "late": "late"} | {status: f"open_status = '{status}'" for status in STATUSES}
# Of people alike in all that is counted by, one line: how many more there are now of each number.
_MORE = """
    SELECT meeting, organization, office, sessions, hashtext(participant::text) & 15 AS slot, {numbers}
    FROM ({rows}) AS row GROUP BY 1, 2, 3, 4, 5
"""
_BY_FAMILY = """
    SELECT meeting, family, of_session AS session, of_body AS organization, of_office AS office, of_slot AS slot,
        {numbers}
    FROM ({more}) AS more CROSS JOIN LATERAL families_of(organization, office, sessions, slot)
    WHERE ({numbers_of_more}) <> ({nothing}) GROUP BY 1, 2, 3, 4, 5, 6
"""


def _by_family(**rows: str) -> str:
    """Numbers of each family, from rows of attendance and the signs that they count with."""
    signed = (f"SELECT *, {sign} AS sign FROM {table}" for table, sign in rows.items())  # noqa: S608
    counted = ", ".join(
        f"coalesce(sum(sign) FILTER (WHERE {condition}), 0)::int AS {n}" for n, condition in _IS.items()
    )
    more = _MORE.format(numbers=counted, rows=" UNION ALL ".join(signed))
    return _BY_FAMILY.format(
        more=more,
        numbers=", ".join(f"sum({number})::int AS {number}" for number in NUMBERS),
        numbers_of_more=_NUMBERS,
        nothing=_NOTHING,
    )


# What the counters must say.
DERIVED_COUNTS = f"CREATE VIEW derived_counts AS {_by_family(attendance='1')}"
# Grouped by hash (so without sorting, in the function below), for the plan is made for the first scan and kept for
# posts of hundreds. What must be sorted all the same looks so dear then, up to Postgres 17, that it would be compiled.
# In the order of their keys: all writers wait for each other's counters in the same order.
_COUNT = f"""
        WITH counted AS MATERIALIZED ({{counted}})
        INSERT INTO attendance_counts AS held (meeting, family, session, organization, office, slot, {_NUMBERS})
        SELECT * FROM counted WHERE ({_NUMBERS}) <> ({_NOTHING})
        ORDER BY meeting, family, session, organization, office, slot
        ON CONFLICT (meeting, family, session, organization, office, slot)
        DO UPDATE SET {", ".join(f"{number} = held.{number} + excluded.{number}" for number in NUMBERS)};
"""  # noqa: S608  (our own words)
COUNT = """
CREATE FUNCTION count_attendance() RETURNS trigger LANGUAGE plpgsql
SET enable_sort = off SET jit = off AS $$
BEGIN
    IF current_setting('rakornas.forgetting', true) = 'on' THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN {of_new}
    ELSIF TG_OP = 'DELETE' THEN {of_old}
    ELSIF EXISTS (SELECT FROM meetings WHERE code = (SELECT meeting FROM was LIMIT 1)) THEN
        -- Else its code has changed, and that of the counters with it.
        {of_both}
    END IF;
    RETURN NULL;
END $$
""".format(  # noqa: S608  (our own words)
    of_new=_COUNT.format(counted=_by_family(is_now="1")),
    of_old=_COUNT.format(counted=_by_family(was="-1")),
    of_both=_COUNT.format(counted=_by_family(is_now="1", was="-1")),
)
EVENTS = {
    "insert": "NEW TABLE AS is_now",
    "update": "OLD TABLE AS was NEW TABLE AS is_now",
    "delete": "OLD TABLE AS was",
}


def upgrade() -> None:
    op.create_table(
        "attendance_counts",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        *(sa.Column(number, sa.Integer(), nullable=False) for number in NUMBERS),
        sa.CheckConstraint(
            "family IN ('all', 'body', 'office', 'session')", name=op.f("ck_attendance_counts_family_known")
        ),
        sa.CheckConstraint(f"invited = {' + '.join(STATUSES)}", name=op.f("ck_attendance_counts_sums_up")),
        sa.ForeignKeyConstraint(
            ["meeting"],
            ["meetings.code"],
            name=op.f("fk_attendance_counts_meeting_meetings"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "meeting",
            "family",
            "session",
            "organization",
            "office",
            "slot",
            name=op.f("pk_attendance_counts"),
        ),
    )
    for statement in (FAMILIES, COUNT, DERIVED_COUNTS):
        op.execute(statement)
    for event, rows in EVENTS.items():
        op.execute(
            f"CREATE TRIGGER count_attendance_on_{event} AFTER {event} ON attendance REFERENCING {rows}"
            " FOR EACH STATEMENT EXECUTE FUNCTION count_attendance()"
        )
    columns = f"meeting, family, session, organization, office, slot, {_NUMBERS}"
    op.execute(f"INSERT INTO attendance_counts ({columns}) SELECT {columns} FROM derived_counts")  # noqa: S608


def downgrade() -> None:
    for event in EVENTS:
        op.execute(f"DROP TRIGGER count_attendance_on_{event} ON attendance")
    op.execute("DROP VIEW derived_counts")
    op.drop_table("attendance_counts")
    op.execute("DROP FUNCTION count_attendance, families_of")
