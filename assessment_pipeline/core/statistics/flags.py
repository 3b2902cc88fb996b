"""Flags: which items somebody should look at, and why, in words.

A flag is no verdict: it says what is unusual. The borders are customary ones (Crocker & Algina
1986; Haladyna 2004), stated in docs/statistics.md.
"""

from collections.abc import Iterator
from typing import Final

from assessment_pipeline.core.statistics.distractors import NO_ANSWER, OTHER
from assessment_pipeline.core.statistics.results import Dif, Flag, Option, OptionTable

TOO_EASY: Final = 0.95
TOO_HARD: Final = 0.20

NEGATIVE: Final = "negative_discrimination"
DISTRACTOR: Final = "distractor_better_than_key"
EASY: Final = "too_easy"
HARD: Final = "too_hard"
DIF_C: Final = "dif_c"
DIF_ONE_WAY: Final = "dif_one_way"
MEANINGS: Final = {
    DISTRACTOR: "a distractor is better than the key",
    DIF_C: "DIF of category C",
    DIF_ONE_WAY: "DIF in one direction alone",
    EASY: "too easy",
    HARD: "too hard",
    NEGATIVE: "negative discrimination",
}

_SAME_FOR_ALL: Final = frozenset({"constant", "full_credit"})

# A distractor that hardly anybody chose can beat a key by chance.
_FEWEST_CHOICES: Final = 5
_FEWEST_SHARE: Final = 0.02


def flags(
    rule: str | None,
    numbers: tuple[float | None, float | None],
    options: OptionTable | None,
    dif: list[Dif],
) -> list[Flag]:
    """Return why an item needs a look; nothing if it does not.

    `numbers` are its difficulty and its discrimination. That everybody has the same points for an
    item is no news where its rule says so.
    """
    difficulty, discrimination = numbers
    if rule in _SAME_FOR_ALL:
        difficulty = None
    found = []
    if discrimination is not None and discrimination < 0:
        shown = _number(discrimination) if round(discrimination, 2) else "just below 0"
        found.append(
            Flag(
                NEGATIVE,
                f"Negative discrimination ({shown}): candidates who are better "
                "on the other items do worse on this one.",
            )
        )
    if options is not None:
        found.extend(_of_distractors(options))
    if difficulty is not None and difficulty > TOO_EASY:
        found.append(
            Flag(EASY, f"Too easy: on average {_percent(difficulty)} of the points are reached.")
        )
    if difficulty is not None and difficulty < TOO_HARD:
        found.append(
            Flag(HARD, f"Too hard: on average {_percent(difficulty)} of the points are reached.")
        )
    found.extend(_of_dif(dif))
    return found


def _of_distractors(table: OptionTable) -> Iterator[Flag]:
    keys = [option for option in table.options if option.is_key]
    if len(keys) != 1:
        # What each of several keys is worth is the rule's affair.
        return
    (key,) = keys
    total = sum(table.group_sizes)
    for option in table.options:
        is_distractor = not option.is_key and option.option not in {OTHER, NO_ANSWER}
        if is_distractor and option.n >= max(_FEWEST_CHOICES, _FEWEST_SHARE * total):
            why = [*_better_discrimination(option, key), *_more_by_the_best(option, key)]
            if why:
                yield Flag(
                    DISTRACTOR,
                    f"Distractor {option.option} is better than the key {key.option}: "
                    f"{' and '.join(why)}. The key may be wrong.",
                )


def _better_discrimination(option: Option, key: Option) -> Iterator[str]:
    if option.discrimination is None or option.discrimination <= 0:
        return
    if key.discrimination is None or option.discrimination > key.discrimination:
        keys = "none" if key.discrimination is None else _number(key.discrimination)
        yield f"its discrimination is {_number(option.discrimination)}, the key’s {keys}"


def _more_by_the_best(option: Option, key: Option) -> Iterator[str]:
    upper, keys = option.by_group[-1], key.by_group[-1]
    if upper is not None and keys is not None and upper > keys:
        yield f"{_percent(upper)} of the upper group chose it, {_percent(keys)} the key"


def _of_dif(dif: list[Dif]) -> Iterator[Flag]:
    for focal in dict.fromkeys(each.focal for each in dif):
        large = [each for each in dif if each.focal == focal and each.is_large]
        if large:
            yield _large(large[-1])


def _large(dif: Dif) -> Flag:
    than = f"for group {dif.focal} than for candidates of group {dif.reference} with the same total"
    if dif.delta is not None:
        harder = "harder" if dif.delta < 0 else "easier"
        return Flag(DIF_C, f"DIF of category C: {harder} {than} (MH D-DIF {_number(dif.delta)}).")
    harder = "harder" if dif.odds_ratio is None else "easier"
    return Flag(DIF_ONE_WAY, f"DIF: {harder} {than}, without an exception ({_chance(dif)}).")


def _chance(dif: Dif) -> str:
    p_value = dif.p_value or 0.0
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.4f}"


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
