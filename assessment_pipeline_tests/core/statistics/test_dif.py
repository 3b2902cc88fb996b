"""Mantel-Haenszel DIF, held against exact arithmetic."""

from fractions import Fraction
from math import log

import pytest

from assessment_pipeline.core.statistics.answers import Answers
from assessment_pipeline.core.statistics.dif import category, dif
from assessment_pipeline_tests.core.statistics.answer_builders import (
    answers_of,
    lsat6,
    row,
    scores_of,
)


def grouped(matrix: list[list[int]], focal_every: int = 3) -> Answers:
    return answers_of(
        [
            row(scores, group="focal" if place % focal_every == 0 else "reference")
            for place, scores in enumerate(matrix)
        ]
    )


def long_test() -> list[list[int]]:
    """Return a test of fifteen items that nobody took: LSAT-6, three examinees a candidate."""
    real = lsat6()
    return [
        scores + real[place * 53 % 1000] + real[place * 71 % 1000]
        for place, scores in enumerate(real)
    ]


def planted(matrix: list[list[int]], item: int = 2) -> Answers:
    """Return answers to one item of which most of the focal group get wrong."""
    rows = []
    for place, scores in enumerate(matrix):
        is_focal = place % 3 == 0
        wrong = 0 if is_focal and place % 4 else scores[item]
        changed = [*scores[:item], wrong, *scores[item + 1 :]]
        rows.append(row(changed, group="focal" if is_focal else "reference"))
    return answers_of(rows)


def one_way(*, favoured: str, every: int = 1) -> list[list[int]]:
    """Return answers to a third item that all of one group get right, and nobody else."""
    return [
        [*scores[:2], int((place % 3 == 0) == (favoured == "focal")), *scores[3:]]
        for place, scores in enumerate(long_test()[::every])
    ]


def exact(matrix: list[list[int]], place: int, focal_every: int = 3) -> tuple[Fraction, Fraction]:
    """Return the pooled odds ratio and the chi-square with continuity correction."""
    over, under, chi_square = exact_sums(matrix, place, focal_every)
    return over / under, chi_square


def exact_sums(
    matrix: list[list[int]], place: int, focal_every: int = 3
) -> tuple[Fraction, Fraction, Fraction]:
    strata: dict[int, list[list[int]]] = {}
    for number, scores in enumerate(matrix):
        table = strata.setdefault(sum(scores), [[0, 0], [0, 0]])
        table[int(number % focal_every == 0)][1 - scores[place]] += 1
    over = under = excess = variance = Fraction(0)
    for (a, b), (c, d) in strata.values():
        n = a + b + c + d
        if not (a + b) * (c + d):
            continue
        over += Fraction(a * d, n)
        under += Fraction(b * c, n)
        excess += a - Fraction((a + b) * (a + c), n)
        variance += Fraction((a + b) * (c + d) * (a + c) * (b + d), n**2 * (n - 1))
    return over, under, (abs(excess) - Fraction(1, 2)) ** 2 / variance


def test_odds_ratio_and_chi_square_are_those_of_exact_arithmetic() -> None:
    found = dif(grouped(lsat6()))
    assert found.keys() == set(range(5))
    for place, (plain, _) in found.items():
        odds_ratio, chi_square = exact(lsat6(), place)
        assert plain.odds_ratio == pytest.approx(float(odds_ratio), abs=1e-12)
        assert plain.chi_square == pytest.approx(float(chi_square), abs=1e-9)
        assert plain.delta == pytest.approx(-2.35 * log(odds_ratio), abs=1e-12)
        assert (plain.focal, plain.reference, plain.is_purified) == ("focal", "reference", False)


def test_a_planted_item_is_c_and_against_the_focal_group() -> None:
    plain, purified = dif(planted(long_test()))[2]
    assert (plain.category, purified.category) == ("C", "C")
    assert plain.delta is not None
    assert plain.delta < -1.5


def test_purification_takes_c_items_out_of_the_matching_total() -> None:
    found = dif(planted(long_test()))
    assert [place for place, (_, purified) in found.items() if purified.category == "C"] == [2]
    # What is told of the others is what it would be if the item had never been there.
    without = [scores[:2] + scores[3:] for scores in long_test()]
    for place, (plain, purified) in found.items():
        if place != 2:
            odds_ratio, _ = exact(without, place - (place > 2))
            assert purified.odds_ratio == pytest.approx(float(odds_ratio), abs=1e-12)
            assert purified.odds_ratio != plain.odds_ratio


def test_where_nothing_is_c_purification_changes_nothing() -> None:
    for plain, purified in dif(grouped(lsat6())).values():
        assert purified.is_purified
        assert (plain.delta, plain.n) == (purified.delta, purified.n)


