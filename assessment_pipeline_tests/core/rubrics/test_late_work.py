from fractions import Fraction

import pytest
from pydantic import ValidationError

from assessment_pipeline.core.rubrics.late_work import LatePolicy, seconds_late
from assessment_pipeline_tests.core.builders import AnyJson

_DAY = 86_400


def _policy(**fields: AnyJson) -> LatePolicy:
    return LatePolicy.model_validate(fields)


def _penalty(policy: LatePolicy, seconds: Fraction | int, total: int = 8) -> Fraction:
    return policy.penalty(Fraction(seconds), total=Fraction(total), maximum=Fraction(10))


@pytest.mark.parametrize(
    ("seconds", "penalty"),
    [
        (-5, "0"),
        (0, "0"),
        (Fraction(1, 1000), "1"),
        (_DAY, "1"),
        (_DAY + Fraction(1, 10**9), "2"),
        (3 * _DAY, "3"),
        (90 * _DAY, "5"),
    ],
)
def test_every_started_unit_takes_its_percent_of_the_maximum_up_to_the_cap(
    seconds: Fraction | int, penalty: str
) -> None:
    policy = _policy(mode="percent_per_unit", percent=10, unit="days", cap=50)
    assert _penalty(policy, seconds) == Fraction(penalty)


def test_percent_may_be_of_the_points_reached() -> None:
    policy = _policy(mode="percent_per_unit", percent="12.5", unit="hours", of="score")
    assert _penalty(policy, 3_601) == 2
    assert _penalty(policy, 3_600 * 100) == 8
    assert _penalty(policy, 3_601, total=-4) == 0


def test_without_a_cap_it_takes_at_most_everything() -> None:
    policy = _policy(mode="percent_per_unit", percent=60, unit="minutes")
    assert [_penalty(policy, seconds) for seconds in (60, 61, 600)] == [6, 10, 10]


def test_the_grace_moves_the_due_time() -> None:
    policy = _policy(mode="percent_per_unit", percent=10, unit="hours", grace_minutes=15)
    assert [_penalty(policy, seconds) for seconds in (900, 901, 900 + 3_600, 900 + 3_601)] == [
        0, 1, 1, 2,
    ]  # fmt: skip


def test_fixed_takes_points_zero_takes_all_and_none_nothing() -> None:
    assert _penalty(_policy(mode="fixed", points="2.5"), 1) == Fraction(5, 2)
    assert _penalty(_policy(mode="fixed", points=2, grace_minutes=1), 60) == 0
    assert _penalty(_policy(mode="zero"), 1) == 8
    assert _penalty(_policy(mode="zero"), 1, total=-3) == 0
    assert _penalty(_policy(mode="none"), 1) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "fixed"},
        {"mode": "fixed", "points": 1, "percent": 5},
        {"mode": "percent_per_unit", "percent": 5},
        {"mode": "percent_per_unit", "unit": "days"},
        {"mode": "percent_per_unit", "unit": "days", "percent": 101},
        {"mode": "percent_per_unit", "unit": "days", "percent": 5, "cap": "100.5"},
        {"mode": "zero", "cap": 50},
        {"mode": "none", "grace_minutes": 5},
        {"mode": "halve"},
    ],
)
def test_parameters_that_a_mode_does_not_have_are_refused(fields: AnyJson) -> None:
    with pytest.raises(ValidationError):
        _policy(**fields)


def test_lateness_is_exact_across_offsets_and_nothing_without_both_times() -> None:
    late = seconds_late("2026-11-20T10:00:00.25+01:00", "2026-11-20T08:59:59Z")
    assert late == Fraction(5, 4)
    assert seconds_late("2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z") == -3_600
    assert seconds_late(None, "2026-11-20T09:00:00Z") == 0
    assert seconds_late("2026-11-20T09:00:00Z", None) == 0
