"""Features: what is said of each response, and why where nothing can be said."""

import json
from typing import Any

import pytest

from assessment_pipeline.core.features import COLUMNS, FeatureExtractor
from assessment_pipeline.core.hashing import canonical_json, content_hash, hash_bytes
from assessment_pipeline.core.text_features import TextFeatures, text_features
from assessment_pipeline_tests.deliveries import response, session

SHARE_REASON = "time_limit_share_reason"
TIMED = {"started_at": "2026-11-20T09:00:00Z", "due_at": "2026-11-20T09:10:00Z"}


def line_of(delivered: dict[str, Any], extractor: FeatureExtractor | None = None) -> bytes:
    line = canonical_json(delivered)
    return (extractor or FeatureExtractor()).line(line, hash_bytes(line))


def columns_of(**fields: Any) -> dict[str, list[Any]]:  # noqa: ANN401 - any JSON
    columns: dict[str, list[Any]] = json.loads(line_of(session(**fields)))["features"]
    return columns


def features_of(value: object, delivered: dict[str, Any] | None = None, **more: Any) -> Any:  # noqa: ANN401
    columns = columns_of(responses=[response(value=value, **more)], **(delivered or {}))
    return {name: column[0] for name, column in columns.items()}


def test_a_line_is_canonical_json_with_the_id_of_its_snapshot() -> None:
    delivered = session(
        responses=[response("q01", 'Tŷ "bach"\n'), response("q02", ["A", "C"], duration_ms=7)]
    )

    line = line_of(delivered)

    assert canonical_json(json.loads(line)) == line
    assert json.loads(line)["response_snapshot_id"] == content_hash(delivered)


def test_every_feature_has_an_entry_for_each_response_in_delivered_order() -> None:
    columns = columns_of(responses=[response("q9"), response("q1"), response("q5")])

    assert tuple(columns) == COLUMNS
    assert {len(column) for column in columns.values()} == {3}
    assert columns["item_id"] == ["q9", "q1", "q5"]


def test_a_session_without_responses_has_empty_columns() -> None:
    assert columns_of(responses=[]) == {name: [] for name in COLUMNS}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's hot. It's very hot", (23, 5, 2, "3/5")),
        ("one", (3, 1, 1, "1")),
        ("Same same SAME", (14, 3, 1, "1/3")),
        ("Really?! Yes...", (15, 2, 2, "1")),
        ("3.14 is no end", (14, 5, 1, "1")),
        ("mother-in-law", (13, 1, 1, "1")),
        ("Ünïcode wörks 😀", (15, 2, 1, "1")),
        ("...", (3, 0, 0, None)),
    ],
)
def test_a_text_is_counted(text: str, expected: tuple[int, int, int, str | None]) -> None:
    assert text_features(text) == TextFeatures(*expected)


def test_a_text_has_its_counts_among_the_features() -> None:
    found = features_of("a b a")

    assert (found["characters"], found["words"], found["sentences"]) == (5, 3, 1)
    assert (found["distinct_word_ratio"], found["text_reason"]) == ("2/3", None)


def test_a_text_without_words_has_no_share_of_distinct_ones() -> None:
    found = features_of("?!")

    assert (found["characters"], found["words"]) == (2, 0)
    assert (found["distinct_word_ratio"], found["text_reason"]) == (None, "no_words")


@pytest.mark.parametrize("value", [3, ["A"], True])
def test_what_is_no_text_has_no_words(value: object) -> None:
    found = features_of(value)

    assert found["text_reason"] == "not_text"
    assert [found[name] for name in ("characters", "words", "sentences")] == [None] * 3


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3.14, "3.14"),
        (" \u22123.50 ", "-3.5"),
        ("1e3", "1000"),
        (-0.0, "0"),
        (2**63 - 1, "9223372036854775807"),
        ("1e-7", "0.0000001"),
    ],
)
def test_a_number_is_exact_text(value: object, number: str) -> None:
    found = features_of(value)

    assert (found["number"], found["number_reason"]) == (number, None)


@pytest.mark.parametrize("value", ["12 euro", "1/3", True, ["3"], "NaN", "٣"])
def test_what_is_not_wholly_a_number_is_none(value: object) -> None:
    found = features_of(value)

    assert (found["number"], found["number_reason"]) == (None, "not_a_number")


def test_selections_are_counted_once_each() -> None:
    assert features_of(["A", "C", "A", ""])["selections"] == 3


def test_a_single_value_is_no_list_of_selections() -> None:
    found = features_of("A")

    assert (found["selections"], found["selections_reason"]) == (None, "not_a_list")


@pytest.mark.parametrize("value", [None, "", " \t", []])
def test_no_response_gives_null_with_its_reason_and_no_default(value: object) -> None:
    found = features_of(value, duration_ms=100)

    for name in ("text", "number", "selections", "rapid_guess"):
        assert found[f"{name}_reason"] == "no_response"
    assert [found[name] for name in ("characters", "number", "selections", "rapid_guess")] == [
        None
    ] * 4


