"""Validation errors of parameters and bodies in two languages: where, a stable code, and what is allowed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from app.core.languages import Text
from app.core.patterns import PATTERN_FORMS, UUID_PATTERN
from app.core.problems import ErrorDetail, InvalidContent, InvalidParameters

Context = Mapping[str, Any]
Location = Sequence[str | int]
Model = TypeVar("Model", bound=BaseModel)
MAX_ERRORS = 100

INVALID_VALUE = Text("Nilai tidak sah.", "Not a valid value.")

# By pydantic's error type: the code of ours, and a function that builds the text from the error's context.
ERROR_TEXTS: Mapping[str, tuple[str, Callable[[Context], Text]]] = {
    "extra_forbidden": (
        "unknown_parameter",
        lambda c: Text(
            f"Parameter tidak dikenal. Yang ada: {c['known'] or '(tidak ada)'}.",
            f"Unknown parameter. Known: {c['known'] or '(none)'}.",
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
            f"Unknown member. Allowed, separated by commas: {c['allowed']}.",
        ),
    ),
    "not_digits": (
        "not_an_integer",
        lambda _: Text("Harus berupa angka 0-9 saja.", "Must consist of the digits 0-9 only."),
    ),
    "not_a_day": (
        "not_a_date",
        lambda _: Text(
            "Harus berupa tanggal YYYY-MM-DD, tahun 1900 sampai 2199.",
            "Must be a date YYYY-MM-DD, years 1900 to 2199.",
        ),
    ),
    "no_such_day": (
        "no_such_date",
        lambda _: Text("Tanggal itu tidak ada dalam kalender.", "That date does not exist in the calendar."),
    ),
    "to_before_from": (
        "to_before_from",
        lambda _: Text("Tidak boleh lebih awal dari from.", "Must not be earlier than from."),
    ),
    "greater_than_equal": ("too_small", lambda c: Text(f"Paling kecil {c['ge']}.", f"Must be at least {c['ge']}.")),
    "less_than_equal": ("too_large", lambda c: Text(f"Paling besar {c['le']}.", f"Must be at most {c['le']}.")),
    "string_too_short": ("too_short", lambda c: describe_minimum(c["min_length"], "karakter", "character")),
    "string_too_long": ("too_long", lambda c: describe_maximum(c["max_length"], "karakter", "character")),
    "string_pattern_mismatch": ("wrong_form", lambda c: describe_form(c["pattern"])),
    "missing": ("missing", lambda _: Text("Parameter ini wajib.", "This parameter is required.")),
    "unknown_member": (
        "unknown_member",
        lambda c: Text(
            f"Anggota tidak dikenal. Yang ada: {c['known'] or '(tidak ada)'}.",
            f"Unknown member. Known: {c['known'] or '(none)'}.",
        ),
    ),
    "missing_member": ("missing_member", lambda _: Text("Anggota ini wajib.", "This member is required.")),
    "null_not_allowed": (
        "null_not_allowed",
        lambda _: Text("Anggota ini tidak boleh null.", "This member must not be null."),
    ),
    "string_type": ("wrong_type", lambda _: Text("Harus berupa teks.", "Must be a string.")),
    "int_type": (
        "wrong_type",
        lambda _: Text("Harus berupa bilangan bulat.", "Must be an integer, without a fraction."),
    ),
    "bool_type": ("wrong_type", lambda _: Text("Harus true atau false.", "Must be true or false.")),
    "list_type": ("wrong_type", lambda _: Text("Harus berupa larik.", "Must be an array.")),
    "model_type": ("wrong_type", lambda _: Text("Harus berupa objek.", "Must be an object.")),
    "model_attributes_type": ("wrong_type", lambda _: Text("Harus berupa objek.", "Must be an object.")),
    "too_short": ("too_few", lambda c: describe_minimum(c["min_length"], "unsur", "item")),
    "too_long": ("too_many", lambda c: describe_maximum(c["max_length"], "unsur", "item")),
    "not_plain": (
        "not_plain_text",
        lambda _: Text(
            "Harus memuat karakter yang terlihat; tidak boleh memuat karakter kendali atau baris baru, atau spasi di "
            "awal atau akhir.",
            "Must contain a visible character; must not contain control characters or line breaks, or begin or end "
            "with a space.",
        ),
    ),
    "not_an_instant": (
        "not_an_instant",
        lambda _: Text(
            "Harus berupa saat menurut RFC 3339 dengan selisih zona waktu, tahun 1900 sampai 2199, "
            "misalnya 2022-06-14T09:00:00+07:00.",
            "Must be an RFC 3339 date-time with an offset, years 1900 to 2199, for example 2022-06-14T09:00:00+07:00.",
        ),
    ),
    "not_a_key_set": (
        "not_a_key_set",
        lambda _: Text(
            'Himpunan kunci publik JWK, P-256 atau Ed25519, masing-masing dengan kid, misalnya {"keys": [...]}.',
            'A JWK Set of public keys, P-256 or Ed25519, each with its own kid, such as {"keys": [...]}.',
        ),
    ),
    "is_zero": ("is_zero", lambda _: Text("Tidak boleh 0.", "Must not be 0.")),
    "repeated_item": (
        "repeated_item",
        lambda _: Text("Tidak boleh memuat unsur yang sama dua kali.", "Must not contain an item twice."),
    ),
    "not_a_uuid": ("not_a_uuid", lambda _: describe_form(UUID_PATTERN)),
    "uuid_parsing": ("uuid_parsing", lambda _: describe_form(UUID_PATTERN)),  # in paths
}
# Error types that have another code and text if they concern a body instead of a parameter.
BODY_ERROR_TYPES = {"extra_forbidden": "unknown_member", "missing": "missing_member"}


def describe_minimum(count: int, noun_id: str, noun_en: str) -> Text:
    """Return the error text, in both languages, for fewer than `count` characters or items."""
    return Text(
        f"Paling sedikit {count} {noun_id}.", f"Must have at least {count} {noun_en}{'' if count == 1 else 's'}."
    )


def describe_maximum(count: int, noun_id: str, noun_en: str) -> Text:
    """Return the error text, in both languages, for more than `count` characters or items."""
    return Text(f"Paling banyak {count} {noun_id}.", f"Must have at most {count} {noun_en}{'' if count == 1 else 's'}.")


def format_choices(context: Context) -> str:
    """Return the allowed values of a Literal from a pydantic error's context, separated by commas."""
    return str(context["expected"]).replace("' or '", "', '").replace("'", "")


