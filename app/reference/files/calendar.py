"""Files of elections and their stages."""

from typing import get_args

from app.models import Election, Stage
from app.models.vocabulary import ElectionKind, StageKind
from app.reference.cells import make_choice_parser, parse_date, parse_position, parse_text
from app.reference.columns import declare_file

ELECTIONS = declare_file(
    "elections.csv",
    Election,
    "code",
    {
        "code": parse_text,
        "name": parse_text,
        "name_en": parse_text,
        "kind": make_choice_parser(*get_args(ElectionKind)),
        "voting_on": parse_date,
        "legal_basis": parse_text,
        "decided_on": parse_date,
    },
)

STAGES = declare_file(
    "stages.csv",
    Stage,
    "code",
    {
        "code": parse_text,
        "election": parse_text,
        "parent": parse_text,
        "position": parse_position,
        "kind": make_choice_parser(*get_args(StageKind)),
        "name": parse_text,
        "name_en": parse_text,
        "start_on": parse_date,
        "end_on": parse_date,
        "rule": parse_text,
        "round": parse_position,
        "legal_basis": parse_text,
        "note": parse_text,
    },
)
