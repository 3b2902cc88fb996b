from typing import Any

import pytest

from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rules import parse_item
from assessment_pipeline.core.rules.keywords import Keywords
from assessment_pipeline_tests.core.builders import AnyJson, award_of


def _item(*terms: str, **more: AnyJson) -> dict[str, Any]:
    return {
        "rule": "keywords",
        "criteria": [{"id": "k", "any_of": terms, "points": 1}],
        **more,
    }


def _criterion(value: str, item: dict[str, Any]) -> AnyJson:
    criteria: AnyJson = award_of(item, value).trace["criteria"]
    return criteria[0]


def _span(value: str, item: dict[str, Any]) -> str | None:
    criterion = _criterion(value, item)
    return value[slice(*criterion["span"])] if criterion["met"] else None


def test_the_criteria_met_add_up_to_at_most_the_points() -> None:
    criteria = [{"id": name, "any_of": [name], "points": 1} for name in ("sun", "rain", "snow")]
    item = {"rule": "keywords", "criteria": criteria, "points": 2}
    assert award_of(item, "sun").points == 1
    award = award_of(item, "sun, rain and snow")
    assert award.points == 2
    assert award.unbounded == 3


def test_a_criterion_names_the_words_that_met_it() -> None:
    award = award_of(_item("light", "sun"), "The sun gives light.")
    assert award.trace == {
        "criteria": [{"id": "k", "met": True, "points": "1", "span": [4, 7]}],
    }
    assert award.explanation == "K met by “sun”: 1 of 1 point."
    unmet = award_of(_item("light"), "dark")
    assert unmet.explanation == "No criterion met; not met: k: 0 of 1 point."


@pytest.mark.parametrize("value", ["sunny", "unsung", "_sun", "sun\u0301"])
def test_a_term_inside_a_longer_word_does_not_count(value: str) -> None:
    assert _span(value, _item("sun")) is None
    assert _span(value, _item("sun", whole_words=False)) == "sun"


def test_a_later_whole_word_counts_after_an_earlier_part_of_one() -> None:
    assert _criterion("sunny sun", _item("sun"))["span"] == [6, 9]


@pytest.mark.parametrize(
    ("steps", "term", "value", "span"),
    [
        (["casefold"], "strasse", "die STRAẞE hier", "STRAẞE"),
        (["strip_accents"], "cafe", "un cafe\u0301!", "cafe\u0301"),
        (["nfkc"], "office", "the o\ufb03ce", "o\ufb03ce"),
        (["nfc"], "\uac01", "a \u1100\u1161\u11a8", "\u1100\u1161\u11a8"),
        (["collapse_whitespace"], "new york", "in new \n york", "new \n york"),
        (["strip_punctuation", "trim"], "dont", " I don't", "don't"),
        (["strip_punctuation", "nfc"], "\u00e9", "e.\u0301", "e.\u0301"),
    ],
)
def test_the_span_lies_in_the_original_text(
    steps: list[str], term: str, value: str, span: str
) -> None:
    assert _span(value, _item(term, normalise=steps)) == span


def test_the_earliest_and_then_the_longest_term_is_named_whatever_their_order() -> None:
    for terms in (["new", "york", "new york"], ["new york", "york", "new"]):
        assert _span("in new york", _item(*terms)) == "new york"


def test_no_response_meets_nothing_and_several_values_are_invalid() -> None:
    assert award_of(_item("a"), None).points == 0
    assert award_of(_item("a"), ["a", "b"]).is_invalid


def test_verdicts_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessment_pipeline.core.rules.keywords._MOST_VERDICTS", 1)
    rule = parse_item(
        {
            "rule": "keywords",
            "criteria": [{"id": "c", "any_of": ["sun", "moon"], "points": 1}],
        }
    )
    given = [ItemResponse("q", text, "answered") for text in ("sun", "moon", "sun")]
    told = [rule.award(response).explanation for response in given]
    assert told[0] == told[2]
    assert told[0] != told[1]
    assert isinstance(rule, Keywords)
    assert len(rule._verdicts) == 1


def test_what_is_remembered_of_a_verdict_is_short_however_long_the_text_that_met_it() -> None:
    rule = parse_item(_item("a b", normalise=["collapse_whitespace"]))
    assert isinstance(rule, Keywords)
    for length in range(60_000, 60_010):
        award = rule.award(ItemResponse("q", f"a{' ' * length}b", "answered"))
        assert award.explanation == "K met by “a b”: 1 of 1 point."
    assert list(rule._verdicts) == [("“a b”",)]
