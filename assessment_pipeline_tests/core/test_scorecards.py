"""Scorecards: a score run made readable, with nothing that is unfinished looking final."""

import pytest

from assessment_pipeline.core.score_runs import ScoreRunRecord, Subscore
from assessment_pipeline.core.scorecards import Scorecard, SubscoreCard, scorecard
from assessment_pipeline.core.versions import ENGINE_VERSION, FEATURE_VERSION


def a_card(
    *,
    status: str = "complete",
    points: tuple[str | None, str | None, str | None] = ("2", "2", "3"),
    subscores: tuple[Subscore, ...] = (),
) -> Scorecard:
    raw, exact, maximum = points
    return scorecard(
        ScoreRunRecord(
            assessment_id="maths",
            attempt=2,
            candidate_id="c1",
            durations=[31250, None],
            evaluations=[7, 3],
            max_score=maximum,
            output_hash="sha256:out",
            performance_level="meets" if status == "complete" else None,
            raw_score=raw,
            raw_score_exact=exact,
            response_snapshot_id="sha256:snapshot",
            rubric_version="1",
            rubrics=["sha256:rubric"],
            scale_score="300" if status == "complete" else None,
            score_run_id="sha256:run",
            session_id="s1",
            status=status,
            submitted_at="2026-11-20T09:41:07+00:00",
            subscores=list(subscores),
            supersedes=None,
        )
    )


def test_a_scorecard_repeats_what_identifies_its_run() -> None:
    card = a_card()

    assert (card.assessment_id, card.session_id, card.attempt) == ("maths", "s1", 2)
    assert (card.score_run_id, card.output_hash) == ("sha256:run", "sha256:out")
    assert card.response_snapshot_id == "sha256:snapshot"
    assert card.submitted_at == "2026-11-20T09:41:07+00:00"
    assert (card.engine_version, card.feature_version) == (ENGINE_VERSION, FEATURE_VERSION)


def test_evidence_links_each_item_to_its_evaluation_and_duration() -> None:
    assert a_card().evidence == [(7, 31250), (3, None)]


def test_decimals_stand_beside_exact_points() -> None:
    card = a_card(points=("2.5", "7/3", "11/3"))

    assert (card.raw_score, card.raw_score_exact, card.max_score) == ("2.5", "7/3", "3.666667")


def test_a_score_run_s_decimals_are_rounded_half_even_at_six_places() -> None:
    assert a_card(points=("0.0000005", "0.0000005", "1")).raw_score == "0"
    assert a_card(points=("0.0000015", "0.0000015", "1")).raw_score == "0.000002"


@pytest.mark.parametrize(
    ("exact", "maximum", "percent"),
    [
        ("2", "3", "66.67"),
        ("99999999", "100000000", "99.99"),
        ("1", "100000000", "0.01"),
        ("0.03125", "100", "0.03"),
        ("1/32", "1", "3.12"),
    ],
)
def test_percent_is_the_exact_total_of_the_maximum(exact: str, maximum: str, percent: str) -> None:
    assert a_card(points=("0", exact, maximum)).percent == percent


def test_percent_reads_the_total_before_rounding() -> None:
    assert a_card(points=("2", "5/3", "2")).percent == "83.33"


def test_full_marks_and_none_are_a_hundred_and_nought() -> None:
    assert a_card(points=("3", "3", "3")).percent in {"100", "100.00"}
    assert a_card(points=("0", "0", "3")).percent in {"0", "0.00"}


def test_a_maximum_of_nothing_has_no_percent() -> None:
    assert a_card(points=("0", "0", "0")).percent is None


@pytest.mark.parametrize("status", ["blocked", "provisional"])
def test_an_unfinished_scorecard_shows_totals_and_no_percent(status: str) -> None:
    card = a_card(status=status, subscores=(Subscore("cps", "1", "2"),))

    assert (card.raw_score, card.max_score) == ("2", "3")
    assert card.percent is None
    assert card.subscores == [SubscoreCard("cps", "1", "1", "2", None)]
    assert (card.scale_score, card.performance_level) == (None, None)


def test_a_voided_scorecard_has_no_points() -> None:
    card = a_card(status="voided", points=(None, None, None))

    assert (card.raw_score, card.raw_score_exact, card.max_score) == (None, None, None)
    assert card.percent is None


def test_a_subscore_has_decimals_exact_points_and_percent() -> None:
    card = a_card(subscores=(Subscore("cps", "1/3", "2"),))

    assert card.subscores == [SubscoreCard("cps", "0.333333", "1/3", "2", "16.67")]


def test_points_longer_than_a_rubric_may_write_are_shown() -> None:
    exact = f"1{'0' * 8_999}1/3{'0' * 8_999}"

    assert a_card(points=(exact, exact, exact)).max_score == "3.333333"
