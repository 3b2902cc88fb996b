"""Documents: what stands where, that nothing is lost, and that nothing unfinished looks final."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assessment_pipeline.core.points import decimal_text, exact_text
from assessment_pipeline.core.qti_results.documents import (
    NAMESPACES,
    QtiVersion,
    assessment_result,
)
from assessment_pipeline.core.qti_results.identifiers import id_of_ncname
from assessment_pipeline_tests.core.qti_results.published_structure import published_structure
from assessment_pipeline_tests.core.qti_results.results import (
    DAY,
    ReadPart,
    a_card,
    a_subscore,
    an_item,
    written_result,
)

VERSIONS = tuple(NAMESPACES)
UNFINISHED: dict[str, Any] = {
    "percent": None,
    "performance_level": None,
    "scale_score": None,
    "subscores": [a_subscore("algebra")._replace(percent=None)],
}
# A lone surrogate is refused when a delivery is read; `texts` is tested with it by itself.
texts = st.text() | st.text("ab \t\n\r\x00\x0b\x1b\x7f\x85\u2028\ufffd\ufffe\uffff😀<&>]'\"")


def _response(item: ReadPart) -> list[str]:
    exact = item.value("RESPONSE_JSON")
    if exact is None:
        return list(item.variables["RESPONSE"].values)
    found = json.loads(exact)
    return [found] if isinstance(found, str) else found


@pytest.mark.parametrize("version", VERSIONS)
@given(values=st.lists(texts, min_size=1, max_size=4))
@example(values=["\r\n", "", " "])
@example(values=["\uffff", "]]>", "&#10;"])
def test_any_texts_of_a_response_come_back_in_their_order(
    version: QtiVersion, values: list[str]
) -> None:
    result = written_result(an_item(values), version=version)
    published_structure(version).assertValid(result.tree())
    assert _response(result.item) == values
    shown = result.item.variables["RESPONSE"].values
    assert [len(text) for text in shown] == [len(text) for text in values]


@given(texts.filter(str.strip))
def test_any_text_alone_comes_back(text: str) -> None:
    assert _response(written_result(an_item(text)).item) == [text]


@pytest.mark.parametrize("text", ["plain", " both ends ", "Malmö 潮 😀", "\x7f\x85\u2028", "]]>&<"])
def test_what_every_reader_sees_alike_is_written_once(text: str) -> None:
    item = written_result(an_item(text)).item
    assert item.value("RESPONSE") == text
    assert "RESPONSE_JSON" not in item.variables


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x00b\uffff", "a\ufffdb\ufffd"), ("a\tb\nc", "a\tb\nc"), ("a\r\nb", "a\r\nb")],
)
def test_what_xml_or_its_schema_would_change_stands_there_twice(text: str, shown: str) -> None:
    item = written_result(an_item(text)).item
    assert item.value("RESPONSE") == shown
    assert json.loads(item.value("RESPONSE_JSON") or "") == text


@pytest.mark.parametrize("value", [None, "", "  ", []])
def test_no_response_is_a_response_without_value(value: object) -> None:
    item = written_result(an_item(value, response_state="omitted")).item
    assert item.variables["RESPONSE"].values == ()
    assert item.value("RESPONSE_STATE") == "omitted"


def test_other_texts_that_xml_cannot_hold_are_kept_beside_as_well() -> None:
    test = written_result(performance_level="a\x1bb").test
    assert test.value("PERFORMANCE_LEVEL") == "a\ufffdb"
    assert json.loads(test.value("PERFORMANCE_LEVEL_JSON") or "") == "a\x1bb"


def test_the_correct_response_comes_before_the_candidates() -> None:
    rule = {"rule": "match_correct", "correct": ["A", "C"], "cardinality": "multiple"}
    item = written_result(an_item(["C", "B"], rule)).item
    response = item.variables["RESPONSE"]
    assert (response.cardinality, response.base_type) == ("multiple", "identifier")
    assert (response.correct, response.values) == (("A", "C"), ("C", "B"))


@given(st.fractions())
def test_points_are_a_decimal_for_reading_and_exact_beside(points: Fraction) -> None:
    item = written_result(an_item(raw_score=exact_text(points), max_score="1/3")).item
    assert item.value("SCORE") == decimal_text(points)
    assert Fraction(item.value("SCORE_EXACT") or "") == points
    assert (item.value("MAXSCORE"), item.value("MAXSCORE_EXACT")) == ("0.333333", "1/3")
    assert item.variables["SCORE"].base_type == "float"


def test_the_test_result_has_the_totals_and_what_they_come_from() -> None:
    card: dict[str, Any] = {
        "scale_score": "1000/3",
        "subscores": [a_subscore("1:a")],
        "supersedes": "sha256:0",
    }
    test = written_result(**card).test
    assert test.attributes == {"identifier": "maths", "datestamp": "2026-11-20T09:41:07Z"}
    found = {
        name: test.value(name) for name in test.variables if not name.endswith(("_ID", "_HASH"))
    }
    assert found == {
        "SCORECARD_STATUS": "complete",
        "SCORE": "2",
        "SCORE_EXACT": "2",
        "MAXSCORE": "3",
        "PERCENT": "66.67",
        "PERFORMANCE_LEVEL": "meets",
        "SCALE_SCORE": "333.333333",
        "SCALE_SCORE_EXACT": "1000/3",
        "SUBSCORE-1_x003A_a": "0.333333",
        "SUBSCORE_EXACT-1_x003A_a": "1/3",
        "SUBSCORE_MAXSCORE-1_x003A_a": "1",
        "SUBSCORE_PERCENT-1_x003A_a": "33.33",
        "ATTEMPT": "2",
        "DELIVERY_DATE": DAY,
        "SUBMITTED_AT": "2026-11-20T09:41:07Z",
        "RUBRIC_VERSION": "1",
        "FEATURE_VERSION": "1",
        "ENGINE_VERSION": "1",
        "SUPERSEDES": "sha256:0",
    }
    assert test.value("SCORE_RUN_ID") == "sha256:" + "cc" * 32
    assert test.value("RESPONSE_SNAPSHOT_ID") == "sha256:" + "bb" * 32
    assert test.value("OUTPUT_HASH") == "sha256:" + "aa" * 32


@pytest.mark.parametrize("status", ["provisional", "blocked"])
def test_the_totals_of_what_is_not_complete_are_named_provisional(status: str) -> None:
    test = written_result(status=status, **UNFINISHED).test
    assert test.value("SCORECARD_STATUS") == status
    assert (test.value("SCORE"), test.value("MAXSCORE")) == (None, None)
    assert {"SCORE", "MAXSCORE"} <= test.variables.keys()
    others = {"SCORE_EXACT", "PERCENT", "PERFORMANCE_LEVEL", "SCALE_SCORE", "SUBSCORE-algebra"}
    assert not others & test.variables.keys()
    assert test.value("PROVISIONAL_SCORE") == "2"
    assert test.value("PROVISIONAL_MAXSCORE") == "3"
    assert test.value("PROVISIONAL_SUBSCORE_EXACT-algebra") == "1/3"


def test_a_voided_session_has_no_points() -> None:
    nothing: dict[str, Any] = {
        "raw_score": None,
        "raw_score_exact": None,
        "max_score": None,
        "subscores": [],
    }
    result = written_result(status="voided", **{**UNFINISHED, **nothing})
    assert result.test.value("SCORECARD_STATUS") == "voided"
    assert not [name for name in result.test.variables if name.startswith("PROVISIONAL")]
    assert result.items == []


@pytest.mark.parametrize(
    ("item_status", "in_2_2", "in_3_0"),
    [
        ("scored", "final", "final"),
        ("scored_missing", "final", "final"),
        ("voided", "final", "final"),
        ("excluded", "final", "final"),
        ("pending_ratings", "pendingResponseProcessing", "pendingExternalScoring"),
        ("unscorable", "pendingResponseProcessing", "pendingResponseProcessing"),
        ("error", "pendingResponseProcessing", "pendingResponseProcessing"),
    ],
)
def test_only_an_item_that_is_decided_is_final(item_status: str, in_2_2: str, in_3_0: str) -> None:
    undecided = an_item(item_status=item_status, raw_score=None)
    for version, expected in (("2.2", in_2_2), ("3.0", in_3_0)):
        item = written_result(undecided, version=version).item  # type: ignore[arg-type]
        assert item.attributes["sessionStatus"] == expected
        assert (item.value("SCORE"), item.value("ITEM_STATUS")) == (None, item_status)
        assert "SCORE" in item.variables


@pytest.mark.parametrize(
    ("duration_ms", "seconds"), [(0, "0"), (1, "0.001"), (31_250, "31.25"), (2**62, None)]
)
def test_a_time_taken_is_exact_seconds(duration_ms: int, seconds: str | None) -> None:
    duration = written_result(an_item(duration_ms=duration_ms)).item.variables["duration"]
    assert (duration.cardinality, duration.base_type) == ("single", "duration")
    assert Fraction(duration.values[0]) == Fraction(duration_ms, 1000)
    assert seconds is None or duration.values == (seconds,)


def test_a_negative_time_is_kept_as_delivered_and_is_no_duration() -> None:
    item = written_result(an_item(duration_ms=-1)).item
    assert item.value("DURATION_MS") == "-1"
    assert "duration" not in item.variables
    assert "duration" not in written_result(an_item()).item.variables


@pytest.mark.parametrize("version", VERSIONS)
def test_ids_are_written_as_the_version_types_them(version: QtiVersion) -> None:
    card: dict[str, Any] = {"assessment_id": "1:test", "session_id": "7@s", "candidate_id": "9~c"}
    result = written_result(an_item(item_id="2+q"), version=version, **card)
    published_structure(version).assertValid(result.tree())
    names = [
        result.test.attributes["identifier"],
        result.sessions[0]["identifier"],
        result.item.attributes["identifier"],
    ]
    if version == "3.0":
        names = list(map(id_of_ncname, names))
    assert names == ["1:test", "7@s", "2+q"]
    assert id_of_ncname(result.context["sourcedId"]) == "9~c"


def test_items_are_numbered_as_they_come() -> None:
    result = written_result(*(an_item(item_id=f"q{number}") for number in range(3)))
    assert [
        (item.attributes["identifier"], item.attributes["sequenceIndex"]) for item in result.items
    ] == [("q0", "1"), ("q1", "2"), ("q2", "3")]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_document_is_utf_8_with_lf_and_the_same_again(version: QtiVersion) -> None:
    items = [an_item("Malmö\r\n", {"rule": "match_correct", "correct": "B"}, 5)]
    content = assessment_result(a_card(), DAY, items, version)
    assert content == assessment_result(a_card(), DAY, items, version)
    assert content.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<assessmentResult xmlns=")
    assert "Malmö&#13;\n".encode() in content
    assert b"\r" not in content
    assert content.endswith(b"</assessmentResult>\n")


def test_a_scorecard_without_a_time_of_submission_is_refused() -> None:
    with pytest.raises(ValueError, match="submission"):
        assessment_result(a_card(submitted_at=None), DAY, [], "3.0")
