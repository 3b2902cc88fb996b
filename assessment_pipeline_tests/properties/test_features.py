"""Features, for all sessions: a canonical line, null only with a reason, and no memory."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessment_pipeline.core.features import COLUMNS, FeatureExtractor, _time_features
from assessment_pipeline.core.hashing import canonical_json, content_hash, hash_bytes
from assessment_pipeline.core.text_features import (
    _SENTENCE_END,
    _any_text_features,
    text_features,
)
from assessment_pipeline_tests.cpu_limits import cpu_limit
from assessment_pipeline_tests.deliveries import response, session
from assessment_pipeline_tests.properties.test_reading import sessions

# The features of a text share one reason, and `no_words` speaks of the ratio alone.
OF_A_TEXT = ("characters", "sentences", "words")
WITH_A_REASON = ("duration_ms", "number", "rapid_guess", "selections", "time_limit_share")

# In the order that `_time_features` returns them in.
_TIMES = [
    name
    for feature in ("duration_ms", "rapid_guess", "time_limit_share")
    for name in (feature, f"{feature}_reason")
]


def line_of(delivered: dict[str, Any], extractor: FeatureExtractor) -> bytes:
    line = canonical_json(delivered)
    return extractor.line(line, hash_bytes(line))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(sessions)
def test_a_line_is_canonical_and_null_comes_with_a_reason(delivered: dict[str, Any]) -> None:
    line = line_of(delivered, FeatureExtractor())

    read = json.loads(line)
    assert canonical_json(read) == line
    assert read["response_snapshot_id"] == content_hash(delivered)
    columns = read["features"]
    assert tuple(columns) == COLUMNS
    assert {len(column) for column in columns.values()} == {len(delivered["responses"])}
    for name in WITH_A_REASON:
        for value, reason in zip(columns[name], columns[f"{name}_reason"], strict=True):
            assert (value is None) == (reason is not None)
    for name in OF_A_TEXT:
        for value, reason in zip(columns[name], columns["text_reason"], strict=True):
            assert (value is None) == (reason in {"not_text", "no_response"})
    assert set(columns["trailing_unanswered"]) <= {True, False}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(sessions, sessions)
def test_features_do_not_depend_on_what_was_extracted_before(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    extractor = FeatureExtractor()
    line_of(other, extractor)

    assert line_of(one, extractor) == line_of(one, FeatureExtractor())


@given(st.lists(st.integers(-2, 6_000), min_size=1, max_size=9))
def test_times_of_answered_items_without_a_limit_are_what_each_has_alone(
    durations: list[int],
) -> None:
    responses = [response(f"q{n}", "B", duration_ms=each) for n, each in enumerate(durations)]
    found = json.loads(line_of(session(responses=responses), FeatureExtractor()))["features"]
    rows = [_time_features(each, None, is_answered=True) for each in durations]
    assert [found[name] for name in _TIMES] == [
        list(map(json.loads, column)) for column in zip(*rows, strict=True)
    ]


@given(
    st.lists(
        st.sampled_from(
            ["a", "Be", "_", "7", ".", "?!", "...", " ", "\n", "\t", "\x1c", "'", "-", ","]
        )
        | st.characters(max_codepoint=0x7F)
    ).map("".join)
)
def test_a_text_of_ascii_has_the_features_that_any_text_has(text: str) -> None:
    assert text_features(text) == _any_text_features(text)


@given(st.text(st.sampled_from(".!?…ab \n\r\x1c\x85\u2028") | st.characters()))
def test_a_sentence_ends_at_marks_before_white_space_or_the_end(text: str) -> None:
    assert _SENTENCE_END.split(text) == re.split(r"[.!?…]+(?=\s|$)", text)


@pytest.mark.parametrize(
    "text", ["." * 60_000 + "x", "x" + "…!" * 15_000 + "x" * 5_000 + "y’" * 99]
)
def test_marks_that_end_no_sentence_are_gone_through_once(text: str) -> None:
    with cpu_limit():
        assert text_features(text).sentences == 1
