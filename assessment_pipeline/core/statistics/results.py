"""Results: what statistics come to, as they are stored and shown.

Frozen records without a candidate in them. None stands where a number is not defined, such as a
correlation with something that never varies.
"""

from typing import Final

import msgspec

from assessment_pipeline.core.hashing import Json, canonical_json

DIGITS: Final = 12
SIGNIFICANCE: Final = 0.05


class Option(msgspec.Struct, frozen=True):
    """One option of a closed item: who chose it, by score group."""

    option: str
    is_key: bool
    n: int
    share: float | None
    """Of the candidates that the item counts for."""
    discrimination: float | None
    """Correlation of choosing it with the total without the item."""
    by_group: list[float | None]
    """Shares of the lower, middle and upper score group that chose it."""


class OptionTable(msgspec.Struct, frozen=True):
    """What candidates chose of a closed item; rows that are no option come last."""

    group_sizes: list[int]
    options: list[Option]


class Times(msgspec.Struct, frozen=True):
    """Time on an item in seconds, over those whose time was delivered."""

    n: int
    mean: float
    lower_quartile: float
    median: float
    upper_quartile: float
    rapid_share: float
    """The share that was faster than can be read."""


class Missing(msgspec.Struct, frozen=True):
    """Kinds of missing responses to an item, as counts of those it was presented to."""

    presented: int
    omitted: int
    not_reached: int
    invalid: int
    absent: int
    omitted_share: float | None
    not_reached_share: float | None
    states: dict[str, int]
    """How many responses have each state, as delivered or found by the rule."""


class Flag(msgspec.Struct, frozen=True):
    """Why an item needs a look."""

    code: str
    reason: str


class Dif(msgspec.Struct, frozen=True):
    """Mantel-Haenszel DIF of one item for one focal group."""

    focal: str
    reference: str
    is_purified: bool
    n: int
    odds_ratio: float | None
    """None also where it is infinite."""
    delta: float | None
    """MH D-DIF, -2.35 ln of the odds ratio: below 0 the item is harder for the focal group."""
    delta_error: float | None
    chi_square: float | None
    p_value: float | None
    category: str | None
    """A, B or C; None with a reason where it cannot be told."""
    reason: str | None

    @property
    def is_large(self) -> bool:
        """Whether it is worth a flag: category C, or significant where no D can be told."""
        if self.category is not None:
            return self.category == "C"
        return self.p_value is not None and self.p_value < SIGNIFICANCE


class Agreement(msgspec.Struct, frozen=True):
    """How two raters of the same responses agree, over all their pairs."""

    item_id: str
    criterion_id: str
    kinds: str
    pairs: int
    exact: float
    adjacent: float
    kappa: float | None
    quadratic_kappa: float | None
    mean_difference: float
    """Points of the second rater less those of the first."""


class ItemStatistics(msgspec.Struct, frozen=True):
    """One item."""

    item_id: str
    rule: str | None
    position: float | None
    """The median place in the delivery."""
    n: int
    max_score: float | None
    mean: float | None
    standard_deviation: float | None
    difficulty: float | None
    discrimination: float | None
    is_dichotomous: bool
    alpha_if_deleted: float | None
    missing: Missing
    times: Times | None
    options: OptionTable | None
    dif: list[Dif]
    flags: list[Flag]


class Reliability(msgspec.Struct, frozen=True):
    """How consistent the total is."""

    n: int
    """Candidates for whom all items count."""
    items: int
    alpha: float | None
    kr20: float | None
    sem: float | None
    """In points of the total."""


class ScoreCount(msgspec.Struct, frozen=True):
    """How many candidates have a total."""

    score: float
    n: int


class Scores(msgspec.Struct, frozen=True):
    """The totals."""

    n: int
    mean: float
    standard_deviation: float | None
    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float
    max_score: float | None
    """None where candidates had items of different worth."""
    counts: list[ScoreCount]


class DayTrend(msgspec.Struct, frozen=True):
    """One delivery day; the mean is left out where too few candidates are behind it."""

    delivery_date: str
    n: int
    mean_share: float | None


class Statistics(msgspec.Struct, frozen=True):
    """Everything about one assessment and rubric version over some days."""

    agreement: list[Agreement]
    assessment_id: str
    flagged: list[str]
    inputs: dict[str, str]
    """The content hash of the score runs of each day that was read."""
    items: list[ItemStatistics]
    left_out: dict[str, int]
    reliability: Reliability
    rubric_title: str | None
    rubric_version: str
    scores: Scores
    statistics_version: str
    trend: list[DayTrend]


def statistics_line(statistics: Statistics) -> bytes:
    """Return statistics as canonical JSON, floats rounded to 12 significant digits.

    The last digits of a sum of floats may depend on the processor; these do not in practice.
    """
    return canonical_json(plain(statistics))


def plain(value: object) -> Json:
    """Return results as JSON values, floats rounded.

    >>> plain([1 / 3, 2.0, None, float("nan")])
    [0.333333333333, 2.0, None, None]
    """
    return _rounded(msgspec.to_builtins(value))


def _rounded(value: Json) -> Json:
    if isinstance(value, float):
        # Adding 0.0 makes of -0.0, which is the same number, 0.0.
        return float(f"{value:.{DIGITS}g}") + 0.0 if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return value
