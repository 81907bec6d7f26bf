"""The Indonesian headings of columns."""

import pytest

from app.imports.headings import find_member, list_headings
from app.registry import IMPORTABLE


@pytest.mark.parametrize("resource", IMPORTABLE)
def test_every_member_has_an_indonesian_heading_of_its_own(resource: str) -> None:
    importable = IMPORTABLE[resource]
    found = {
        member: {find_member(heading, importable.headings) for heading in list_headings(resource, member)}
        for member in importable.members
    }
    assert found == {member: {member} for member in importable.members}


@pytest.mark.parametrize("heading", ["Tanggal Mulai", "tanggal_mulai", "TANGGAL  MULAI *", "start_on", "Start On"])
def test_case_blanks_and_punctuation_of_a_heading_do_not_matter(heading: str) -> None:
    assert find_member(heading, IMPORTABLE["stages"].headings) == "start_on"
