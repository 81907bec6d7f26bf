"""The words that a column may hold: types for the schemas, and the same words for the checks of the tables."""

from typing import Literal, get_args

RegionType = Literal["province", "regency", "city"]
OrganizationKind = Literal["commission", "agency"]
Level = Literal["national", "province", "regency"]
Sector = Literal[
    "election_body",
    "government",
    "court",
    "legislature",
    "executive",
    "security",
    "law_enforcement",
    "audit",
    "local_government",
]
DivisionKind = Literal["division", "secretariat_unit"]
Office = Literal["chair", "member", "secretary", "secretary_general"]
Standing = Literal["definitive", "acting", "interim_replacement"]

OFFICES: tuple[Office, ...] = get_args(Office)
"""In the order of a roster."""
