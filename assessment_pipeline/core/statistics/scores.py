"""Scores: how the totals are distributed, and how they move from day to day."""

import numpy as np

from assessment_pipeline.core.disclosure import FEWEST_CANDIDATES
from assessment_pipeline.core.statistics.answers import Answers, deviation
from assessment_pipeline.core.statistics.results import DayTrend, ScoreCount, Scores


def scores(answers: Answers) -> Scores:
    """Return the distribution of totals: points before floor, rounding and penalties.

    The standard deviation is that of a sample (divisor n - 1); quartiles are of type 7.
    """
    values, counts = np.unique(answers.totals, return_counts=True)
    totals = answers.totals / answers.units_per_point
    lower, median, upper = np.quantile(totals, [0.25, 0.5, 0.75])
    return Scores(
        n=len(totals),
        mean=float(totals.mean()),
        standard_deviation=deviation(totals),
        minimum=float(totals.min()),
        lower_quartile=float(lower),
        median=float(median),
        upper_quartile=float(upper),
        maximum=float(totals.max()),
        max_score=(
            float(answers.total_maxima[0]) / answers.units_per_point
            if answers.has_one_form
            else None
        ),
        counts=[
            ScoreCount(float(value) / answers.units_per_point, int(count))
            for value, count in zip(values, counts, strict=True)
        ],
    )


def trend(answers: Answers) -> list[DayTrend]:
    """Return each day's mean share of the maximum; of few candidates it would tell one's score."""
    days = np.array(answers.days, dtype=np.object_)
    found = []
    for day in sorted(set(answers.days)):
        shares = answers.total_shares[days == day]
        there = shares[~np.isnan(shares)]
        mean = float(there.mean()) if len(there) >= FEWEST_CANDIDATES else None
        found.append(DayTrend(day, len(shares), mean))
    return found
