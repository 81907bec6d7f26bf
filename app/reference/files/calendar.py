"""Elections and their stages."""

from typing import get_args

from app.models import Election, Stage
from app.models.vocabulary import ElectionKind, StageKind
from app.reference.cells import day, one_of, place, text
from app.reference.columns import declare

ELECTIONS = declare(
    "elections.csv",
    Election,
    "code",
    {
        "code": text,
        "name": text,
        "name_en": text,
        "kind": one_of(*get_args(ElectionKind)),
        "voting_on": day,
        "legal_basis": text,
        "decided_on": day,
    },
)

STAGES = declare(
    "stages.csv",
    Stage,
    "code",
    {
        "code": text,
        "election": text,
        "parent": text,
        "position": place,
        "kind": one_of(*get_args(StageKind)),
        "name": text,
        "name_en": text,
        "start_on": day,
        "end_on": day,
        "rule": text,
        "round": place,
        "legal_basis": text,
        "note": text,
    },
)