@pytest.mark.parametrize(
    ("delta", "error", "p_value", "expected"),
    [
        (0.99, 0.1, 0.001, "A"),
        (1.2, 0.7, 0.05, "A"),
        (1.2, 0.3, 0.049, "B"),
        (-1.5, 0.1, 0.001, "B"),
        (1.51, 0.31, 0.001, "C"),
        (1.51, 0.32, 0.001, "B"),
        (-1.51, 0.31, 0.001, "C"),
    ],
)
def test_the_rule_of_ets_is_followed_in_full(
    delta: float, error: float, p_value: float, expected: str
) -> None:
    assert category(delta, error, p_value) == expected


def test_the_largest_group_is_the_reference_unless_one_is_named() -> None:
    matrix = lsat6()
    assert {each[0].reference for each in dif(grouped(matrix)).values()} == {"reference"}
    assert {each[0].focal for each in dif(grouped(matrix), "focal").values()} == {"reference"}


def test_every_other_group_is_a_focal_group() -> None:
    answers = answers_of(
        [row(scores, group="abc"[place % 3]) for place, scores in enumerate(lsat6()[:999])]
    )
    found = dif(answers)[0]
    assert [(each.focal, each.reference) for each in found] == [("b", "a")] * 2 + [("c", "a")] * 2


def test_candidates_without_a_group_or_with_items_left_out_are_not_compared() -> None:
    rows = [row(scores, group="fr"[place % 2]) for place, scores in enumerate(lsat6()[300:700])]
    more = [row([1, 1, 1, 1, 1]), row([None, 1, 1, 1, 1], group="f")]
    assert dif(answers_of([*rows, *more])) == dif(answers_of(rows))


def test_without_groups_there_is_no_dif() -> None:
    assert dif(scores_of(lsat6()[:50])) == {}
    assert dif(grouped(lsat6()[:50], focal_every=1)) == {}


def test_items_with_partial_credit_are_left_out() -> None:
    answers = answers_of(
        [
            row([place % 2, place % 3], maxima=[1, 2], group="ab"[place % 7 % 2])
            for place in range(60)
        ]
    )
    assert dif(answers).keys() == {0}


def test_a_group_of_a_few_is_not_told_about() -> None:
    (found,) = dif(grouped(lsat6()[:12], focal_every=4))[0]
    assert found.category is None
    assert found.reason == "a group has fewer than 5 candidates"


def test_where_no_two_differ_nothing_is_told() -> None:
    # Whoever has the same total has answered alike.
    matrix = [[1, 1], [0, 0]] * 20
    for plain, purified in dif(grouped(matrix)).values():
        assert plain.category is None
        assert (plain.reason or "").startswith("no two candidates of the same total")
        assert purified.is_purified


@pytest.mark.parametrize(
    ("favoured", "odds_ratio", "told"), [("reference", None, "infinite"), ("focal", 0.0, "0")]
)
def test_where_all_who_differ_favour_one_group_there_is_a_chi_square_and_no_d(
    favoured: str, odds_ratio: float | None, told: str
) -> None:
    matrix = one_way(favoured=favoured)
    over, under, chi_square = exact_sums(matrix, 2)
    assert (over == 0, under == 0) == (favoured == "focal", favoured == "reference")
    for found in dif(grouped(matrix))[2]:
        assert (found.odds_ratio, found.delta, found.delta_error) == (odds_ratio, None, None)
        assert found.chi_square == pytest.approx(float(chi_square), abs=1e-9)
        assert (found.category, found.is_large) == (None, True)
        assert f"the one of group {favoured} is right: the odds ratio is {told}" in str(
            found.reason
        )


def test_an_item_that_differs_in_one_direction_alone_leaves_the_matching_total() -> None:
    matrix = one_way(favoured="reference")
    without = [scores[:2] + scores[3:] for scores in matrix]
    found = dif(grouped(matrix))
    assert [place for place, (_, purified) in found.items() if purified.is_large] == [2]
    for place, (plain, purified) in found.items():
        if place != 2:
            odds_ratio, _ = exact(without, place - (place > 2))
            assert purified.odds_ratio == pytest.approx(float(odds_ratio), abs=1e-12)
            assert purified.odds_ratio != plain.odds_ratio


def test_one_direction_alone_of_a_few_is_chance() -> None:
    rows = [row([1, 0], group="a"), row([0, 1], group="b")]
    rows += [row([1, 1], group=group) for group in "aaaaabbbb"]
    (plain, _) = dif(answers_of(rows))[0]
    assert plain.reason is not None
    assert plain.p_value is not None
    assert plain.p_value > 0.05
    assert not plain.is_large


def test_totals_that_one_group_alone_has_tell_nothing() -> None:
    rows = [row([1, 1], group="a")] * 9 + [row([0, 0], group="b")] * 6
    (plain, _) = dif(answers_of(rows))[0]
    assert (plain.n, plain.category) == (0, None)


def test_what_never_comes_to_rest_stands_as_after_one_round() -> None:
    # One item of five draws all others after it; without them there is nothing to match by.
    answers = planted(lsat6(), 0)
    found = dif(answers)
    assert {plain.category for plain, _ in found.values()} == {"C"}
    assert {purified.category for _, purified in found.values()} == {None}
