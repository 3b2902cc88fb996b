import json

import pytest

from assessment_pipeline.core.erasure import is_of_candidate
from assessment_pipeline_tests.deliveries import line_of, response, session

LINE = line_of(session(candidate_id="c-1"))


def test_a_line_is_its_own_candidates() -> None:
    assert is_of_candidate(LINE, "c-1")
    assert not is_of_candidate(LINE, "c-2")


def test_an_id_that_begins_or_ends_alike_is_another_candidate() -> None:
    assert not is_of_candidate(LINE, "c-")
    assert not is_of_candidate(line_of(session(candidate_id="c-11")), "c-1")


def test_whoever_a_response_mentions_is_not_its_candidate() -> None:
    line = line_of(session(candidate_id="c-1", responses=[response(value="c-2")]))
    assert not is_of_candidate(line, "c-2")


def test_an_id_written_with_escapes_is_the_same_id() -> None:
    escaped = LINE.replace(b'"c-1"', b'"\\u0063-1"')
    assert json.loads(escaped) == json.loads(LINE)
    assert is_of_candidate(escaped, "c-1")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'{"candidate_id": "c-1", "responses": [', id="cut"),
        pytest.param(LINE.decode().encode("utf-16-le"), id="UTF-16"),
        pytest.param(b"\xff" + LINE, id="not UTF-8"),
        pytest.param(b'{"candidate_id": "c-1", "candidate_id": "c-9"}', id="key twice"),
        pytest.param(b'{"candidate_id": "c-9", "candidate_id": "c-1"}', id="key twice, other way"),
        pytest.param(b'[{"candidate_id": "c-1"}]', id="in a list"),
        pytest.param(b'{"session": {"candidate_id": "c-1"}}', id="one level down"),
        pytest.param(b'{"candidate": ["c-1"]}', id="another field"),
        pytest.param(b'{"candidate_id": 7, "name": "c-1"}', id="no text where the id goes"),
        pytest.param(b'"c-1"', id="a text alone"),
        pytest.param(b'{"candidate_id": "c-1", "x": ' + b"[" * 100_000, id="deep"),
        pytest.param(b'{"candidate_id": "c-1", "x": ' + b"9" * 10_000 + b"}", id="huge number"),
    ],
)
def test_a_bad_line_is_the_candidates_whose_id_it_holds(line: bytes) -> None:
    assert is_of_candidate(line, "c-1")
    assert not is_of_candidate(line, "c-2")


@pytest.mark.parametrize("line", [b"", b"{not a session", b"null", b'{"a": 1}', b'["\\u00e9"]'])
def test_a_bad_line_without_any_id_is_nobodys(line: bytes) -> None:
    assert not is_of_candidate(line, "c-1")
