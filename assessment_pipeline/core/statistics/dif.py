"""DIF: whether an item is harder for one group than for others of the same total.

Mantel-Haenszel (Holland & Thayer 1988) with the categories of ETS (Zieky 1993). Candidates are
matched by their total, the item itself included; strata with one group or one kind of answer tell
nothing. The pooled odds ratio, its standard error (Robins, Breslow & Greenland 1986) and the
chi-square with Yates' continuity correction of 0.5 are those of statsmodels' StratifiedTable.

Where all who differ favour one group, the odds ratio is 0 or infinite and has no logarithm: there
is a chi-square and no D, hence no category of ETS; a significant one is taken as if it were C.

With purification, items of category C leave the matching total, except the item under study, and
all is computed again, until the same items are C. If that has not come to rest after ten rounds,
as in a test of a few items, the first round stands: the two steps of Holland & Thayer.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from msgspec.structs import replace

from assessment_pipeline.core.statistics.answers import Answers, Booleans, Floats
from assessment_pipeline.core.statistics.results import SIGNIFICANCE, Dif

FEWEST_OF_A_GROUP: Final = 5
MOST_ROUNDS: Final = 10
_DELTA: Final = -2.35
_ONE_SIDED_5_PERCENT: Final = 1.645
_TOO_ALIKE: Final = "no two candidates of the same total, one of each group, answered differently"
_ONE_WAY: Final = (
    "of all pairs of the same total, one of each group, who answered differently, the one of group "
    "{favoured} is right: the odds ratio is {ratio}, so there is no D"
)


class _Comparison(NamedTuple):
    """Two groups to compare: the rows that count, and which of them are the focal group."""

    focal: str
    reference: str
    scores: Floats
    is_focal: Booleans


def dif(answers: Answers, reference: str | None = None) -> dict[int, list[Dif]]:
    """Return, by column, DIF of every dichotomous item for every focal group.

    The reference group is the largest if none is named (of equal ones the first by name). Only
    candidates of a known group for whom all items count are compared.
    """
    sizes = Counter(group for group in answers.groups if group is not None)
    if len(sizes) < 2:
        return {}
    base = reference or min(sizes, key=lambda name: (-sizes[name], name))
    places = [each for each in answers.scoring_items if answers.is_dichotomous(each)]
    found: dict[int, list[Dif]] = {place: [] for place in places}
    for focal in sorted(sizes.keys() - {base}):
        for place, results in _of_groups(answers, places, focal, base).items():
            found[place].extend(results)
    return found


def _of_groups(
    answers: Answers, places: Sequence[int], focal: str, reference: str
) -> Mapping[int, list[Dif]]:
    groups = np.array(answers.groups, dtype=np.object_)
    rows = answers.complete & ((groups == focal) | (groups == reference))
    is_focal = groups[rows] == focal
    sizes = int(is_focal.sum()), int((~is_focal).sum())
    if min(sizes) < FEWEST_OF_A_GROUP:
        reason = f"a group has fewer than {FEWEST_OF_A_GROUP} candidates"
        return {place: [_untold(focal, reference, sum(sizes), reason)] for place in places}
    compared = _Comparison(focal, reference, answers.scores[rows], is_focal)
    plain = {place: _of_item(compared, place, answers, ()) for place in places}
    purified = _purified(compared, answers, plain)
    return {place: [plain[place], replace(purified[place], is_purified=True)] for place in places}


def _purified(
    compared: _Comparison, answers: Answers, plain: Mapping[int, Dif]
) -> Mapping[int, Dif]:
    rounds = [plain]
    removed: set[int] = set()
    for _ in range(MOST_ROUNDS):
        found = {place for place, each in rounds[-1].items() if each.is_large}
        if found == removed:
            return rounds[-1]
        removed = found
        rounds.append({place: _of_item(compared, place, answers, removed) for place in plain})
    return rounds[1]


def _of_item(compared: _Comparison, place: int, answers: Answers, removed: Collection[int]) -> Dif:
    kept = [each for each in answers.scoring_items if each not in removed or each == place]
    matching = compared.scores[:, kept].sum(axis=1)
    tables = _strata(matching, compared.scores[:, place] > 0, compared.is_focal)
    n = int(tables.sum())
    # What the odds ratio divides: the reference group right and the focal one wrong, or reversed.
    above = float((tables[0, 0] * tables[1, 1]).sum())
    below = float((tables[0, 1] * tables[1, 0]).sum())
    if above == below == 0:
        return _untold(compared.focal, compared.reference, n, _TOO_ALIKE)
    from statsmodels.stats.contingency_tables import StratifiedTable  # noqa: PLC0415 - heavy

    table = StratifiedTable(tables)
    test = table.test_null_odds(correction=True)
    chi_square, p_value = float(test.statistic), float(test.pvalue)
    if above == 0 or below == 0:
        return replace(
            _untold(compared.focal, compared.reference, n, _one_way(compared, is_zero=above == 0)),
            odds_ratio=0.0 if above == 0 else None,
            chi_square=chi_square,
            p_value=p_value,
        )
    delta = _DELTA * float(table.logodds_pooled)
    error = abs(_DELTA) * float(table.logodds_pooled_se)
    return Dif(
        focal=compared.focal,
        reference=compared.reference,
        is_purified=False,
        n=n,
        odds_ratio=float(table.oddsratio_pooled),
        delta=delta,
        delta_error=error,
        chi_square=chi_square,
        p_value=p_value,
        category=category(delta, error, p_value),
        reason=None,
    )


def _strata(matching: Floats, is_right: Booleans, is_focal: Booleans) -> Floats:
    """Return a table a total: reference and focal group by right and wrong."""
    tables = []
    for total in np.unique(matching):
        among = matching == total
        cells = [
            [float((among & group & answer).sum()) for answer in (is_right, ~is_right)]
            for group in (~is_focal, is_focal)
        ]
        if min(map(sum, cells)) > 0:
            tables.append(cells)
    return np.array(tables, dtype=np.float64).reshape(-1, 2, 2).transpose(1, 2, 0)


def _one_way(compared: _Comparison, *, is_zero: bool) -> str:
    return _ONE_WAY.format(
        favoured=compared.focal if is_zero else compared.reference,
        ratio="0" if is_zero else "infinite",
    )


def category(delta: float, error: float, p_value: float) -> str:
    """Return the ETS category of MH D-DIF.

    A: below 1, or not significantly different from 0 (5 percent). C: above 1.5, and significantly
    above 1 (one-sided, 5 percent). B: all others.

    >>> category(-1.8, 0.2, 0.001), category(-1.8, 0.6, 0.002), category(1.8, 1.2, 0.13)
    ('C', 'B', 'A')
    """
    size = abs(delta)
    if size < 1 or p_value >= SIGNIFICANCE:
        return "A"
    if size > 1.5 and size - _ONE_SIDED_5_PERCENT * error > 1:
        return "C"
    return "B"


def _untold(focal: str, reference: str, n: int, reason: str) -> Dif:
    return Dif(
        focal=focal,
        reference=reference,
        is_purified=False,
        n=n,
        odds_ratio=None,
        delta=None,
        delta_error=None,
        chi_square=None,
        p_value=None,
        category=None,
        reason=reason,
    )
