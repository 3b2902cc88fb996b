"""Pending days: those whose folders are not scored as they stand."""

from functools import partial
from pathlib import Path
from typing import cast

import pytest

from assessment_pipeline.services import rubrics
from assessment_pipeline.services.capture import capture
from assessment_pipeline.services.extract import extract
from assessment_pipeline.services.pending import delivery_manifest, pending_days
from assessment_pipeline.services.report import report
from assessment_pipeline.services.score import score
from assessment_pipeline.services.steps import VERSIONS
from assessment_pipeline_tests.installations import DAY, Installation, answers


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s1"))
    return installation


def test_a_day_that_was_never_scored_is_pending(installation: Installation) -> None:
    assert pending_days(installation.home) == {DAY: "not scored yet"}


def test_a_scored_day_is_not_pending(installation: Installation) -> None:
    installation.score()
    assert pending_days(installation.home) == {}


def test_a_new_file_makes_a_scored_day_pending_again(installation: Installation) -> None:
    installation.score()
    installation.deliver(answers("s2"), name="late")
    assert list(pending_days(installation.home)) == [DAY]


def test_a_file_that_grew_or_vanished_makes_its_day_pending(installation: Installation) -> None:
    installation.score()
    path = installation.deliver(answers("s1"), answers("s2"))
    assert list(pending_days(installation.home)) == [DAY]
    path.unlink()
    assert list(pending_days(installation.home)) == [DAY]


def test_a_day_with_sessions_that_no_rubric_scores_stays_pending(
    installation: Installation,
) -> None:
    installation.deliver(answers("s2", assessment_id="literacy"), name="b")
    installation.score()
    assert pending_days(installation.home) == {DAY: "some of its sessions had no rubric"}


def test_a_home_without_deliveries_has_no_pending_day(tmp_path: Path) -> None:
    assert pending_days(Installation(tmp_path / "home").home) == {}


def test_a_file_that_is_not_a_regular_one_does_not_keep_its_day_pending(
    installation: Installation,
) -> None:
    (installation.home.delivery_folder(DAY) / "link.jsonl").symlink_to("a.jsonl")
    (installation.home.delivery_folder(DAY) / "folder.jsonl").mkdir()
    installation.score()
    assert pending_days(installation.home) == {}


def test_the_hash_of_a_manifest_depends_on_names_and_sizes(installation: Installation) -> None:
    before = delivery_manifest(installation.home, DAY).hash
    assert delivery_manifest(installation.home, DAY).hash == before
    installation.deliver(answers("s1"), answers("s2"))
    grown = delivery_manifest(installation.home, DAY).hash
    installation.deliver(name="b")
    assert len({before, grown, delivery_manifest(installation.home, DAY).hash}) == 3


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_a_day_whose_run_died_between_two_steps_is_pending(
    installation: Installation, steps: int
) -> None:
    installation.score()
    installation.deliver(answers("s2"), name="late")
    with installation.workplace() as place:
        catalogue, _ = rubrics.load(place)
        every = (capture, extract, partial(score, catalogue=catalogue), report)
        for step in every[:steps]:
            step(place, DAY)
    assert pending_days(installation.home) == {DAY: "a run of it has not come to its end"}
    installation.score()
    assert pending_days(installation.home) == {}


def test_a_day_that_other_versions_have_finished_is_not_pending(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.score()
    # The default of a function that was imported is what it was, so it is changed in place.
    monkeypatch.setitem(cast("dict[str, str]", VERSIONS), "engine_version", "2")
    assert pending_days(installation.home) == {}
