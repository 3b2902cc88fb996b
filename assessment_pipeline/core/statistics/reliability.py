"""Reliability: Cronbach's alpha, alpha if an item is deleted, KR-20, standard error.

Of our own, since no library in use computes them: each is one line of its source. Alpha is that
of Cronbach (1951); the divisor of its variances cancels. KR-20 is that of Kuder and Richardson
(1937): items as right and wrong, population variance throughout. The standard error of
measurement is the sample standard deviation of the total times sqrt(1 - alpha).
"""

import math

import numpy as np

from assessment_pipeline.core.statistics.answers import PLACES, Answers, Floats, deviation
from assessment_pipeline.core.statistics.results import Reliability


def reliability(answers: Answers) -> Reliability:
    """Return the reliability of the total, over candidates for whom all items count."""
    scores = complete_scores(answers)
    n, items = scores.shape
    alpha = cronbach_alpha(scores)
    spread = deviation(scores.sum(axis=1) / answers.units_per_point)
    sem = None if alpha is None or spread is None else spread * math.sqrt(1 - alpha)
    is_dichotomous = all(map(answers.is_dichotomous, answers.scoring_items))
    return Reliability(n, items, alpha, _kr20(answers) if is_dichotomous else None, sem)


def complete_scores(answers: Answers) -> Floats:
    """Return the scores, in units, of items that count and candidates for whom all do."""
    return answers.scores[answers.complete][:, list(answers.scoring_items)]


def cronbach_alpha(scores: Floats) -> float | None:
    """Return Cronbach's alpha of whole numbers; None of one item or row, or of equal totals.

    >>> round(cronbach_alpha(np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]])), 9)
    0.666666667
    """
    n, items = scores.shape
    if n < 2 or items < 2:
        return None
    return _consistency(np.var(scores, axis=0), scores.sum(axis=1))


def alphas_if_deleted(answers: Answers) -> dict[int, float | None]:
    """Return, by column, alpha of the other items, over the same candidates."""
    scores = complete_scores(answers)
    return {
        place: cronbach_alpha(np.delete(scores, number, axis=1))
        for number, place in enumerate(answers.scoring_items)
    }


def _kr20(answers: Answers) -> float | None:
    columns = list(answers.scoring_items)
    right = answers.scores[answers.complete][:, columns] > 0
    n, items = right.shape
    if n < 2 or items < 2:
        return None
    shares = right.mean(axis=0)
    return _consistency(shares * (1 - shares), right.sum(axis=1).astype(np.float64))


def _consistency(of_items: Floats, totals: Floats) -> float | None:
    """Return what alpha and KR-20 are of the items' variances; None if the totals are equal."""
    if np.ptp(totals) == 0:
        return None
    items = len(of_items)
    share = float(of_items.sum()) / float(np.var(totals))
    # It is never above 1, but floats can be by a hair, of which there is no root.
    return min(1.0, round(items / (items - 1) * (1 - share), PLACES))
