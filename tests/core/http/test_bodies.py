import json
from typing import Any

import orjson
import pytest
from fastapi import Body, Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.core.http.bodies import apply_merge_patch, parse_body, parse_object
from app.core.problems import InvalidContent, Malformed, Problem, UnsupportedMediaType


def list_errors(problem: Problem) -> list[tuple[str | None, str]]:
    return [(error.pointer, error.code) for error in problem.errors]


class TestParseObject:
    @given(
        st.dictionaries(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
            st.recursive(
                st.none()
                | st.booleans()
                | st.integers(-(2**63), 2**63 - 1)
                | st.floats(allow_nan=False, allow_infinity=False)
                | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
                lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from('ab"\\[{é'), inner),
            ),
        )
    )
    def test_serialized_objects_are_parsed_unchanged(self, value: dict[str, Any]) -> None:
        assert parse_object(json.dumps(value).encode()) == value
        assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value

    @pytest.mark.parametrize(
        "content",
        [
            *(b"", b" ", b"{", b'{"a":1}}', b"{'a':1}", b'{"a":1,}', b'{"a":01}', b'{"a":+1}', b"// no\n{}", b'{"a":"'),
            *(b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1e999}', b'{"a":' + b"1" * 5000 + b"}"),
            *(b"\xef\xbb\xbf{}", b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', "{}".encode("utf-16")),
            *(b'{"a":"\\ud800"}', b'{"a":"\\udc00\\ud800"}', b'{"a":"\x00"}', b'{"a":"\n"}'),
        ],
        ids=lambda content: str(content)[:20],
    )
    def test_invalid_json_is_malformed(self, content: bytes) -> None:
        with pytest.raises(Malformed) as raised:
            parse_object(content)
        assert "column" in raised.value.detail.en

    @pytest.mark.parametrize(
        ("content", "errors"),
        [
            (b'{"a":1,"b":2,"a":1}', [("/a", "repeated_member")]),
            (b'{"a":[{"b":{"~/":1,"~/":2}}]}', [("/a/0/b/~0~1", "repeated_member")]),
            (b'{"a":1,"\\u0061":2,"a":3}', [("/a", "repeated_member")]),
        ],
    )
    def test_repeated_member_is_malformed(self, content: bytes, errors: list[Any]) -> None:
        with pytest.raises(Malformed) as raised:
            parse_object(content)
        assert list_errors(raised.value) == errors

    @pytest.mark.parametrize(
        ("content", "errors"),
        [
            (b'{"a":["x","\\u0000"]}', [("/a/1", "nul")]),
            (b'{"a":{"\\u0000":1,"b":"x\\u0000"}}', [("/a", "nul"), ("/a/b", "nul")]),
            (b'{"a":9223372036854775808}', [("/a", "out_of_range")]),
            (b'{"a":{"b":[-9223372036854775809]}}', [("/a/b/0", "out_of_range")]),
            (b"[]", [(None, "wrong_type")]),
            (b'"x"', [(None, "wrong_type")]),
            (b"null", [(None, "wrong_type")]),
            (b"12345678901234567890123", [(None, "wrong_type")]),
        ],
    )
    def test_json_with_disallowed_values_is_invalid_content(self, content: bytes, errors: list[Any]) -> None:
        with pytest.raises(InvalidContent) as raised:
            parse_object(content)
        assert list_errors(raised.value) == errors

    def test_escaped_backslash_before_u0000_is_not_nul(self) -> None:
        assert parse_object(b'{"a":"\\\\u0000"}') == {"a": "\\u0000"}

    @pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
    def test_at_most_32_levels_of_nesting_are_accepted(self, opening: bytes, closing: bytes) -> None:
        parse_object(b'{"a":' + opening * 31 + b"1" + closing * 31 + b"}")
        for levels in (32, 1000, 100_000):
            with pytest.raises(Malformed) as raised:
                parse_object(b'{"a":' + opening * levels + b"1" + closing * levels + b"}")
            assert list_errors(raised.value) == [(None, "too_deep")]
        with pytest.raises(Malformed) as raised:
            parse_object(opening * 100_000)
        assert list_errors(raised.value) == [(None, "too_deep")]

    def test_brackets_within_strings_do_not_count_as_nesting(self) -> None:
        value = {"a": "[" * 100, "b": '\\"{{' * 100, "\\": ["{" * 100, '"']}
        assert parse_object(orjson.dumps(value)) == value

    def test_adjacent_arrays_do_not_count_as_nesting(self) -> None:
        value = {"a": [[[], {}], {"b": [[], []]}] * 1000}
        assert parse_object(orjson.dumps(value)) == value

    def test_at_most_100_errors_are_reported(self) -> None:
        for content in (b'{"a":[' + b'"\\u0000",' * 999 + b"1]}", b'{"a":[' + b'{"a":1,"a":1},' * 999 + b"1]}"):
            with pytest.raises(Problem) as raised:
                parse_object(content)
            assert len(raised.value.errors) == 100


def build_request(*messages: Message | Exception, content_type: str = "application/json") -> Request:
    remaining = list(messages)

    async def receive() -> Message:
        message = remaining.pop(0)
        if isinstance(message, Exception):
            raise message
        return message

    headers = [(b"content-type", content_type.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers, "path": "/"}, receive)


class TestParseBody:
    async def test_unsupported_media_type_is_rejected_without_reading_the_body(self) -> None:
        with pytest.raises(UnsupportedMediaType):
            await parse_body(build_request(AssertionError("the body was read"), content_type="text/plain"), Body())

    async def test_client_disconnect_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            await parse_body(build_request(ClientDisconnect()), Body())

    async def test_exception_of_receive_is_propagated(self) -> None:
        with pytest.raises(KeyError):
            await parse_body(build_request(KeyError()), Body())


class TestApplyMergePatch:
    @pytest.mark.parametrize(
        ("target", "patch", "result"),
        [
            ({"a": "b"}, {"a": "c"}, {"a": "c"}),
            ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
            ({"a": "b"}, {"a": None}, {}),
            ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
            ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
            ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
            ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
            ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
            ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
            ({"a": "foo"}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
            ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ],
    )
    def test_examples_of_rfc_7396(self, target: Any, patch: Any, result: Any) -> None:
        """RFC 7396, appendix A, as far as both are objects."""
        before = json.dumps(target)
        assert apply_merge_patch(target, patch) == result
        assert json.dumps(target) == before
