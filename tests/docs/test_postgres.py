"""The page about PostgreSQL names every word of an address that the service understands or refuses."""

import re

from app.core.db import url_words
from tests.core.db.test_database_url import LIBPQ_WORDS
from tests.docs.pages import DOCS, section, table_rows

PAGE = DOCS / "postgres.md"


def test_every_word_of_an_address_is_described() -> None:
    rows = list(table_rows(section(PAGE, "Words of the address")))
    words = [word for row in rows for word in re.findall(r"`(\w+)`", row[0])]
    assert sorted(words) == sorted({*LIBPQ_WORDS, "database"})
    refused = next(row for row in rows if row[1].startswith("Refused"))
    assert set(re.findall(r"`(\w+)`", refused[0])) == set(LIBPQ_WORDS) & set(url_words.REFUSED)
