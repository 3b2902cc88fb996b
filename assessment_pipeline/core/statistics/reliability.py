"""Reliability: Cronbach's alpha, alpha if an item is deleted, KR-20, standard error.

Of our own, since no library in use computes them: each is one line of its source. Alpha is that
of Cronbach (1951); the divisor of its variances cancels. KR-20 is that of Kuder and Richardson
(1937): items as right and wrong, population variance throughout. The standard error of
measurement is the sample standard deviation of the total times sqrt(1 - alpha).
"""

import math

import numpy as np

from assessment_pipeline.core.statistics.answers import Answers, Floats
from assessment_pipeline.core.statistics.results import Reliability


def reliability(answers: Answers) -> Reliability:
    """Return the reliability of the total, over candidates for whom all items count."""
    scores = complete_scores(answers)
    n, items = scores.shape
    alpha = cronbach_alpha(scores)
    sem = None
    if alpha is not None:
        sem = float(np.std(scores.sum(axis=1), ddof=1)) * math.sqrt(1 - alpha)
    is_dichotomous = all(map(answers.is_dichotomous, answers.scoring_items))
    return Reliability(n, items, alpha, _kr20(answers) if is_dichotomous else None, sem)


def complete_scores(answers: Answers) -> Floats:
    """Return the scores of the items that count, of candidates for whom all of them do."""
    return answers.scores[answers.complete][:, list(answers.scoring_items)]


def cronbach_alpha(scores: Floats) -> float | None:
    """Return Cronbach's alpha; None with fewer than two items or rows, or equal totals.

    >>> round(cronbach_alpha(np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]])), 9)
    0.666666667
    """
    n, items = scores.shape
    if n < 2 or items < 2:
        return None
    variance = float(np.var(scores.sum(axis=1), ddof=1))
    if variance <= 0:
        return None
    of_items = float(np.var(scores, axis=0, ddof=1).sum())
    alpha: float = items / (items - 1) * (1 - of_items / variance)
    return alpha


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
    variance = float(np.var(right.sum(axis=1)))
    if variance <= 0:
        return None
    shares = right.mean(axis=0)
    of_items = float((shares * (1 - shares)).sum())
    kr20: float = items / (items - 1) * (1 - of_items / variance)
    return kr20
