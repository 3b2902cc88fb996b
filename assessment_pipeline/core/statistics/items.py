"""Items: difficulty, discrimination, missing responses and time of each.

Difficulty is the mean share of the maximum (Crocker & Algina 1986, ch. 14); discrimination the
correlation of the item's score with the total without it (corrected item-total).
"""

from collections import Counter
from typing import Final

import numpy as np

from assessment_pipeline.core.disclosure import FEWEST_CANDIDATES
from assessment_pipeline.core.features import RAPID_GUESS_MILLISECONDS
from assessment_pipeline.core.statistics.answers import (
    NOT_PRESENTED,
    PLACES,
    Answers,
    Floats,
    correlation,
    deviation,
    shares_of,
)
from assessment_pipeline.core.statistics.results import Missing, Times

_MILLISECONDS: Final = 1000


def item_shares(answers: Answers, place: int) -> Floats:
    """Return each candidate's score on an item as a share of its maximum; NaN where it is none."""
    return shares_of(np.nan_to_num(answers.scores[:, place]), answers.maxima[:, place])


def difficulty(answers: Answers, place: int) -> float | None:
    """Return the mean share of the maximum: 1 is easiest; None if the item counts for nobody."""
    shares = item_shares(answers, place)
    there = shares[~np.isnan(shares)]
    return round(float(there.mean()), PLACES) if len(there) else None


def discrimination(answers: Answers, place: int) -> float | None:
    """Return the corrected item-total correlation; None where one of both never varies."""
    return correlation(item_shares(answers, place), answers.rest_shares(place))


def mean_and_deviation(answers: Answers, place: int) -> tuple[float | None, float | None]:
    """Return an item's mean points and their sample standard deviation."""
    scores = answers.scores[answers.counted[:, place], place] / answers.units_per_point
    return (float(scores.mean()) if len(scores) else None), deviation(scores)


def max_score(answers: Answers, place: int) -> float | None:
    """Return what full credit is worth; None if that differs, or the item counts for nobody."""
    maxima = np.unique(answers.maxima[answers.counted[:, place], place])
    return float(maxima[0]) / answers.units_per_point if len(maxima) == 1 else None


def position(answers: Answers, place: int) -> float | None:
    """Return the median place of an item in the deliveries."""
    places = answers.positions[:, place]
    there = places[~np.isnan(places)]
    return float(np.median(there)) if len(there) else None


def missing(answers: Answers, place: int) -> Missing:
    """Return which responses to an item are missing, and how.

    Not reached is what was delivered so, and what lies in the trailing run of unanswered items;
    omitted is what was passed over: something after it was answered.
    """
    states, trailing = answers.states[:, place], answers.trailing[:, place]
    counts = Counter(states.tolist())
    presented = answers.candidates - counts[NOT_PRESENTED]
    not_reached = counts["not_reached"] + int(((states == "omitted") & trailing).sum())
    omitted = int(((states == "omitted") & ~trailing).sum())
    return Missing(
        presented=presented,
        omitted=omitted,
        not_reached=not_reached,
        invalid=counts["invalid"],
        absent=counts["absent"],
        omitted_share=omitted / presented if presented else None,
        not_reached_share=not_reached / presented if presented else None,
        states=dict(sorted(counts.items())),
    )


def times(answers: Answers, place: int) -> Times | None:
    """Return how long candidates took for an item; None of the times of a few.

    Quartiles are interpolated linearly (type 7 of Hyndman & Fan 1996). An answer in less than
    three seconds is rapid.
    """
    spent = answers.milliseconds[:, place]
    there = ~np.isnan(spent)
    if int(there.sum()) < FEWEST_CANDIDATES:
        return None
    seconds = spent[there] / _MILLISECONDS
    lower, median, upper = np.quantile(seconds, [0.25, 0.5, 0.75])
    rapid = (spent < RAPID_GUESS_MILLISECONDS) & (answers.states[:, place] == "answered")
    return Times(
        n=int(there.sum()),
        mean=float(seconds.mean()),
        lower_quartile=float(lower),
        median=float(median),
        upper_quartile=float(upper),
        rapid_share=float(rapid[there].mean()),
    )
