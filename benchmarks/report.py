"""The report of a benchmark: tables for people, JSON for machines; no host names, no paths."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from statistics import median
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, figures
from benchmarks.homes import Delivered
from benchmarks.rounds import Round

_DECIMALS = {"x": 2, "%": 1, "s": 2, "MB": 0}


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured."""

    delivered: Delivered
    rounds: Sequence[Round]
    floor: str | None
    """What the native floor was built with; None if it was not."""
    peaks_mb: Mapping[int, float]
    """Peak memory by how many times the work."""

    @property
    def figures(self) -> list[Figure]:
        """What the bar asks for."""
        return figures(self.rounds, self.peaks_mb)

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
            "machine": {
                "cores": len(os.sched_getaffinity(0)),
                "python": platform.python_version(),
                "machine": platform.machine(),
            },
            "sessions": self.delivered.sessions,
            "responses": self.delivered.responses,
            "delivered_bytes": self.delivered.bytes,
            "floor": self.floor,
            "figures": [
                {
                    "name": figure.bar.name,
                    "unit": figure.bar.unit,
                    # JSON has no word for what is no number.
                    "value": None if isnan(figure.value) else figure.value,
                    "rounds": [None if isnan(value) else value for value in figure.values],
                    "bar": figure.bar.bar,
                    "stretch": figure.bar.stretch,
                    "met": figure.bar.is_met(figure.value),
                    "stretch_met": figure.bar.is_stretch_met(figure.value),
                }
                for figure in self.figures
            ],
            "peaks_mb": {str(times): peak for times, peak in self.peaks_mb.items()},
            "rounds": [
                {name: asdict(usage) for name, usage in costs.items()} for costs in self.rounds
            ],
        }

    def print(self, console: Console) -> None:
        """Print the tables."""
        delivered = self.delivered
        console.print(
            f"{delivered.sessions:,} sessions, {delivered.responses:,} responses, "
            f"{delivered.bytes / 1e6:,.1f} MB delivered; medians of {len(self.rounds)} rounds."
        )
        if "product" in self.rounds[0]:
            console.print("CSV files and manifest of plain version and product: equal bytes.")
            built = f"built with {self.floor}" if self.floor else "left out, no C++ compiler here"
            console.print(f"Native floor: {built}.")
        console.print(costs_table(self.rounds))
        if self.peaks_mb:
            peaks = ", ".join(f"{times}x {peak:,.0f} MB" for times, peak in self.peaks_mb.items())
            console.print(f"Peak memory of scoring: {peaks}.")
        console.print(bar_table(self.figures))


def costs_table(rounds: Sequence[Round]) -> Table:
    """Return what each program cost."""
    table = Table(title="what each costs")
    for name in ("", "CPU s", "wall s", "peak MB"):
        table.add_column(name, justify="left" if not name else "right")
    for name in rounds[0]:
        costs = [each[name] for each in rounds]
        # The floor is smaller than the process that starts it, which Linux counts in.
        peak = "" if name == "floor" else f"{median(cost.peak_mb for cost in costs):,.0f}"
        table.add_row(
            name,
            f"{median(cost.cpu_seconds for cost in costs):,.2f}",
            f"{median(cost.wall_seconds for cost in costs):,.2f}",
            peak,
        )
    return table


def bar_table(measured: Sequence[Figure]) -> Table:
    """Return what was measured beside the bar."""
    table = Table(title="against the bar")
    for name in ("", "measured", "lowest", "highest", "bar", "stretch", "outcome"):
        justify: Literal["left", "right"] = "left" if name in {"", "outcome"} else "right"
        table.add_column(name, justify=justify, no_wrap=True)
    for figure in measured:
        bar = figure.bar
        sign = "<=" if bar.is_most else ">="

        def shown(value: float, figure: Figure = figure) -> str:
            return f"{value:,.{_DECIMALS[figure.bar.unit]}f} {figure.bar.unit}"

        table.add_row(
            bar.name,
            shown(figure.value),
            shown(min(figure.values)),
            shown(max(figure.values)),
            f"{sign} {bar.bar:g} {bar.unit}",
            f"{sign} {bar.stretch:g} {bar.unit}",
            figure.outcome,
        )
    return table