@pytest.mark.parametrize("state", ["not_reached", "not_presented", "omitted", "invalid"])
def test_a_value_with_a_state_that_is_no_answer_is_no_response(state: str) -> None:
    found = features_of("three words here", state=state)

    assert (found["words"], found["text_reason"]) == (None, "no_response")
    assert found["trailing_unanswered"] is True


@pytest.mark.parametrize("value", [None, "", " ", []])
def test_a_blank_value_delivered_as_answered_has_features_of_what_it_is(value: object) -> None:
    found = features_of(value, state="answered")

    assert (found["number"], found["number_reason"]) == (None, "not_a_number")
    assert found["trailing_unanswered"] is False


def test_only_the_run_of_unanswered_items_at_the_end_is_trailing() -> None:
    values = ["B", None, "C", None, ""]
    columns = columns_of(responses=[response(f"q{n}", value) for n, value in enumerate(values)])

    assert columns["trailing_unanswered"] == [False, False, False, True, True]


def test_a_session_without_any_answer_is_trailing_from_its_first_item() -> None:
    columns = columns_of(responses=[response("q1", None), response("q2", "")])

    assert columns["trailing_unanswered"] == [True, True]


@pytest.mark.parametrize(("milliseconds", "is_rapid"), [(0, True), (2999, True), (3000, False)])
def test_an_answer_below_three_seconds_is_a_rapid_guess(milliseconds: int, is_rapid: bool) -> None:
    found = features_of("B", duration_ms=milliseconds)

    assert (found["rapid_guess"], found["duration_ms"]) == (is_rapid, milliseconds)


def test_a_negative_duration_is_null_with_its_reason() -> None:
    found = features_of("B", TIMED, duration_ms=-5)

    assert (found["duration_ms"], found["duration_ms_reason"]) == (None, "negative")
    assert (found["rapid_guess"], found["rapid_guess_reason"]) == (None, "no_duration")
    assert (found["time_limit_share"], found["time_limit_share_reason"]) == (None, "no_duration")


def test_no_duration_is_null_with_its_reason() -> None:
    assert features_of("B", TIMED)["duration_ms_reason"] == "not_delivered"


def test_the_share_of_the_time_limit_is_exact() -> None:
    assert features_of("B", TIMED, duration_ms=200_000)["time_limit_share"] == "1/3"


def test_the_time_limit_is_read_across_offsets_and_fractions() -> None:
    times = {"started_at": "2026-11-20T09:00:00.5+01:00", "due_at": "2026-11-20T08:00:01Z"}

    assert features_of("B", times, duration_ms=250)["time_limit_share"] == "1/2"


def test_more_than_the_time_limit_is_a_share_above_one() -> None:
    assert features_of("B", TIMED, duration_ms=900_000)["time_limit_share"] == "3/2"


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"started_at": TIMED["started_at"]},
        {"due_at": TIMED["due_at"]},
        {"started_at": TIMED["due_at"], "due_at": TIMED["started_at"]},
        {"started_at": TIMED["due_at"], "due_at": TIMED["due_at"]},
    ],
)
def test_without_a_time_limit_there_is_no_share_of_it(times: dict[str, str]) -> None:
    found = features_of("B", times, duration_ms=1)

    assert (found["time_limit_share"], found["time_limit_share_reason"]) == (None, "no_time_limit")


@pytest.mark.parametrize("time", ["started_at", "due_at"])
def test_a_share_of_more_digits_than_python_writes_is_null_with_its_reason(time: str) -> None:
    def found(digits: int) -> Any:  # noqa: ANN401 - any JSON
        times = {**TIMED, time: TIMED[time].replace("Z", f".{'1' * digits}Z")}
        return features_of("B", times, duration_ms=200_000)

    assert len(found(4_297)["time_limit_share"].partition("/")[0]) == 4_300
    for digits in (4_298, 4_400, 9_000):
        share, reason = (found(digits)[name] for name in ("time_limit_share", SHARE_REASON))
        assert (share, reason) == (None, "too_many_digits")


def test_what_was_seen_before_does_not_change_a_session_s_features() -> None:
    one = session(responses=[response(value="3"), response("q02", ["A"], state="answered")])
    other = session(responses=[response(value="3", state="omitted"), response("q02", None)])
    extractor = FeatureExtractor()

    lines = [line_of(each, extractor) for each in (one, other, one)]

    assert lines == [line_of(one), line_of(other), line_of(one)]


def test_forgetting_what_was_seen_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessment_pipeline.core.features._MEMO_LIMIT", 0)
    extractor = FeatureExtractor()

    lines = [line_of(session(responses=[response(value=word)]), extractor) for word in "aba"]

    assert len(extractor._of_responses) == 1
    assert lines == [line_of(session(responses=[response(value=word)])) for word in "aba"]


def test_a_long_text_has_the_same_features_each_time() -> None:
    extractor = FeatureExtractor()
    delivered = session(responses=[response("q1", "word " * 40)])
    assert line_of(delivered, extractor) == line_of(delivered, extractor)
    assert line_of(delivered, extractor) == line_of(delivered)
