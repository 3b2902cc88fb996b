"""Flags: what is unusual about an item, in words."""

import msgspec
import pytest

from assessment_pipeline.core.statistics.flags import flags
from assessment_pipeline.core.statistics.results import Dif, Flag, Option, OptionTable

RULE = "match_correct"


def option(
    name: str,
    discrimination: float | None,
    upper: float | None,
    *,
    is_key: bool = False,
    n: int = 40,
) -> Option:
    return Option(name, is_key, n, 0.4, discrimination, [0.1, 0.2, upper])


def table(*options: Option) -> OptionTable:
    return OptionTable([30, 40, 30], list(options))


def of_options(*options: Option) -> list[Flag]:
    return flags(RULE, (0.5, 0.3), table(*options), [])


@pytest.mark.parametrize(
    ("odds_ratio", "p_value", "said"),
    [
        (
            None,
            0.00001,
            "harder for group f than for candidates of group r with the same total, without an exc",
        ),
        (None, 0.00001, "(p < 0.0001)"),
        (0.0, 0.0312, "easier"),
        (0.0, 0.0312, "(p = 0.0312)"),
    ],
)
def test_dif_that_has_no_exception_is_said_if_it_is_significant(
    odds_ratio: float | None, p_value: float, said: str
) -> None:
    one_way = Dif("f", "r", True, 99, odds_ratio, None, None, 9.0, p_value, None, "one way")  # noqa: FBT003
    (found,) = flags(RULE, (0.5, 0.3), None, [one_way])
    assert found.code == "dif_one_way"
    assert said in found.reason
    chance = msgspec.structs.replace(one_way, p_value=0.05)
    assert flags(RULE, (0.5, 0.3), None, [chance]) == []


def dif(category: str | None, delta: float, *, is_purified: bool = False) -> Dif:
    return Dif("f", "r", is_purified, 99, 2.0, delta, 0.1, 9.0, 0.001, category, None)


def test_an_ordinary_item_has_no_flag() -> None:
    key, distractor = option("A", 0.4, 0.9, is_key=True), option("B", -0.2, 0.1)
    assert flags(RULE, (0.5, 0.3), table(key, distractor), [dif("B", 1.2)]) == []
    assert flags(RULE, (None, None), None, []) == []


def test_negative_discrimination_is_said() -> None:
    (found,) = flags(RULE, (0.5, -0.104), None, [])
    assert found.code == "negative_discrimination"
    assert found.reason.startswith("Negative discrimination (−0.10): ")


def test_a_negative_discrimination_is_never_said_to_be_nought() -> None:
    (found,) = flags(RULE, (0.5, -0.001), None, [])
    assert found.reason.startswith("Negative discrimination (just below 0): ")
    assert flags(RULE, (0.5, 0.0), None, []) == []


@pytest.mark.parametrize(
    ("difficulty", "code"),
    [(0.951, "too_easy"), (0.95, None), (0.2, None), (0.199, "too_hard"), (0.0, "too_hard")],
)
def test_what_is_too_easy_or_too_hard(difficulty: float, code: str | None) -> None:
    assert [flag.code for flag in flags(RULE, (difficulty, 0.3), None, [])] == (
        [code] if code else []
    )


@pytest.mark.parametrize("rule", ["constant", "full_credit"])
def test_that_all_have_the_same_points_is_no_news_where_the_rule_says_so(rule: str) -> None:
    assert flags(rule, (1.0, None), None, []) == []
    assert flags(rule, (0.1, None), None, []) == []


def test_a_distractor_that_discriminates_better_than_the_key() -> None:
    (found,) = of_options(option("A", 0.1, 0.5, is_key=True), option("B", 0.25, 0.4))
    assert found.code == "distractor_better_than_key"
    assert found.reason == (
        "Distractor B is better than the key A: its discrimination is 0.25, the key’s 0.10. "
        "The key may be wrong."
    )


def test_a_distractor_that_the_upper_group_chose_more_often() -> None:
    (found,) = of_options(option("A", 0.3, 0.4, is_key=True), option("B", 0.1, 0.5))
    assert "50 % of the upper group chose it, 40 % the key" in found.reason


def test_a_distractor_in_brackets_is_one_too() -> None:
    (found,) = of_options(option("(a)", 0.1, 0.5, is_key=True), option("(b)", 0.25, 0.4))
    assert "Distractor (b) is better than the key (a)" in found.reason


def test_a_key_that_nobody_chose_is_worse_than_a_distractor() -> None:
    (found,) = of_options(option("A", None, None, is_key=True, n=0), option("B", 0.1, 0.5))
    assert "the key’s none" in found.reason


@pytest.mark.parametrize(
    "other",
    [
        option("B", 0.0, 0.1),
        option("B", None, 0.1),
        option("B", 0.9, 0.9, n=4),
        option("(other)", 0.9, 0.9),
    ],
    ids=["without discrimination", "chosen by nobody", "chosen by few", "no option"],
)
def test_what_is_no_better_than_the_key_by_more_than_chance(other: Option) -> None:
    assert of_options(option("A", -0.1, 0.2, is_key=True), other) == []


def test_of_several_keys_none_is_compared() -> None:
    keys = [option(name, 0.1, 0.2, is_key=True) for name in "AB"]
    assert of_options(*keys, option("C", 0.5, 0.9)) == []


def test_dif_of_category_c_is_said_once_a_group() -> None:
    (harder,) = flags(RULE, (0.5, 0.3), None, [dif("C", -1.9), dif("C", -1.7, is_purified=True)])
    assert harder.code == "dif_c"
    assert "harder for group f than for candidates of group r" in harder.reason
    assert "MH D-DIF −1.70" in harder.reason
    (easier,) = flags(RULE, (0.5, 0.3), None, [dif("C", 1.9), dif("B", 1.4, is_purified=True)])
    assert "easier" in easier.reason
