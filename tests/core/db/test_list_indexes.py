"""Each list is read in its order from an index, so that a page costs the same wherever it is."""

import re

import asyncpg
import pytest

from app.core.collection_definition import CollectionDefinition, QueryKey
from app.divisions.repository import DIVISIONS
from app.elections.repository import ELECTIONS
from app.meetings.repository import MEETINGS
from app.officials.repository import OFFICIALS
from app.organizations.repository import ORGANIZATIONS
from app.regions.repository import REGIONS
from app.stages.repository import STAGES

COLLECTIONS = (DIVISIONS, ELECTIONS, MEETINGS, OFFICIALS, ORGANIZATIONS, REGIONS, STAGES)
ORDERS = [(each, f"{sign}{sort}") for each in COLLECTIONS for sort in each.sorts for sign in ("", "-")]


@pytest.mark.parametrize(("collection", "sort"), ORDERS, ids=lambda value: getattr(value, "rows", value))
async def test_list_is_read_from_an_index(loaded_url: str, collection: CollectionDefinition, sort: str) -> None:
    sql = collection.page_statement(QueryKey(frozenset(), sort, has_page_token=False, has_fields=False)).sql
    filled = re.sub(r"\$\d+(::INTEGER)?", lambda parameter: "10" if parameter[1] else "NULL", sql)
    connection = await asyncpg.connect(loaded_url)
    try:
        await connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        plan = [row[0] for row in await connection.fetch(f"EXPLAIN {filled}")]
    finally:
        await connection.close()
    table = collection.rows.name
    scans = [line for line in plan if re.search(rf"Index (Only )?Scan.* using ix_{table}_\w+ on {table}\b", line)]
    assert scans, "\n".join(plan)
    # What is above the limit sorts no more than a page; what is deeper than the scan belongs to subqueries.
    above = plan[: plan.index(scans[0])]
    limit = max(number for number, line in enumerate(above) if line.strip(" ->").startswith("Limit"))
    between = [line for line in above[limit:] if indent_of(line) <= indent_of(scans[0])]
    assert not [line for line in between if line.strip(" ->").startswith(("Sort", "Incremental Sort"))], plan


def indent_of(line: str) -> int:
    """Return the number of characters before the name of a node of a plan."""
    return len(line) - len(line.lstrip(" ->"))
