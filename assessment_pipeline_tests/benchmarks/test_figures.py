"""What the rounds of a benchmark say against the bar."""

import json
from dataclasses import replace
from math import isnan
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.children import Usage
from benchmarks.figures import Bar, Figure, figures
from benchmarks.homes import Delivered
from benchmarks.report import Report, bar_table, costs_table
from benchmarks.rounds import Round

LEAST = Bar("times faster", "x", 8, 12, is_most=False)
MOST = Bar("share", "%", 15, 5)


def usage(cpu: float, wall: float = 1, peak_mb: float = 100) -> Usage:
    return Usage(wall, cpu, peak_mb)


def scored(*, plain: float, product: float, **others: float) -> Round:
    """Return a round in which these CPU seconds were spent above empty days."""
    return {
        "plain": usage(0.5 + plain),
        "plain, empty day": usage(0.5),
        "product": usage(4 + product),
        "product, empty day": usage(4),
        "product, empty day again": usage(3),
        **{name.replace("_", " "): usage(seconds) for name, seconds in others.items()},
    }


def by_name(measured: list[Figure]) -> dict[str, Figure]:
    return {figure.bar.name: figure for figure in measured}


def test_the_figure_is_the_median_of_each_rounds_ratio_and_not_the_ratio_of_medians() -> None:
    rounds = [
        scored(plain=10, product=1),
        scored(plain=30, product=2),
        scored(plain=20, product=4),
    ]

    (figure,) = figures(rounds)

    # The ratio of medians would be 20 / 2, that of means 60 / 7.
    assert list(figure.values) == [10, 15, 5]
    assert figure.value == 10


def test_the_start_of_either_program_is_no_part_of_a_ratio() -> None:
    slow_start = scored(plain=30, product=3)
    for name in ("product", "product, empty day"):
        slow_start[name] = replace(slow_start[name], cpu_seconds=slow_start[name].cpu_seconds + 7)

    (figure,) = figures([slow_start])

    assert figure.value == 10


def test_scoring_again_is_compared_with_an_empty_day_scored_again() -> None:
    costs = scored(plain=10, product=2, one_session_added=3.2, nothing_new=3.01)

    measured = by_name(figures([costs]))

    assert measured["CPU: one session added / all"].value == pytest.approx(10)
    assert measured["CPU: nothing new / all"].value == pytest.approx(0.5)


def test_two_days_are_compared_by_the_clock_on_the_wall() -> None:
    costs = {"two days in turn": usage(9, wall=9), "two days at once": usage(9, wall=5)}

    (figure,) = figures([costs])

    assert figure.value == pytest.approx(1.8)


def test_only_what_was_measured_is_told() -> None:
    costs = scored(plain=10, product=1, floor=0.1)

    names = set(by_name(figures([costs], {1: 100, 3: 110})))
    with_growth = set(by_name(figures([costs], {1: 100, 10: 120})))

    assert names == {"CPU: plain version / product", "CPU: product / native floor"}
    assert with_growth == {*names, "memory at ten times the work"}


@pytest.mark.parametrize("product", [-0.1, 0.0, 0.5])
def test_work_that_is_lost_in_the_noise_of_dagsters_start_meets_no_bar(product: float) -> None:
    costs = scored(plain=10, product=product, floor=0.1, nothing_new=2.9, verify=1)

    for figure in figures([costs]):
        assert isnan(figure.value)
        assert figure.outcome == "too little work to tell"


def test_a_round_that_cannot_tell_leaves_no_figure() -> None:
    rounds = [scored(plain=10, product=1), scored(plain=10, product=0.1)]

    (figure,) = figures(rounds)

    assert isnan(figure.value)


@pytest.mark.parametrize(
    ("bar", "value", "outcome"),
    [
        (LEAST, 7.99, "not met"),
        (LEAST, 8, "met"),
        (LEAST, 12, "met, stretch too"),
        (MOST, 15.1, "not met"),
        (MOST, 15, "met"),
        (MOST, 5, "met, stretch too"),
    ],
)
def test_a_bar_is_met_from_its_own_side(bar: Bar, value: float, outcome: str) -> None:
    assert Figure(bar, (value,)).outcome == outcome


def shown(rounds: list[Round]) -> str:
    console = Console(width=120, record=True, quiet=True)
    with console.capture() as captured:
        console.quiet = False
        console.print(costs_table(rounds))
        console.print(bar_table(figures(rounds)))
    return captured.get()


def test_the_table_says_not_met_when_the_bar_is_not_met() -> None:
    missed = shown([scored(plain=7, product=1)])
    met = shown([scored(plain=9, product=1)])

    assert "not met" in missed
    assert "7.00 x" in missed
    assert ">= 8 x" in missed
    assert "not met" not in met


def test_the_report_is_json_that_names_no_host_and_no_path(tmp_path: Path) -> None:
    day = tmp_path / "deliveries" / "2025-11-20"
    day.mkdir(parents=True)
    (day / "a.jsonl").write_text("{}\n")
    rounds = [scored(plain=7, product=1), scored(plain=9, product=-1)]

    text = json.dumps(Report(Delivered(tmp_path, 1, 40), rounds, None, {}).as_json())

    said = json.loads(text)
    assert set(said["machine"]) == {"cores", "python", "machine"}
    assert said["delivered_bytes"] == 3
    assert said["figures"][0]["rounds"] == [7, None]
    assert said["figures"][0]["value"] is None
    assert not said["figures"][0]["met"]
    assert "/" not in text.replace("version / product", "")
