"""Distractors by score group, and what of responses a table may show."""

import numpy as np
import pytest

from assessment_pipeline.core.statistics.answers import Answers
from assessment_pipeline.core.statistics.distractors import (
    NO_ANSWER,
    OTHER,
    option_table,
    score_groups,
)
from assessment_pipeline.core.statistics.results import Option, OptionTable
from assessment_pipeline_tests.core.statistics.answer_builders import (
    answers_of,
    exact_correlation,
    row,
    scores_of,
)


def sizes(*shares: float) -> list[int]:
    return [int(group.sum()) for group in score_groups(np.array(shares))]


def test_three_groups_are_cut_at_a_third_of_the_ranks() -> None:
    assert sizes(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9) == [3, 3, 3]


def test_equal_totals_are_never_parted() -> None:
    assert sizes(0.1, 0.1, 0.1, 0.1, 0.5, 0.9, 0.9) == [4, 0, 3]
    assert sizes(0.1, 0.5, 0.9, 0.9, 0.9, 0.9) == [2, 0, 4]


def test_where_both_borders_are_one_total_those_who_have_it_are_in_the_middle() -> None:
    assert sizes(0.1, 0.5, 0.5, 0.5, 0.5, 0.9) == [1, 4, 1]
    assert sizes(0.5, 0.5, 0.5) == [0, 3, 0]


def test_who_has_no_total_is_in_no_group() -> None:
    nan = float("nan")
    assert sizes(nan, 0.1, 0.5, 0.9) == [1, 1, 1]
    assert sizes(nan, nan) == [0, 0, 0]


def closed(picks: list[str], *, options: tuple[str, ...] = ("A", "B")) -> Answers:
    """Return answers to one closed item with key A, beside one that makes the totals differ."""
    return answers_of(
        [
            row([int(pick == "A"), place], maxima=[1, 100], values=[(pick,) if pick else (), ()])
            for place, pick in enumerate(picks)
        ],
        options=options,
        keys=frozenset("A"),
        is_closed=True,
    )


def table_of(answers: Answers) -> dict[str, Option]:
    table = option_table(answers, 0)
    assert isinstance(table, OptionTable)
    return {option.option: option for option in table.options}


def test_each_option_has_its_share_of_each_group() -> None:
    found = table_of(closed(["B", "B", "", "A", "B", "A", "A", "A", "A"]))
    assert list(found) == ["A", "B", NO_ANSWER]
    assert found["A"].by_group == [0, pytest.approx(2 / 3), 1]
    assert found["B"].by_group == [pytest.approx(2 / 3), pytest.approx(1 / 3), 0]
    assert found[NO_ANSWER].by_group == [pytest.approx(1 / 3), 0, 0]
    assert [each.n for each in found.values()] == [5, 3, 1]
    assert found["A"].is_key
    assert not found["B"].is_key


def test_an_options_discrimination_is_with_the_total_without_the_item() -> None:
    picks = ["B", "B", "A", "A", "B", "A"]
    expected = exact_correlation([int(pick == "B") for pick in picks], range(6))
    found = table_of(closed(picks))["B"].discrimination
    assert found == pytest.approx(expected, abs=1e-12)


def test_what_is_no_option_is_named_only_if_enough_have_chosen_it() -> None:
    picks = ["A"] * 5 + ["C"] * 5 + ["D"] * 4 + ["my name is Zsofia"] * 6 + ["x" * 40] * 6
    found = table_of(closed(picks))
    assert list(found) == ["A", "B", "C", OTHER]
    assert (found["C"].n, found[OTHER].n) == (5, 16)


def test_a_candidate_who_picks_it_twice_is_one() -> None:
    answers = answers_of(
        [row([1, place], values=[("D", "D"), ()]) for place in range(3)],
        options=("A",),
        is_closed=True,
    )
    assert list(table_of(answers)) == ["A", OTHER]


def test_no_more_are_named_than_a_table_holds() -> None:
    picks = [f"v{number}" for number in range(20) for _ in range(5 + number)]
    found = table_of(closed(picks))
    assert len(found) == 13
    assert "v19" in found
    assert "v9" not in found


def test_several_picks_count_for_each_option() -> None:
    answers = answers_of(
        [row([1, 0], values=[("A", "B"), ()]), row([0, 1], values=[("B", "B"), ()])],
        options=("A", "B", "C"),
        keys=frozenset("AB"),
        is_closed=True,
    )
    assert [(name, option.n) for name, option in table_of(answers).items()] == [
        ("A", 1),
        ("B", 2),
        ("C", 0),
    ]


def test_an_item_that_is_not_closed_has_no_table() -> None:
    assert option_table(scores_of([[1, 0], [0, 1]]), 0) is None


def test_an_item_that_counts_for_nobody_has_no_table() -> None:
    answers = answers_of([row([None, 1])], is_closed=True)
    assert option_table(answers, 0) is None


def test_without_a_total_there_is_no_share() -> None:
    answers = answers_of([row([0], maxima=[0], values=[("A",)])], options=("A",), is_closed=True)
    (found,) = table_of(answers).values()
    assert (found.share, found.by_group, found.discrimination) == (None, [None] * 3, None)
