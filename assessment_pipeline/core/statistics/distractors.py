"""Distractors: who chose which option of a closed item, by score group.

Three groups by the total's share of its maximum. The lower group reaches up to the total of the
candidate at a third of the ranks, the upper one from that at two thirds; equal totals are never
parted, so groups may differ in size, and where both borders are the same total, those who have it
are the middle group.

What the rubric does not name as an option is shown under its own name only if enough candidates
chose it; the rest is counted together, so that no table shows what somebody wrote.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from assessment_pipeline.core.disclosure import FEWEST_CANDIDATES
from assessment_pipeline.core.statistics.answers import Answers, Booleans, Floats, correlation
from assessment_pipeline.core.statistics.results import Option, OptionTable

GROUPS: Final = ("lower", "middle", "upper")
MOST_OPTIONS: Final = 12
MOST_CHARACTERS: Final = 32
OTHER: Final = "(other)"
NO_ANSWER: Final = "(no answer)"


def score_groups(shares: Floats) -> tuple[Booleans, Booleans, Booleans]:
    """Return which rows are in the lower, middle and upper group; a row without total in none.

    >>> [int(group.sum()) for group in score_groups(np.array([0.1, 0.2, 0.3, 0.3, 0.5, 0.9]))]
    [2, 2, 2]
    """
    there = ~np.isnan(shares)
    ranked = np.sort(shares[there])
    if not len(ranked):
        return there, there, there
    third = -(-len(ranked) // 3)
    low, high = ranked[third - 1], ranked[len(ranked) - third]
    # Comparisons with NaN are false.
    lower = (shares <= low) & (shares < high) if low < high else shares < low
    upper = (shares >= high) & (shares > low) if low < high else shares > high
    return lower, there & ~lower & ~upper, upper


def option_table(answers: Answers, place: int) -> OptionTable | None:
    """Return what was chosen of an item; None if it is not closed or counts for nobody."""
    item = answers.items[place]
    counted = answers.counted[:, place]
    if not item.is_closed or not counted.any():
        return None
    rows_of: dict[str, list[int]] = {}
    for row, picks in answers.chosen[place].items():
        for pick in dict.fromkeys(picks) if counted[row] else ():
            rows_of.setdefault(pick, []).append(row)
    counts = Counter({name: len(rows) for name, rows in rows_of.items()})
    named = [*item.options, *_others_to_name(counts, item.options)]
    groups = [group & counted for group in score_groups(answers.total_shares)]
    rest = np.where(counted, answers.rest_shares(place), np.nan)
    picked_by = {name: _picked(answers.candidates, rows_of, [name]) for name in named}
    others = rows_of.keys() - picked_by.keys()
    picked_by[OTHER] = _picked(answers.candidates, rows_of, others)
    picked_by[NO_ANSWER] = counted & ~_picked(answers.candidates, rows_of, rows_of)
    options = [
        _option(name, picked, groups, rest, is_key=name in item.keys)
        for name, picked in picked_by.items()
        if name in named or picked.any()
    ]
    return OptionTable([int(group.sum()) for group in groups], options)


def _others_to_name(counts: Counter[str], options: tuple[str, ...]) -> list[str]:
    """Return what is no option of the rubric, yet was chosen by enough to be one."""
    found = [
        name
        for name, count in counts.items()
        if name not in options
        and count >= FEWEST_CANDIDATES
        and len(name) <= MOST_CHARACTERS
        and name == "".join(name.split())
    ]
    often = sorted(found, key=lambda name: (-counts[name], name))
    return sorted(often[: max(0, MOST_OPTIONS - len(options))])


def _picked(
    candidates: int, rows_of: Mapping[str, Sequence[int]], wanted: Iterable[str]
) -> Booleans:
    """Return which rows have chosen one of some options."""
    picked = np.zeros(candidates, dtype=np.bool_)
    for name in wanted:
        picked[rows_of.get(name, [])] = True
    return picked


def _option(
    name: str, picked: Booleans, groups: list[Booleans], rest: Floats, *, is_key: bool
) -> Option:
    among = ~np.isnan(rest)
    whole = np.logical_or.reduce(groups)
    return Option(
        option=name,
        is_key=is_key,
        n=int(picked.sum()),
        share=float(picked[whole].mean()) if whole.any() else None,
        discrimination=correlation(picked[among].astype(np.float64), rest[among]),
        by_group=[float(picked[group].mean()) if group.any() else None for group in groups],
    )
