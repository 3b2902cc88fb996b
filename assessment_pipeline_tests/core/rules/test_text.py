import time
from fractions import Fraction
from typing import Any

import pytest

from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rules import parse_item
from assessment_pipeline_tests.core.builders import AnyJson, award_of


def _points(value: AnyJson, answer: dict[str, Any], *steps: str) -> Fraction:
    return award_of({"rule": "text", "answers": [answer], "normalise": steps}, value).points


@pytest.mark.parametrize(
    ("answer", "accepted", "refused"),
    [
        ({"text": "Paris"}, ["Paris"], ["paris", "Paris ", "Pari"]),
        ({"text": 12}, ["12", 12], ["12.0"]),
        ({"text": "a*c", "match": "wildcard"}, ["ac", "abc", "a\nc"], ["a", "c", "abcd"]),
        ({"text": "*b*b*", "match": "wildcard"}, ["bb", "xbxbx"], ["b", "abc"]),
        ({"text": "aa*aa", "match": "wildcard"}, ["aaaa"], ["aaa"]),
        ({"text": r"2\*x", "match": "wildcard"}, ["2*x"], ["2yx", r"2\*x"]),
        ({"text": "ab", "match": "wildcard"}, ["ab"], ["abc"]),
        ({"text": "colou?r", "match": "regex"}, ["color", "colour"], ["colours", "a color"]),
        ({"text": "\\d+é", "match": "regex"}, ["12é"], ["é"]),
        (
            {"text": "kitten", "match": "edit_distance", "max_edits": 2},
            ["kitten", "sitten", "sittn"],
            ["sitting", "kit"],
        ),
    ],
)
def test_a_text_matches_by_its_kind_of_match(
    answer: dict[str, Any], accepted: list[Any], refused: list[Any]
) -> None:
    assert [_points(value, answer) for value in accepted] == [1] * len(accepted)
    assert [_points(value, answer) for value in refused] == [0] * len(refused)


@pytest.mark.parametrize(
    ("step", "answer", "value"),
    [
        ("trim", " Paris", "Paris\u00a0"),
        ("collapse_whitespace", "New York", "New \n York"),
        ("casefold", "straße", "STRASSE"),
        ("nfc", "caf\u00e9", "cafe\u0301"),
        ("nfkc", "x2", "x\u00b2"),
        ("strip_punctuation", "dont", "don't."),
        ("strip_accents", "cafe", "caf\u00e9"),
    ],
)
def test_a_step_takes_away_one_kind_of_difference(step: str, answer: str, value: str) -> None:
    assert _points(value, {"text": answer}, step) == 1
    assert _points(value, {"text": answer}) == 0


def test_the_order_in_which_steps_are_written_does_not_matter() -> None:
    steps = ["trim", "strip_punctuation", "casefold", "collapse_whitespace", "nfkc"]
    for order in (steps, steps[::-1]):
        assert _points(" ¿QUÉ?  tal ! ", {"text": "qué tal"}, *order) == 1


def test_a_wildcard_survives_the_stripping_of_punctuation() -> None:
    answer = {"text": "New * City!", "match": "wildcard"}
    assert _points("new york city", answer, "casefold", "strip_punctuation") == 1


def test_a_pattern_is_left_as_written_and_meets_the_normalised_response() -> None:
    assert _points("PARIS", {"text": "[a-z]+", "match": "regex"}, "casefold") == 1
    assert _points("PARIS", {"text": "[A-Z]+", "match": "regex"}, "casefold") == 0


def test_no_response_matches_nothing_not_even_a_star() -> None:
    assert _points("  ", {"text": "*", "match": "wildcard"}) == 0
    assert _points([""], {"text": "*", "match": "wildcard"}) == 1


def test_several_values_are_invalid() -> None:
    assert award_of({"rule": "text", "answers": [{"text": "a"}]}, ["a", "b"]).is_invalid


def test_the_first_answer_that_matches_counts() -> None:
    answers = [{"text": "a", "fraction": "1/2"}, {"text": "*", "match": "wildcard"}]
    award = award_of({"rule": "text", "answers": answers, "points": 3}, "a")
    assert award.points == Fraction(3, 2)
    assert award.explanation == "“a” is the accepted answer “a”: 1.5 of 3 points."


def test_text_that_is_no_unicode_is_matched_without_raising() -> None:
    rule = parse_item({"rule": "text", "answers": [{"text": "a", "match": "regex"}]})
    assert rule.award(ItemResponse("q", "\ud800", "answered")).points == 0


@pytest.mark.parametrize("pattern", ["(", "(?=a)b", r"(a)\1", "((a{1,1000}){1,1000}){1,1000}"])
def test_a_pattern_that_re2_refuses_is_a_problem_and_matches_nothing(pattern: str) -> None:
    rule = parse_item({"rule": "text", "answers": [{"text": pattern, "match": "regex"}]})
    (problem,) = rule.problems()
    assert problem.path == ("answers", 0, "text")
    assert rule.award(ItemResponse("q", "aa", "answered")).points == 0


@pytest.mark.parametrize("pattern", ["(x+x+)+y", "(.*a.{300}){3}x", "(a|aa)+$b", "((a?){30}){30}b"])
def test_a_hostile_pattern_ends_on_the_longest_response(pattern: str) -> None:
    started = time.process_time()
    assert _points("a" * 65_000, {"text": pattern, "match": "regex"}) == 0
    assert time.process_time() - started < 30  # seconds; a backtracking engine takes ages
