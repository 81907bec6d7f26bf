"""What was wrong with a parameter or a body, said in our words: where, a stable code, and what is allowed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidContent, InvalidParameters

Context = Mapping[str, Any]
Place = Sequence[str | int]
Model = TypeVar("Model", bound=BaseModel)
MAX_ERRORS = 100

ERROR_TEXTS: Mapping[str, tuple[str, Callable[[Context], Text]]] = {
    "extra_forbidden": (
        "unknown_parameter",
        lambda c: Text(
            f"Parameter tidak dikenal. Yang ada: {c['known'] or '(tidak ada)'}.",
            f"No such parameter. Known: {c['known'] or '(none)'}.",
        ),
    ),
    "literal_error": (
        "not_one_of",
        lambda c: Text(f"Harus salah satu dari: {format_choices(c)}.", f"Must be one of: {format_choices(c)}."),
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
    "unknown_member": (
        "unknown_member",
        lambda c: Text(
            f"Anggota tidak dikenal. Yang ada: {c['known'] or '(tidak ada)'}.",
            f"No such member. Known: {c['known'] or '(none)'}.",
        ),
    ),
    "missing_member": ("missing_member", lambda _: Text("Anggota ini wajib.", "This member is required.")),
    "null_not_allowed": (
        "null_not_allowed",
        lambda _: Text("Anggota ini tidak boleh null.", "This member may not be null."),
    ),
    "string_type": ("wrong_type", lambda _: Text("Harus berupa teks.", "Must be a string.")),
    "int_type": ("wrong_type", lambda _: Text("Harus bilangan bulat.", "Must be an integer, without a fraction.")),
    "bool_type": ("wrong_type", lambda _: Text("Harus true atau false.", "Must be true or false.")),
    "list_type": ("wrong_type", lambda _: Text("Harus berupa larik.", "Must be an array.")),
    "model_type": ("wrong_type", lambda _: Text("Harus sebuah objek.", "Must be an object.")),
    "model_attributes_type": ("wrong_type", lambda _: Text("Harus sebuah objek.", "Must be an object.")),
    "too_short": (
        "too_few",
        lambda c: Text(f"Paling sedikit {c['min_length']} unsur.", f"At least {c['min_length']} items."),
    ),
    "too_long": (
        "too_many",
        lambda c: Text(f"Paling banyak {c['max_length']} unsur.", f"At most {c['max_length']} items."),
    ),
    "not_plain": (
        "not_plain_text",
        lambda _: Text(
            "Tanpa karakter kendali dan baris baru, tanpa spasi di awal atau akhir.",
            "No control characters or line breaks, and no blank at the beginning or end.",
        ),
    ),
    "not_an_instant": (
        "not_an_instant",
        lambda _: Text(
            "Saat menurut RFC 3339 dengan selisih zona, misalnya 2022-06-14T09:00:00+07:00, tahun 1900 sampai 2199.",
            "An instant of RFC 3339 with an offset, as 2022-06-14T09:00:00+07:00, years 1900 to 2199.",
        ),
    ),
    "not_a_key_set": (
        "not_a_key_set",
        lambda _: Text(
            'Himpunan kunci publik JWK, P-256 atau Ed25519, masing-masing dengan kid, misalnya {"keys": [...]}.',
            'A JWK Set of public keys, P-256 or Ed25519, each with its own kid, such as {"keys": [...]}.',
        ),
    ),
    "repeated_item": (
        "repeated_item",
        lambda _: Text("Tidak boleh memuat unsur yang sama dua kali.", "Must not contain an item twice."),
    ),
    "not_a_uuid": (
        "not_a_uuid",
        lambda _: Text("UUID dalam bentuk 8-4-4-4-12.", "A UUID in the form 8-4-4-4-12."),
    ),
}
# What pydantic calls alike, and is something else in a body.
BODY_ERROR_TYPES = {"extra_forbidden": "unknown_member", "missing": "missing_member"}


def format_choices(context: Context) -> str:
    """The values that are allowed, without the English of pydantic's list."""
    return str(context["expected"]).replace("' or '", "', '").replace("'", "")


def validation_problem(
    errors: Sequence[Any], known: Sequence[str], body: Any = None
) -> InvalidParameters | InvalidContent:
    """The problem for FastAPI's errors about one request: `known` are the parameters of its route, `body` its type."""
    told = [
        _body_error(error, error["loc"][1:], body) if error["loc"][0] == "body" else _parameter_error(error, known)
        for error in errors[:MAX_ERRORS]
    ]
    return InvalidContent(*told) if all(one.pointer is not None for one in told) else InvalidParameters(*told)


def parameter_problem(errors: Sequence[Any], known: Sequence[str]) -> InvalidParameters:
    """The problem for pydantic's errors about parameters; `known` are the names that the route takes."""
    return InvalidParameters(*(_parameter_error(error, known) for error in errors))


def validate_document(model: type[Model], content: Mapping[str, Any]) -> Model:
    """A document as its schema has it, as after a merge; InvalidContent says what is wrong with it."""
    try:
        return model.model_validate(content)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)[:MAX_ERRORS]
        raise InvalidContent(*(_body_error(error, error["loc"], model) for error in errors)) from None


def _parameter_error(error: Mapping[str, Any], known: Sequence[str]) -> ErrorDetail:
    code, detail = _describe_error(error["type"], error, known)
    return ErrorDetail(code, detail, parameter=str(error["loc"][1]) if len(error["loc"]) > 1 else "")


def _body_error(error: Mapping[str, Any], place: Place, body: Any) -> ErrorDetail:
    kind, given = error["type"], error.get("input", ...)
    if kind in BODY_ERROR_TYPES:
        kind = BODY_ERROR_TYPES[kind]
    elif given is None:
        kind = "null_not_allowed"
    elif isinstance(given, str) and kind in ("too_short", "too_long"):
        kind = f"string_{kind}"  # where a narrower length was put upon a type of ours
    code, detail = _describe_error(kind, error, _list_members_at(body, place[:-1]) if kind == "unknown_member" else ())
    return ErrorDetail(code, detail, pointer=json_pointer(place))


def _describe_error(kind: str, error: Mapping[str, Any], known: Sequence[str]) -> tuple[str, Text]:
    code, say = ERROR_TEXTS.get(kind, (kind, lambda _: Text("Nilai tidak sah.", "Not a valid value.")))
    return code, say({**error.get("ctx", {}), "known": ", ".join(known)})


def json_pointer(place: Iterable[str | int]) -> str:
    """The JSON pointer to a place within a body (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)


def _list_members_at(body: Any, place: Place) -> list[str]:
    """The names that an object at this place within a body may have."""
    within = _list_models(body)
    for step in place:
        if isinstance(step, str):  # the number of an item leads to no other model than its list does
            fields = [pair for model in within for pair in model.model_fields.items()]
            within = [
                one
                for name, field in fields
                if _member_name(name, field) == step
                for one in _list_models(field.annotation)
            ]
    return list_member_names(within)


def _list_models(annotation: Any) -> list[type[BaseModel]]:
    """The models that a type mentions, as `list[Model] | None` does."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _list_models(argument)]


def list_member_names(models: Sequence[Any]) -> list[str]:
    """The names on the wire of the members of these types, where they are models: a route's parameters, say."""
    return [
        _member_name(name, field)
        for model in models
        if isinstance(model, type) and issubclass(model, BaseModel)
        for name, field in model.model_fields.items()
    ]


def _member_name(name: str, field: FieldInfo) -> str:
    return field.alias or name