def describe_form(pattern: str) -> Text:
    """Return the error text for a value that does not match a pattern, general if the pattern is not registered."""
    form = PATTERN_FORMS.get(pattern)
    return Text(f"Harus berupa {form.id}.", f"Must be {form.en}.") if form else INVALID_VALUE


def validation_problem(
    errors: Sequence[Any], known: Sequence[str], body: Any = None
) -> InvalidParameters | InvalidContent:
    """Build the problem for validation errors: InvalidContent if all are in the body, else InvalidParameters.

    Args:
        errors: The errors, each with a location that begins with `query`, `path` or `body`.
        known: The names of the route's parameters.
        body: The type of the route's body.
    """
    details = [
        _body_error(error, error["loc"][1:], body) if error["loc"][0] == "body" else _parameter_error(error, known)
        for error in errors[:MAX_ERRORS]
    ]
    has_only_body_errors = all(detail.pointer is not None for detail in details)
    return InvalidContent(*details) if has_only_body_errors else InvalidParameters(*details)


def validate_document(model: type[Model], content: Mapping[str, Any]) -> Model:
    """Parse a document with a pydantic model; raise InvalidContent with pointers to its errors.

    Raises:
        InvalidContent: The document does not conform to the schema.
    """
    try:
        return model.model_validate(content)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)[:MAX_ERRORS]
        raise InvalidContent(*(_body_error(error, error["loc"], model) for error in errors)) from None


def _parameter_error(error: Mapping[str, Any], known: Sequence[str]) -> ErrorDetail:
    """Convert pydantic's error of a parameter to an ErrorDetail; `known` are the parameters of the route."""
    code, detail = _describe_error(error["type"], error, known)
    return ErrorDetail(code, detail, parameter=str(error["loc"][1]) if len(error["loc"]) > 1 else "")


def _body_error(error: Mapping[str, Any], location: Location, body: Any) -> ErrorDetail:
    """Convert pydantic's error at this location in a body to an ErrorDetail; `body` is the type of the body."""
    error_type, value = error["type"], error.get("input", ...)
    if error_type in BODY_ERROR_TYPES:
        error_type = BODY_ERROR_TYPES[error_type]
    elif value is None:
        error_type = "null_not_allowed"
    elif isinstance(value, str) and error_type in ("too_short", "too_long"):
        error_type = f"string_{error_type}"  # a length on top of a type of ours counts characters too
    known = _list_members_at(body, location[:-1]) if error_type == "unknown_member" else ()
    code, detail = _describe_error(error_type, error, known)
    return ErrorDetail(code, detail, pointer=json_pointer(location))


def _describe_error(error_type: str, error: Mapping[str, Any], known: Sequence[str]) -> tuple[str, Text]:
    """Return our code and text for a type of pydantic error; `known` are the allowed names."""
    code, build_text = ERROR_TEXTS.get(error_type, (error_type, lambda _: INVALID_VALUE))
    return code, build_text({**error.get("ctx", {}), "known": ", ".join(known)})


def json_pointer(location: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) to a location within a body."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in location)


def _list_members_at(body: Any, location: Location) -> list[str]:
    """Return the member names that the type of a body allows in the object at this location."""
    models = _list_models(body)
    for step in location:
        if isinstance(step, str):  # an index leads to the same models as its list
            fields = [pair for model in models for pair in model.model_fields.items()]
            annotations = [field.annotation for name, field in fields if _member_name(name, field) == step]
            models = [model for annotation in annotations for model in _list_models(annotation)]
    return list_member_names(models)


def _list_models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models within a type, such as `Model` in `list[Model] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _list_models(argument)]


def list_member_names(types: Sequence[Any]) -> list[str]:
    """Return the JSON or parameter names of the fields of those types that are models."""
    return [
        _member_name(name, field)
        for model in types
        if isinstance(model, type) and issubclass(model, BaseModel)
        for name, field in model.model_fields.items()
    ]


def _member_name(name: str, field: FieldInfo) -> str:
    """Return the name of a field in JSON: its alias, if it has one."""
    return field.alias or name
