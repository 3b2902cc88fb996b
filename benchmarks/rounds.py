"""Rounds: every program run once, one after the other, and what each of them cost.

Comparing what came out is part of it: a plain version that did other work would prove nothing.
What the figures mean against the bar is `figures`.
"""

import filecmp
import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.children import BenchmarkError, Child, Usage, python, run
from benchmarks.floor import Floor
from benchmarks.homes import DAY, OTHER_DAY, Delivered

EXPORTED: Final = ("scorecards.csv", "subscores.csv", "evidence.csv", "manifest.json")
PARTS: Final = ("scoring", "again", "verify", "partitions", "help", "ledger")
LEDGER_ENTRIES: Final = 25_000
_HELP_RUNS: Final = 5

Round = dict[str, Usage]
"""What each program cost in one round."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What is run: programs over deliveries, in a folder that is removed at the end."""

    folder: Path
    delivered: Delivered
    floor: Floor | None
    tell: Callable[[str], None] = field(default=lambda _: None)

    def round(self, parts: Collection[str] = PARTS) -> Round:
        """Run each part once, in new homes."""
        with TemporaryDirectory(dir=self.folder) as name:
            folder = Path(name)
            costs: Round = {}
            if not {"scoring", "again", "verify"}.isdisjoint(parts):
                costs |= self._scoring(folder, parts)
            if "partitions" in parts:
                costs |= self._partitions(folder)
            if "help" in parts:
                costs["help"] = self._help(folder)
            if "ledger" in parts:
                costs |= self._ledger(folder)
            return costs

    def _scoring(self, folder: Path, parts: Collection[str]) -> Round:
        costs: Round = {}
        home = self.delivered.home(folder / "home")
        empty = self.delivered.empty_home(folder / "empty")
        plain = folder / "plain"
        costs["plain"] = self._run("plain", folder, *_plain(home, plain))
        costs["plain, empty day"] = self._run(
            "plain, empty day", folder, *_plain(empty, folder / "plain-empty")
        )
        if self.floor is not None:
            evidence = folder / "floor.csv"
            command = self.floor.command(self.delivered, evidence)
            costs["floor"] = self._run("floor", folder, *command)
            evidence.unlink()
        costs["product"] = self._run("product", folder, *_score(home))
        require_equal(plain, home / "exports" / DAY)
        costs["product, empty day"] = self._run("product, empty day", folder, *_score(empty))
        costs["product, empty day again"] = self._run(
            "product, empty day again", folder, *_score(empty)
        )
        if "verify" in parts:
            command = _product(home, "verify", "--date", DAY)
            costs["verify"] = self._run("verify", folder, *command)
        if "again" in parts:
            costs["nothing new"] = self._run("nothing new", folder, *_score(home))
            self.delivered.deliver_one_more(home)
            costs["one session added"] = self._run("one session added", folder, *_score(home))
        return costs

    def _partitions(self, folder: Path) -> Round:
        days = (DAY, OTHER_DAY)
        in_turn = self.delivered.two_day_home(folder / "in-turn")
        costs = [
            self._run(f"day {number} of 2", folder, *_score(in_turn, day))
            for number, day in enumerate(days, start=1)
        ]
        at_once = self.delivered.two_day_home(folder / "at-once")
        self.tell("2 days at once")
        began = time.perf_counter()
        with (
            Child(_score(at_once, DAY), folder, DAY) as first,
            Child(_score(at_once, OTHER_DAY), folder, DAY) as second,
        ):
            together = [child.finish()[0] for child in (first, second)]
        wall = time.perf_counter() - began
        return {
            "two days in turn": _sum(costs, sum(cost.wall_seconds for cost in costs)),
            "two days at once": _sum(together, wall),
        }

    def _help(self, folder: Path) -> Usage:
        command = python("assessment_pipeline", "--help")
        costs = [self._run("--help", folder, *command) for _ in range(_HELP_RUNS)]
        return Usage(
            median(cost.wall_seconds for cost in costs),
            median(cost.cpu_seconds for cost in costs),
            median(cost.peak_mb for cost in costs),
        )

    def _ledger(self, folder: Path) -> Round:
        self.tell("ledger")
        path = folder / "audit" / "ledger.sqlite"
        command = python("benchmarks.ledger_batch", path, str(LEDGER_ENTRIES))
        cost, said = run(command, folder, DAY)
        return {
            f"ledger, {name.removesuffix('_seconds')}": Usage(seconds, seconds, cost.peak_mb)
            for name, seconds in json.loads(said).items()
        }

    def _run(self, name: str, folder: Path, *command: str | Path) -> Usage:
        self.tell(name)
        return run(command, folder, DAY)[0]


def peak_mb(folder: Path, delivered: Delivered) -> float:
    """Return the peak memory of scoring deliveries in a new home."""
    with TemporaryDirectory(dir=folder) as name:
        home = delivered.home(Path(name) / "home")
        return run(_score(home), folder, DAY)[0].peak_mb


def require_equal(plain: Path, exported: Path) -> None:
    """Check that both versions wrote the same bytes; BenchmarkError naming what differs."""
    filecmp.clear_cache()
    for name in EXPORTED:
        if not filecmp.cmp(plain / name, exported / name, shallow=False):
            raise BenchmarkError(
                f"{name} of the plain version differs from the product's: they did not do the "
                "same work, so there is nothing to compare."
            )


def _plain(home: Path, output: Path) -> list[str | Path]:
    (home / "deliveries" / DAY).mkdir(parents=True, exist_ok=True)
    return python("benchmarks.plain", home, DAY, output)


def _product(home: Path, *arguments: str | Path) -> list[str | Path]:
    return python("assessment_pipeline", "--home", home, *arguments)


def _score(home: Path, day: str = DAY) -> list[str | Path]:
    return _product(home, "score", "--date", day)


def _sum(costs: list[Usage], wall_seconds: float) -> Usage:
    return Usage(
        wall_seconds,
        sum(cost.cpu_seconds for cost in costs),
        max(cost.peak_mb for cost in costs),
    )
