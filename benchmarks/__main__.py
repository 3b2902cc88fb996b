"""`python -m benchmarks`: measure the product against a plain version and a native floor."""

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.children import BenchmarkError
from benchmarks.floor import build
from benchmarks.homes import deliver
from benchmarks.rounds import PARTS, Bench, Round, peak_mb

_WARM_UP_SESSIONS = 50
_WARM_UP_PARTS = ("scoring", "verify")
_GROWTH = (1, 3, 10)
_COLUMNS = 116


def main() -> int:
    """Measure what the arguments ask for, print it, and write it as JSON."""
    asked = _arguments()
    try:
        with TemporaryDirectory(prefix="assessment-pipeline-bench-") as name:
            _measure(asked, Path(name))
    except BenchmarkError as error:
        _tell(f"The benchmark has ended early: {error}")
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sessions", type=int, default=25_000, help="how many (25,000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is run (3)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--growth",
        action="store_true",
        help="measure peak memory at 1, 3 and 10 times the sessions: minutes more",
    )
    asked = parser.parse_args()
    if asked.sessions < 1 or asked.rounds < 1:
        parser.error("--sessions and --rounds are at least 1")
    return asked


def _measure(asked: argparse.Namespace, folder: Path) -> None:
    floor = build(folder)
    _tell("warm-up")
    small = deliver(folder / "warm-up", _WARM_UP_SESSIONS)
    Bench(folder, small, floor).round(_WARM_UP_PARTS)
    _tell("making deliveries")
    delivered = deliver(folder / "delivered", asked.sessions)
    rounds: list[Round] = []
    for number in range(1, asked.rounds + 1):

        def tell(what: str, number: int = number) -> None:
            _tell(f"round {number}: {what}")

        rounds.append(Bench(folder, delivered, floor, tell).round(asked.only))
    peaks: dict[int, float] = {}
    for times in _GROWTH if asked.growth else ():
        _tell(f"memory at {times}x")
        larger = deliver(folder / f"delivered-{times}x", asked.sessions * times)
        peaks[times] = peak_mb(folder, larger)

    # Here, because what starts processes should be small, see `children`.
    from rich.console import Console  # noqa: PLC0415

    from benchmarks.report import Report  # noqa: PLC0415

    report = Report(delivered, rounds, floor.variant if floor else None, peaks)
    console = Console()
    console.width = max(console.width, _COLUMNS)
    report.print(console)
    if asked.json is not None:
        asked.json.write_text(json.dumps(report.as_json(), indent=2) + "\n", encoding="utf-8")


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
