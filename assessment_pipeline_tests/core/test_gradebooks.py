"""Gradebooks: a grade only where a result is complete, and never one that nobody chose."""

import pytest

from assessment_pipeline.core.gradebooks import (
    Take,
    canvas_rows,
    gradebook,
    gradebook_columns,
    moodle_rows,
)
from assessment_pipeline.errors import UsageError
from assessment_pipeline_tests.exported_homes import card

LATER = "2026-11-20T09:30:00-02:00"  # half an hour after 11:00 UTC
ATTEMPTS = [
    card(raw_score="1", percent="33.33"),
    card(session_id="s-2", raw_score="3", percent="100.00", submitted_at="2026-11-20T11:00:00Z"),
    card(session_id="s-3", raw_score="2", submitted_at=LATER),
]


@pytest.mark.parametrize("status", ["provisional", "blocked", "voided"])
def test_only_a_complete_scorecard_gives_a_grade(status: str) -> None:
    cards = [card(), card(session_id="s-2", candidate_id="c-2", status=status)]

    book = gradebook(cards, None, "points")

    assert book.grades == {"c-1": {"quiz": "2"}, "c-2": {}}
    assert book.maxima == {"quiz": "3"}


@pytest.mark.parametrize(("take", "grade"), [("first", "1"), ("last", "2"), ("best", "3")])
def test_of_several_results_the_one_asked_for_counts(take: Take, grade: str) -> None:
    assert gradebook(ATTEMPTS, take, "points").grades == {"c-1": {"quiz": grade}}


def test_several_results_are_refused_until_somebody_says_which_counts() -> None:
    with pytest.raises(UsageError, match=r"s-1 and s-2 .*--take first, last or best"):
        gradebook(ATTEMPTS, None, "points")


def test_an_attempt_counts_before_its_time() -> None:
    cards = [
        card(attempt="10", raw_score="3"),
        card(attempt="9", raw_score="1", submitted_at=LATER),
    ]
    assert gradebook(cards, "last", "points").grades["c-1"]["quiz"] == "3"


def test_the_last_result_gives_no_grade_while_it_is_not_complete() -> None:
    cards = [card(), card(attempt="2", status="provisional", percent="")]
    assert gradebook(cards, "last", "points").grades == {"c-1": {}}
    assert gradebook(cards, "best", "points").grades == {"c-1": {"quiz": "2"}}


def test_there_is_no_best_of_none() -> None:
    cards = [card(status="blocked"), card(attempt="2", status="blocked")]
    assert gradebook(cards, "best", "points").grades == {"c-1": {}}


def test_a_voided_result_is_no_second_one() -> None:
    cards = [card(), card(attempt="2", status="voided", raw_score="", max_score="")]
    assert gradebook(cards, None, "points").grades == {"c-1": {"quiz": "2"}}


def test_maxima_that_differ_are_refused_as_points_and_fit_as_percent() -> None:
    cards = [card(), card(candidate_id="c-2", max_score="10", percent="20.00")]

    with pytest.raises(UsageError, match=r"3, 10 points.*--grade percent"):
        gradebook(cards, None, "points")
    book = gradebook(cards, None, "percent")

    assert book.maxima == {"quiz": "100"}
    assert book.grades == {"c-1": {"quiz": "66.67"}, "c-2": {"quiz": "20.00"}}


@pytest.mark.parametrize("maxima", [("3", "4"), ("4", "3")])
def test_the_best_by_points_is_refused_where_results_of_one_candidate_have_other_maxima(
    maxima: tuple[str, str],
) -> None:
    cards = [
        card(attempt=str(attempt), max_score=maximum, percent=percent)
        for attempt, maximum, percent in zip((1, 2), maxima, ("66.67", "50.00"), strict=True)
    ]

    with pytest.raises(UsageError, match=r"3, 4 points.*--grade percent"):
        gradebook(cards, "best", "points")
    assert gradebook(cards, "best", "percent").grades == {"c-1": {"quiz": "66.67"}}
    assert gradebook(cards, "last", "points").maxima == {"quiz": maxima[1]}


@pytest.mark.parametrize("status", ["provisional", "voided"])
def test_a_maximum_of_what_cannot_be_the_best_hinders_nobody(status: str) -> None:
    cards = [card(), card(attempt="2", max_score="4", percent="", status=status)]
    assert gradebook(cards, "best", "points").maxima == {"quiz": "3"}


def test_a_maximum_of_nothing_gives_no_percent() -> None:
    assert gradebook([card(max_score="0", percent="")], None, "percent").grades == {"c-1": {}}


def test_canvas_gets_full_marks_first_and_the_pseudonym_as_sis_user_id() -> None:
    cards = [card(), card(assessment_id="talk", candidate_id="c-2", status="blocked")]
    book = gradebook(cards, None, "points")

    names = [column.name for column in gradebook_columns(book, "canvas", has_names=True)]
    rows = list(canvas_rows(book, {"c-1": "Doe, Ann"}))

    assert names == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "quiz", "talk"]
    assert rows == [
        ["Points Possible", "", "", "", "", "3", ""],
        ["Doe, Ann", "", "c-1", "", "", "2", ""],
        ["c-2", "", "c-2", "", "", "", ""],
    ]


def test_moodle_gets_the_pseudonym_as_id_number() -> None:
    book = gradebook([card()], None, "points")

    assert list(moodle_rows(book, None)) == [["c-1", "2"]]
    assert [column.name for column in gradebook_columns(book, "moodle", has_names=False)] == [
        "ID number",
        "quiz",
    ]
    assert list(moodle_rows(book, {"c-1": "Ann"})) == [["c-1", "Ann", "2"]]
    assert list(moodle_rows(book, {})) == [["c-1", "", "2"]]
    names = [column.name for column in gradebook_columns(book, "moodle", has_names=True)]
    assert names == ["ID number", "Full name", "quiz"]


def test_no_name_is_a_formula() -> None:
    book = gradebook([card()], None, "points")
    names = {"c-1": "=HYPERLINK(A1)"}

    assert list(canvas_rows(book, names))[1][0] == "'=HYPERLINK(A1)"
    assert next(moodle_rows(book, names))[1] == "'=HYPERLINK(A1)"


def test_an_assessment_called_like_a_column_of_canvas_is_refused_for_canvas_alone() -> None:
    book = gradebook([card(assessment_id="ID")], None, "points")

    with pytest.raises(UsageError, match=r"assessment ID .*moodle"):
        gradebook_columns(book, "canvas", has_names=False)
    assert gradebook_columns(book, "moodle", has_names=False)[-1].name == "ID"
