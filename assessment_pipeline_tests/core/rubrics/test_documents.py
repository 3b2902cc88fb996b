from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.rubrics import documents
from assessment_pipeline.core.rubrics.documents import MAX_BYTES, read_document
from assessment_pipeline.core.rubrics.problems import RubricProblem
from assessment_pipeline_tests.cpu_limits import cpu_limit


def _read(text: str) -> Json:
    document = read_document(text.encode(), "r.yaml")
    assert not isinstance(document, RubricProblem), document
    return document


def _problem(content: bytes | str) -> RubricProblem:
    content = content.encode() if isinstance(content, str) else content
    problem = read_document(content, "r.yaml")
    assert isinstance(problem, RubricProblem), problem
    return problem


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("12", 12),
        ("-3", -3),
        (str(2**63 - 1), 2**63 - 1),
        *(
            (text, text)
            for text in (
                "True", "no", "~", "0.5", "1/3", "12:30", "010", "0x1F", "1e3", "+1", "1_000",
                ".inf", "2026-09-01", "2026-09-01T00:00:00Z", "NULL",
            )
        ),
        ('"true"', "true"),
        ("'1'", "1"),
        ("", ""),
        ("|\n  1\n", "1\n"),
    ],
)  # fmt: skip
def test_only_true_false_null_and_plain_integers_are_typed(written: str, value: Json) -> None:
    assert _read(f"a: {written}\n") == {"a": value}


def test_an_integer_key_is_its_text() -> None:
    assert _read("1: a\n") == {"1": "a"}


def test_lists_and_mappings_nest() -> None:
    assert _read("a: [1, {b: [x]}, []]\nc: {}\n") == {"a": [1, {"b": ["x"]}, []], "c": {}}


@pytest.mark.parametrize(
    ("text", "pointer", "line", "words"),
    [
        ("a: 1\na: 2\n", "/a", 2, "there twice"),
        ('1: a\n"1": b\n', "/1", 2, "there twice"),
        ("x:\n  - a: &n 1\n", "/x/0/a", 2, "anchor"),
        ("a: *n\n", "/a", 1, "alias"),
        ("a:\n  <<: {b: 1}\n", "/a", 2, "merge key"),
        ("a: !!str 1\n", "/a", 1, "tag"),
        ("a: ! 1\n", "/a", 1, "tag"),
        ("a: &x [1]\n", "/a", 1, "anchor"),
        ("true: 1\n", "/true", 1, "not a text"),
        ("null: 1\n", "/null", 1, "not a text"),
        ("[a]: 1\n", "", 1, "as a key"),
        ("a: 1\n---\nb: 2\n", "", 2, "several YAML documents"),
        ("%YAML 1.1\n---\na: 1\n", "", None, "directive"),
        ("- a\n", "", None, "not a mapping"),
        ("", "", None, "not a mapping"),
        ("a: 9223372036854775808\n", "/a", 1, "64 bits"),
        ('a: "x\\0"\n', "/a", 1, "NUL"),
        ("a: b\n\tc: d\n", "", 2, "not YAML"),
        ("a: [1\n", "", 2, "not YAML"),
        ("a: \x01\n", "", 1, "not YAML"),
    ],
)
def test_what_the_dialect_does_not_have_is_refused_with_its_place(
    text: str, pointer: str, line: int | None, words: str
) -> None:
    problem = _problem(text)
    assert words in problem.message
    assert (problem.pointer, problem.line) == (pointer, line)
    assert problem.remedy


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a: 1\nb: \xff\n", "not UTF-8"),
        (b"\xef\xbb\xbfa: 1\n", "byte order mark"),
        (b"a: \0\n", "NUL"),
        ("a: 1\n".encode("utf-16"), "not UTF-8"),
        (b"a: " + b"x" * MAX_BYTES, "4 MiB"),
        (b"a: " + b"[" * 100_000, "32 nested"),
        (b"[" * 33 + b"]" * 33, "32 nested"),
    ],
)
def test_a_file_that_no_reader_could_trust_is_refused(content: bytes, words: str) -> None:
    assert words in _problem(content).message


def test_bars_without_a_comment_after_them_are_gone_through_once() -> None:
    with cpu_limit():
        assert _read(f'a: "{"|" * 100_000}"') == {"a": "|" * 100_000}


@given(st.text("|>#a\n"))
def test_a_bar_before_a_comment_on_its_line_is_disputed(text: str) -> None:
    is_disputed = any(set("|>") & set(line[: line.rfind("#") + 1]) for line in text.split("\n"))
    assert bool(documents._DISPUTED.search(text)) == is_disputed


def test_32_levels_are_read() -> None:
    assert isinstance(_read("a: " + "[" * 31 + "]" * 31), dict)


_VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(), each, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), _VALUES), st.booleans())
def test_a_document_written_with_quoted_texts_is_read_back(document: Json, is_flow: bool) -> None:
    written = yaml.dump(document, Dumper=_Quoting, allow_unicode=True, default_flow_style=is_flow)
    read = read_document(written.encode(), "r.yaml")
    if isinstance(read, RubricProblem):
        assert any(word in read.message for word in ("NUL", "byte order mark"))
    else:
        assert read == document


class _Quoting(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True

    def represent_text(self, text: str) -> yaml.Node:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Quoting.add_representer(str, _Quoting.represent_text)


@given(st.text(" \nab1:-,[]{}\"'#|>&*!%?~=.\t\\\r\x85\u2028/@`", max_size=30))
def test_a_document_is_the_same_without_the_fast_parser(text: str) -> None:
    document = read_document(text.encode(), "r")
    with pytest.MonkeyPatch.context() as without:
        without.setattr(documents, "_FAST_LOADER", yaml.SafeLoader)
        slowly = read_document(text.encode(), "r")
    assert isinstance(document, RubricProblem) == isinstance(slowly, RubricProblem)
    assert isinstance(document, RubricProblem) or document == slowly


def test_what_the_parsers_dispute_is_left_to_one_of_them() -> None:
    assert "not YAML" in _problem("a:\t\n").message
