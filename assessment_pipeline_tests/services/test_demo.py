"""The demo's samples: put into a home once, without touching anything that is there."""

from pathlib import Path

import pytest

from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.samples import sample_deliveries
from assessment_pipeline.services.demo import example_scorecard, place_samples, summarise
from assessment_pipeline_tests.installations import DAY, Installation, answers


def test_samples_are_placed_once(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home").home
    first = place_samples(home)
    written = {path: path.stat().st_mtime_ns for path in home.folder.rglob("*") if path.is_file()}

    second = place_samples(home)

    assert first.new_files == first.deliveries + first.rubrics
    assert second.new_files == 0
    assert first.days == second.days == tuple(home.delivery_days())
    assert {path: path.stat().st_mtime_ns for path in written} == written


def test_a_home_with_deliveries_of_its_own_is_no_place_for_samples(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s-1"))
    with pytest.raises(UsageError, match="deliveries of its own"):
        place_samples(installation.home)
    assert installation.home.delivery_days() == [DAY]


def test_a_demo_home_may_have_got_other_deliveries_since(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    place_samples(installation.home)
    installation.deliver(answers("s-1"), name="mine")
    assert place_samples(installation.home).new_files == 0


def test_deliveries_of_the_demo_that_an_erasure_changed_are_named_and_left(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home").home
    place_samples(home)
    first = sample_deliveries()[0]
    path = home.delivery_folder(first.day) / first.name
    path.write_bytes(first.content.partition(b"\n")[2])
    before = path.read_bytes()
    with pytest.raises(UsageError) as caught:
        place_samples(home)
    assert f"`erase`: deliveries/{first.day}/{first.name}. They stay" in str(caught.value)
    assert "--home ./demo_home" in str(caught.value)
    assert path.read_bytes() == before


def test_a_changed_sample_is_not_overwritten(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home").home
    place_samples(home)
    rubric = home.rubrics / "lsat6" / "1.yaml"
    rubric.write_text("mine")
    with pytest.raises(UsageError, match=r"lsat6/1\.yaml"):
        place_samples(home)
    assert rubric.read_text() == "mine"


def test_the_summary_counts_scorecards_by_assessment(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.deliver(
        answers("s-1", candidate_id="c-1"),
        answers("s-2", "A", candidate_id="c-2"),
        answers("s-3", candidate_id="c-2", status="voided"),
    )
    installation.score()

    (summary,) = summarise(installation.home, [DAY])

    assert (summary.assessment_id, summary.days, summary.candidates) == ("numeracy", 1, 2)
    assert (summary.scorecards, summary.complete) == (3, 2)
    assert summary.mean_percent == "83.3"


def test_the_example_is_a_complete_scorecard_with_its_evidence(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s-1"), answers("s-2", "A"), answers("s-3", status="voided"))
    installation.score()

    example = example_scorecard(installation.home, [DAY])

    assert example.scorecard["session_id"] in {"s-1", "s-2"}
    assert [row["item_id"] for row in example.evidence] == ["q01", "q02"]


def test_without_a_complete_scorecard_there_is_no_example(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s-3", status="voided"))
    installation.score()
    with pytest.raises(NothingThereError):
        example_scorecard(installation.home, [DAY])


def test_every_sample_day_has_deliveries(tmp_path: Path) -> None:
    home = Installation(tmp_path / "home").home
    placed = place_samples(home)
    assert placed.deliveries == len(sample_deliveries())
    assert all(any(home.delivery_folder(day).iterdir()) for day in placed.days)
