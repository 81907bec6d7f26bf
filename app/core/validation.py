"""What was wrong with a parameter, said in our words: its name, a stable code, and what is allowed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from app.core.languages import Text
from app.core.problems import Invalid, InvalidParameters

Context = Mapping[str, Any]

SAYINGS: Mapping[str, tuple[str, Callable[[Context], Text]]] = {
    "extra_forbidden": (
        "unknown_parameter",
        lambda c: Text(
            f"Parameter tidak dikenal. Yang ada: {c['known'] or '(tidak ada)'}.",
            f"No such parameter. Known: {c['known'] or '(none)'}.",
        ),
    ),
    "literal_error": (
        "not_one_of",
        lambda c: Text(f"Harus salah satu dari: {listed(c)}.", f"Must be one of: {listed(c)}."),
    ),
    "unknown_field": (
        "unknown_field",
        lambda c: Text(
            f"Anggota tidak dikenal. Yang ada, dipisahkan koma: {c['allowed']}.",
            f"No such member. Allowed, with commas between: {c['allowed']}.",
        ),
    ),
    "not_digits": (
        "not_an_integer",
        lambda _: Text("Hanya angka ASCII 0-9.", "ASCII digits 0-9 only."),
    ),
    "not_a_day": (
        "not_a_date",
        lambda _: Text("Tanggal YYYY-MM-DD, tahun 1900 sampai 2199.", "A date YYYY-MM-DD, years 1900 to 2199."),
    ),
    "no_such_day": (
        "no_such_date",
        lambda _: Text("Tanggal itu tidak ada dalam kalender.", "There is no such day in the calendar."),
    ),
    "to_before_from": (
        "to_before_from",
        lambda _: Text("Tidak boleh lebih awal dari from.", "Not earlier than from."),
    ),
    "greater_than_equal": ("too_small", lambda c: Text(f"Paling kecil {c['ge']}.", f"At least {c['ge']}.")),
    "less_than_equal": ("too_large", lambda c: Text(f"Paling besar {c['le']}.", f"At most {c['le']}.")),
    "string_too_short": (
        "too_short",
        lambda c: Text(f"Paling sedikit {c['min_length']} karakter.", f"At least {c['min_length']} characters."),
    ),
    "string_too_long": (
        "too_long",
        lambda c: Text(f"Paling banyak {c['max_length']} karakter.", f"At most {c['max_length']} characters."),
    ),
    "string_pattern_mismatch": (
        "wrong_form",
        lambda c: Text(f"Harus sesuai pola {c['pattern']}.", f"Must match {c['pattern']}."),
    ),
    "missing": ("missing", lambda _: Text("Parameter ini wajib.", "This parameter is required.")),
}


def listed(context: Context) -> str:
    """The values that are allowed, without the English of pydantic's list."""
    return str(context["expected"]).replace("' or '", "', '").replace("'", "")


def invalid_parameters(errors: Sequence[Any], known: Sequence[str]) -> InvalidParameters:
    """The problem for pydantic's errors about parameters; `known` are the names that the route takes."""
    return InvalidParameters(*(_invalid(error, known) for error in errors))


def _invalid(error: Mapping[str, Any], known: Sequence[str]) -> Invalid:
    context = {**error.get("ctx", {}), "known": ", ".join(known)}
    code, say = SAYINGS.get(error["type"], (error["type"], lambda _: Text("Nilai tidak sah.", "Not a valid value.")))
    return Invalid(code, say(context), parameter=str(error["loc"][1]) if len(error["loc"]) > 1 else "")


def names_of(models: Sequence[Any]) -> list[str]:
    """The names of a route's query parameters, given the types that declare them."""
    return [
        field.alias or name
        for model in models
        if isinstance(model, type) and issubclass(model, BaseModel)
        for name, field in model.model_fields.items()
    ]
