"""The mean percent: a number over many, never one of a person."""

from pathlib import Path

import pytest

from assessment_pipeline.services.indexes import SCORECARDS, ScorecardsIndex, current_index
from assessment_pipeline.services.mean_percent import mean_percent
from assessment_pipeline_tests.installations import DAY, Installation, answers


def mean_of(tmp_path: Path, *sessions: dict[str, object]) -> int | None:
    installation = Installation(tmp_path / "home")
    installation.deliver(*sessions)
    installation.score()
    index = current_index(installation.home, SCORECARDS, DAY, ScorecardsIndex)
    assert index is not None
    return mean_percent(installation.home.artifacts, index)


def of_candidates(count: int, **fields: object) -> list[dict[str, object]]:
    """Return a session a candidate: the first has 66.67 percent, the others 100."""
    return [
        answers(f"s{number}", "B" if number else "A", candidate_id=f"c{number}", **fields)
        for number in range(count)
    ]


def test_the_mean_of_a_day_is_in_whole_percents(tmp_path: Path) -> None:
    # (66.67 + 4 * 100) / 5 = 93.334
    assert mean_of(tmp_path, *of_candidates(5)) == 93


@pytest.mark.parametrize("count", [0, 1, 4])
def test_of_few_candidates_no_mean_is_told(tmp_path: Path, count: int) -> None:
    assert mean_of(tmp_path, *of_candidates(count)) is None


def test_many_sessions_of_few_candidates_are_few(tmp_path: Path) -> None:
    sessions = [answers(f"s{number}", candidate_id=f"c{number % 4}") for number in range(20)]
    assert mean_of(tmp_path, *sessions) is None


def test_what_is_not_complete_does_not_count(tmp_path: Path) -> None:
    sessions = of_candidates(5)
    sessions[4]["status"] = "voided"
    assert mean_of(tmp_path, *sessions) is None


def test_a_day_that_is_skipped_tells_the_same_mean(tmp_path: Path) -> None:
    from assessment_pipeline.services.report import report

    installation = Installation(tmp_path / "home")
    installation.deliver(*of_candidates(5))
    installation.score()
    with installation.workplace() as place:
        again = report(place, DAY)
    assert (again.was_skipped, again.mean_percent) == (True, 93)
