"""Rubrics: read from the home, held against what was published, stored by their content."""

from pathlib import Path

import pytest

from assessment_pipeline.services import rubrics
from assessment_pipeline.services.indexes import RUBRICS
from assessment_pipeline.services.rubrics import load_catalogue, published_versions
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.builders import RUBRIC, Bench, answers


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "home")
    bench.deliver(answers("s1"))
    return bench


def published(bench: Bench) -> dict[tuple[str, str], str]:
    with Ledger.read(bench.home.ledger) as ledger:
        return dict(published_versions(ledger))


def test_loading_names_every_version_and_its_hash(bench: Bench) -> None:
    bench.write_rubric("2", RUBRIC.replace('"1"', '"2"') + "valid_from: 2030-01-01T00:00:00Z\n")

    with bench.workplace() as place:
        catalogue, result = rubrics.load(place)

    assert result.asset == RUBRICS
    assert result.rubric_versions == ("numeracy/1", "numeracy/2")
    assert result.input_hashes == {
        version.label: version.content_hash for version in catalogue.versions
    }
    assert result.counts == {"versions": 2, "problems": 0, "blocked_assessments": 0}


def test_the_content_of_each_version_is_kept_under_its_content_hash(bench: Bench) -> None:
    with bench.workplace() as place:
        catalogue, _ = rubrics.load(place)

    (version,) = catalogue.versions
    name = version.content_hash.removeprefix("sha256:")
    path = bench.home.artifacts.folder / f"{name}.jsonl"
    assert path.read_bytes() == version.document


def test_a_version_is_published_when_it_first_scores_and_once(bench: Bench) -> None:
    bench.write_rubric("2", RUBRIC.replace('"1"', '"2"') + "valid_from: 2030-01-01T00:00:00Z\n")
    bench.run()
    bench.run()

    assert bench.published() == ["numeracy/1"]
    with bench.workplace() as place:
        catalogue, _ = rubrics.load(place)
    assert published(bench) == {("numeracy", "1"): catalogue.versions[0].content_hash}


def test_a_version_is_published_in_the_transaction_of_the_first_score_run(bench: Bench) -> None:
    bench.run()

    kinds = [entry.event_type for entry in bench.entries()]
    assert kinds.index("RUBRIC_PUBLISHED") == kinds.index("SCORING_RUN_CREATED") - 1


def test_a_version_that_has_not_scored_may_be_changed(bench: Bench) -> None:
    path = bench.write_rubric("1", RUBRIC.replace("correct: B", "correct: C"))
    with bench.workplace() as place:
        before, _ = rubrics.load(place)
    path.write_text(RUBRIC, encoding="utf-8")
    with bench.workplace() as place:
        after, result = rubrics.load(place)

    assert result.notes == ()
    assert before.versions[0].content_hash != after.versions[0].content_hash


@pytest.mark.parametrize("change", ["title: New words\n", "default_item: {rule: void}\n"])
def test_a_published_version_that_was_changed_is_refused_with_its_remedy(
    bench: Bench, change: str
) -> None:
    bench.run()
    bench.write_rubric("1", RUBRIC + change)

    with bench.workplace() as place:
        catalogue, result = rubrics.load(place)

    assert catalogue.blocked == {"numeracy"}
    assert len(result.notes) == 1
    assert "rubrics/numeracy/1.yaml" in result.notes[0]
    assert "has scored and was changed since" in result.notes[0]
    assert 'replaces: "1"' in result.notes[0]


def test_a_published_version_whose_layout_alone_changed_is_the_same(bench: Bench) -> None:
    bench.run()
    bench.write_rubric("1", "# a remark\n" + RUBRIC.replace("points: 2", "points:   2"))

    with bench.workplace() as place:
        assert rubrics.load(place)[1].notes == ()


def test_a_published_version_that_is_gone_is_named(bench: Bench) -> None:
    bench.run()
    (bench.home.rubrics / "numeracy" / "1.yaml").unlink()

    with bench.workplace() as place:
        _, result = rubrics.load(place)

    assert "numeracy/1.yaml" in result.notes[0]
    assert "bring the file back" in result.notes[0]


def test_a_bad_file_blocks_its_own_assessment_only(bench: Bench) -> None:
    bench.write_rubric("1", "assessment_id: [", assessment_id="literacy")

    catalogue = load_catalogue(bench.home, {})

    assert catalogue.blocked == {"literacy"}
    assert [version.label for version in catalogue.versions] == ["numeracy/1"]


def test_a_home_without_rubrics_has_none(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")
    (bench.home.rubrics / "numeracy" / "1.yaml").unlink()
    (bench.home.rubrics / "numeracy").rmdir()
    bench.home.rubrics.rmdir()

    assert load_catalogue(bench.home, {}).versions == ()


def test_what_is_no_yaml_file_of_an_assessment_is_not_read(bench: Bench) -> None:
    (bench.home.rubrics / "README.md").write_text("words", encoding="utf-8")
    (bench.home.rubrics / "numeracy" / "notes.txt").write_text("words", encoding="utf-8")

    assert load_catalogue(bench.home, {}).problems == ()


def test_the_order_of_files_does_not_change_the_hash_of_all(bench: Bench, tmp_path: Path) -> None:
    other = Bench(tmp_path / "other")
    text = RUBRIC.replace("numeracy", "algebra")
    bench.write_rubric("1", text, assessment_id="algebra")
    other.write_rubric("1", text, assessment_id="algebra")

    hashes = set()
    for each in (bench, other):
        with each.workplace() as place:
            hashes.add(rubrics.load(place)[1].content_hash)
    assert len(hashes) == 1
