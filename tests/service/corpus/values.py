"""Invalid and unusual values, by the type of parameter."""

from collections.abc import Mapping

from tests.service.corpus.invalid_request import CANARY, percent_encode


def select_values(values: Mapping[str, bytes], *names: str) -> dict[str, bytes]:
    return {name: values[name] for name in names}


NUMBERS = {
    "negative": b"-1",
    "zero": b"0",
    "above the limit": b"201",
    "exponent": b"1e3",
    "plus, encoded": b"%2B5",
    "plus, which is a space": b"+5",
    "underscore": b"1_0",
    "hexadecimal": b"0x10",
    "fraction": b"10.0",
    "comma": b"1,000",
    "space around": b"%2010%20",
    "newline behind": b"10%0A",
    "Arabic digit": percent_encode("٣"),
    "fullwidth digits": percent_encode("\uff11\uff10"),
    "superscript": percent_encode("²"),
    "2^63": b"9223372036854775808",
    "2^31": b"2147483648",
    "10^400": b"1" + b"0" * 400,
    "NaN": b"NaN",
    "infinity": b"Infinity",
    "true": b"true",
    "null": b"NULL",
    "a word": CANARY,
    "SQL": b"1%3B%20DROP%20TABLE%20regions--",
}

DAYS = {
    "30 February": b"2023-02-30",
    "29 February of no leap year": b"1900-02-29",
    "before 1900": b"1899-12-31",
    "after 2199": b"2200-01-01",
    "year 0": b"0000-01-01",
    "year 1": b"0001-01-01",
    "year 10000": b"10000-01-01",
    "year with sign": b"%2B02022-06-14",
    "negative year": b"-2022-06-14",
    "without hyphens": b"20220614",
    "without zeros": b"2022-6-14",
    "month 13": b"2022-13-01",
    "day 0": b"2022-06-00",
    "week": b"2022-W24-2",
    "ordinal": b"2022-165",
    "month alone": b"2022-06",
    "with a time": b"2022-06-14T00:00:00Z",
    "leap second": b"2016-12-31T23:59:60Z",
    "with a zone": b"2022-06-14Z",
    "day first": b"14-06-2022",
    "slashes": b"2022/06/14",
    "Arabic digits": percent_encode("٢٠٢٢-٠٦-١٤"),
    "en dashes": percent_encode("2022\u201306\u201314"),
    "space before": b"%202022-06-14",
    "newline behind": b"2022-06-14%0A",
    "a number": b"1655164800",
    "today": b"today",
    "infinity": b"infinity",
}

NO_TEXT = {
    "overlong slash": b"%C0%AF",
    "overlong NUL": b"%C0%80",
    "lone high surrogate": b"%ED%A0%80",
    "lone low surrogate": b"%ED%BF%BF",
    "surrogate pair in UTF-8": b"%ED%A0%BD%ED%B8%80",
    "stray continuation": b"kpu%80",
    "cut off": b"kpu%E2%82",
    "Latin-1": b"Asy%E9ari",
    "beyond Unicode": b"%F4%90%80%80",
    "FE FF": b"%FE%FF",
    "no hexadecimal": b"kpu%zz",
    "percent alone": b"100%",
    "percent and one digit": b"kpu%4",
    "percent u": b"%u0041%u0042",
    "NUL": b"kpu%00",
    "NUL alone": b"%00",
}

ODD_TEXT = {
    "byte order mark": percent_encode("\ufeffkpu"),
    "right to left": percent_encode("\u202eupk"),
    "combining marks": percent_encode("a" + "\u0301" * 60),
    "four bytes": percent_encode("🗳️🇮🇩 kpu"),
    "noncharacters": percent_encode("\ufffe\uffff\U0010ffff"),
    "Arabic": percent_encode("تهاني"),
    "control characters": b"kpu%01%1B%7F%0D%0A",
    "LIKE wildcards": b"%25%25__",
    "backslashes": b"%5C%5C%27%5C",
    "quotes": b"%27%22%27%22",
    "apostrophes only": b"%27%27%27",
    "spaces only": b"+++",
    "tsquery": b"a%20%26%20!%7C%20(b",
    "regular expression": b"(a%2B)%2B%24",
    "a hundred of four bytes": percent_encode("🗳" * 100),
    "replacement character": percent_encode("\ufffd\ufffd"),
}

NO_IDS = {
    "a word": CANARY,
    "braces": b"%7B01a20c10-0ad9-7584-8953-0eb59d6a8d90%7D",
    "without hyphens": b"01a20c100ad9758489530eb59d6a8d90",
    "urn": b"urn:uuid:01a20c10-0ad9-7584-8953-0eb59d6a8d90",
    "fullwidth digits": percent_encode("\uff101a20c10-0ad9-7584-8953-0eb59d6a8d90"),
    "newline in front": b"%0A01a20c10-0ad9-7584-8953-0eb59d6a8d90",
}

FEW_NUMBERS = select_values(
    NUMBERS, "negative", "plus, encoded", "underscore", "fraction", "Arabic digit", "superscript", "2^63", "NaN"
)
FEW_DAYS = select_values(
    DAYS, "30 February", "before 1900", "after 2199", "without hyphens", "with a time", "Arabic digits"
)
FEW_NO_TEXTS = select_values(NO_TEXT, "NUL", "overlong slash", "lone high surrogate", "percent alone")
TWO_NO_TEXTS = select_values(NO_TEXT, "NUL", "lone high surrogate")
FEW_ODD_TEXTS = select_values(ODD_TEXT, "four bytes", "control characters", "backslashes", "quotes", "spaces only")
