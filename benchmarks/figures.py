"""Figures: what rounds say against the bar.

A figure is taken of each round by itself, and the median of those is told: what else the machine
does slows all programs of a round down alike. A program's work is what it costs above the same
program over an empty day, so that the start of Dagster, and of the plain version, is apart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from statistics import median
from typing import Final, Literal

from benchmarks.rounds import Round

# Two runs over an empty day differ by up to a tenth.
_LEAST_SHARE_OF_EMPTY_DAY: Final = 0.2

Unit = Literal["x", "%", "s", "MB"]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure has to reach, and would reach at its best."""

    name: str
    unit: Unit
    bar: float
    stretch: float
    is_most: bool = True
    """Whether less is better."""

    def is_met(self, value: float) -> bool:
        """Tell whether a value reaches the bar."""
        return self._reaches(value, self.bar)

    def is_stretch_met(self, value: float) -> bool:
        """Tell whether a value reaches what would be best."""
        return self._reaches(value, self.stretch)

    def _reaches(self, value: float, limit: float) -> bool:
        return value <= limit if self.is_most else value >= limit


@dataclass(frozen=True, slots=True)
class Figure:
    """A bar with what was measured, a value a round."""

    bar: Bar
    values: tuple[float, ...]

    @property
    def value(self) -> float:
        """The median of the rounds; no number if a round gave none."""
        return nan if any(map(isnan, self.values)) else median(self.values)

    @property
    def outcome(self) -> str:
        """Whether the bar is met, in words."""
        if isnan(self.value):
            return "too little work to tell"
        if self.bar.is_stretch_met(self.value):
            return "met, stretch too"
        return "met" if self.bar.is_met(self.value) else "not met"


def _work(costs: Round, name: str, without: str) -> float:
    """Return the CPU seconds that a program takes above an empty day; at least none."""
    return max(0.0, costs[name].cpu_seconds - costs[without].cpu_seconds)


def _product(costs: Round) -> float:
    """Return the CPU seconds of the product's work; no number if Dagster's noise may hide it."""
    work = _work(costs, "product", "product, empty day")
    empty = costs["product, empty day"].cpu_seconds
    return work if work >= _LEAST_SHARE_OF_EMPTY_DAY * empty else nan


def plain_ratio(costs: Round) -> float:
    """Return how much more CPU the plain version takes than the product."""
    return _work(costs, "plain", "plain, empty day") / _product(costs)


def _rescored(costs: Round, name: str) -> float:
    return 100 * _work(costs, name, "product, empty day again") / _product(costs)


AT_TEN_TIMES: Final = Bar("memory at ten times the work", "MB", 450, 300)
_TAKEN: Final[Mapping[Bar, tuple[str, Callable[[Round], float]]]] = {
    Bar("CPU: plain version / product", "x", 8, 12, is_most=False): ("plain", plain_ratio),
    Bar("CPU: product / native floor", "x", 10, 6): (
        "floor",
        lambda costs: _product(costs) / costs["floor"].cpu_seconds,
    ),
    Bar("two days: in turn / at once (wall)", "x", 1.7, 1.9, is_most=False): (
        "two days at once",
        lambda costs: (
            costs["two days in turn"].wall_seconds / costs["two days at once"].wall_seconds
        ),
    ),
    Bar("CPU: one session added / all", "%", 15, 5): (
        "one session added",
        lambda costs: _rescored(costs, "one session added"),
    ),
    Bar("CPU: nothing new / all", "%", 5, 2): (
        "nothing new",
        lambda costs: _rescored(costs, "nothing new"),
    ),
    Bar("CPU: verify / scoring", "x", 1, 0.5): (
        "verify",
        lambda costs: costs["verify"].cpu_seconds / _product(costs),
    ),
    Bar("ledger: append 25,000 (CPU)", "s", 1, 0.5): (
        "ledger, append",
        lambda costs: costs["ledger, append"].cpu_seconds,
    ),
    Bar("--help (wall)", "s", 0.3, 0.15): ("help", lambda costs: costs["help"].wall_seconds),
}


def figures(rounds: Sequence[Round], peaks_mb: Mapping[int, float] | None = None) -> list[Figure]:
    """Return a figure for each bar that was measured."""
    taken = [
        Figure(bar, tuple(map(of, rounds)))
        for bar, (name, of) in _TAKEN.items()
        if all(name in costs for costs in rounds)
    ]
    if peaks_mb and 10 in peaks_mb:
        taken.insert(2, Figure(AT_TEN_TIMES, (peaks_mb[10],)))
    return taken
