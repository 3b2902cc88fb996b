"""Rubric trials: files are checked before they score, and a rule shows what it gives."""

from pathlib import Path

import pytest

from assessment_pipeline.errors import NothingThereError, RubricError, UsageError
from assessment_pipeline.services.rubric_trial import (
    check_home_rubrics,
    check_rubrics,
    try_response,
)
from assessment_pipeline_tests.installations import RUBRIC, Installation, answers


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "home")


def a_file(folder: Path, text: str, name: str = "draft.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_anywhere_is_good_whatever_its_name(
    installation: Installation, tmp_path: Path
) -> None:
    found = check_rubrics(installation.home, [a_file(tmp_path, RUBRIC)])
    assert [version.label for version in found.versions] == ["numeracy/1"]
    assert not found.problems


def test_every_problem_of_every_file_is_told(installation: Installation, tmp_path: Path) -> None:
    bad = a_file(tmp_path, RUBRIC.replace("correct: B", "corect: B"), "a.yaml")
    worse = a_file(tmp_path, "items: {}\n", "b.yaml")
    found = check_rubrics(installation.home, [bad, worse])
    assert {problem.file for problem in found.problems} == {str(bad), str(worse)}
    assert "/items/q01/corect" in {problem.pointer for problem in found.problems}


def test_a_file_of_the_home_is_checked_beside_its_neighbours(installation: Installation) -> None:
    path = installation.write_rubric("2", RUBRIC.replace('"1"', '"2"'))
    assert not check_rubrics(installation.home, [path]).versions
    assert [p.pointer for p in check_rubrics(installation.home, [path]).problems] == ["/valid_from"]


def test_a_published_version_that_was_changed_is_told(installation: Installation) -> None:
    installation.deliver(answers("s-1"))
    installation.score()
    path = installation.write_rubric("1", RUBRIC.replace("correct: B", "correct: C"))
    (problem,) = check_rubrics(installation.home, [path]).problems
    assert "has scored and was changed" in problem.message


def test_all_rubrics_of_the_home_are_checked(installation: Installation) -> None:
    installation.write_rubric("1", RUBRIC.replace("numeracy", "reading"), "reading")
    labels = [version.label for version in check_home_rubrics(installation.home).versions]
    assert labels == ["numeracy/1", "reading/1"]


def test_files_and_rubrics_that_are_not_there_are_named(
    installation: Installation, tmp_path: Path
) -> None:
    with pytest.raises(NothingThereError, match=r"nix\.yaml"):
        check_rubrics(installation.home, [tmp_path / "nix.yaml"])
    with pytest.raises(NothingThereError, match=r"nix\.yaml"):
        try_response(tmp_path / "nix.yaml", "q01", "1")
    with pytest.raises(NothingThereError, match="q09"):
        try_response(a_file(tmp_path, RUBRIC), "q09", "1")


@pytest.mark.parametrize(
    ("item", "response", "points", "state"),
    [
        ("q01", '"B"', "1", "answered"),
        ("q01", '"C"', "0", "answered"),
        ("q01", '["B"]', "1", "answered"),
        ("q02", "3.14", "2", "answered"),
        ("q02", '"12 euro"', "0", "invalid"),
        ("q01", "null", "0", "omitted"),
    ],
)
def test_a_trial_shows_what_the_rule_gives(
    tmp_path: Path, item: str, response: str, points: str, state: str
) -> None:
    trial = try_response(a_file(tmp_path, RUBRIC), item, response)
    assert (str(trial.award.points), trial.response_state) == (points, state)
    assert trial.award.explanation


@pytest.mark.parametrize(
    "response",
    ["B", "", "NaN", "Infinity", "{}", '{"a": 1}', "[1.5]", "[[]]", '"\\ud800"', "[" * 9999],
)
def test_what_can_be_no_response_is_refused(tmp_path: Path, response: str) -> None:
    with pytest.raises(UsageError, match=r"response"):
        try_response(a_file(tmp_path, RUBRIC), "q01", response)


def test_a_bad_rubric_is_not_tried(tmp_path: Path) -> None:
    bad = a_file(tmp_path, RUBRIC.replace("correct: B", "corect: B"))
    with pytest.raises(RubricError, match="/items/q01/corect"):
        try_response(bad, "q01", '"B"')
