"""Steps: done once, done again when something is missing, and the same bytes whatever happened."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from assessment_pipeline.core.ledger_events import CsvExported
from assessment_pipeline.errors import IntegrityError, NothingThereError
from assessment_pipeline.services import rubrics
from assessment_pipeline.services.capture import capture
from assessment_pipeline.services.export import export
from assessment_pipeline.services.extract import extract
from assessment_pipeline.services.indexes import (
    EXPORTS,
    FEATURES,
    PARTITIONED_ASSETS,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    ScorecardsIndex,
    ScoreRunsIndex,
    SnapshotsIndex,
)
from assessment_pipeline.services.report import report
from assessment_pipeline.services.score import score
from assessment_pipeline.services.steps import VERSIONS, StepResult, Workplace, input_key, utc_now
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.builders import DAY, Bench, answers, skipped, worked


def score_by_all_rubrics(place: Workplace, day: str) -> StepResult:
    catalogue, _ = rubrics.load(place)
    return score(place, day, catalogue)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "home")
    bench.deliver(answers("s1"), answers("s2", "A"), b"no JSON")
    return bench


def test_a_first_run_changes_every_asset(bench: Bench) -> None:
    results = bench.run()

    assert list(worked(results)) == list(PARTITIONED_ASSETS)
    assert all(results[asset].is_changed for asset in PARTITIONED_ASSETS)


def test_a_second_run_skips_every_asset_and_reports_the_same(bench: Bench) -> None:
    first, second = bench.run(), bench.run()

    assert list(skipped(second)) == list(PARTITIONED_ASSETS)
    for asset in PARTITIONED_ASSETS:
        assert not second[asset].is_changed
        assert second[asset].content_hash == first[asset].content_hash
        assert second[asset].counts == first[asset].counts
        assert second[asset].input_hashes == first[asset].input_hashes


def test_a_second_run_changes_no_byte_and_appends_nothing(bench: Bench) -> None:
    bench.run()
    content, entries = bench.content(), bench.entries()

    bench.run()

    assert bench.content() == content
    assert bench.entries() == entries


def test_a_second_run_touches_no_file(bench: Bench) -> None:
    bench.run()
    files = [path for path in bench.home.folder.rglob("*") if path.is_file()]
    made = [path for path in files if "audit" not in path.parts]
    before = [path.stat().st_mtime_ns for path in made]

    bench.run()

    assert [path.stat().st_mtime_ns for path in made] == before


@pytest.mark.parametrize("asset", PARTITIONED_ASSETS)
def test_killed_before_the_pointer_was_set_the_next_run_gives_the_same(
    bench: Bench, asset: str
) -> None:
    bench.run()
    content, entries = bench.content(), bench.entries()
    (bench.home.current / asset / f"{DAY}.json").unlink()

    results = bench.run()

    assert asset in worked(results)
    assert bench.content() == content
    assert bench.entries() == entries


def test_killed_before_any_pointer_was_set_the_next_run_gives_the_same(bench: Bench) -> None:
    bench.run()
    content, entries = bench.content(), bench.entries()
    for asset in PARTITIONED_ASSETS:
        (bench.home.current / asset / f"{DAY}.json").unlink()

    bench.run()

    assert bench.content() == content
    assert bench.entries() == entries


def test_every_artifact_that_is_lost_is_made_again(bench: Bench) -> None:
    bench.run()
    content, entries = bench.content(), bench.entries()
    artifacts = sorted(bench.home.artifacts.folder.iterdir())
    assert len(artifacts) > 10

    for path in artifacts:
        path.unlink()
        bench.run()
        assert bench.content() == content, path.name

    assert bench.entries() == entries


def test_every_artifact_that_is_altered_is_put_right(bench: Bench) -> None:
    bench.run()
    content, entries = bench.content(), bench.entries()
    altered = [path for path in bench.home.artifacts.folder.iterdir() if path.stat().st_size]

    for path in altered:
        bench.flip_byte(path)
        bench.run()
        assert bench.content() == content, path.name

    assert bench.entries() == entries


@pytest.mark.parametrize(
    "name", ["scorecards.csv", "subscores.csv", "evidence.csv", "manifest.json"]
)
def test_an_export_that_was_altered_or_is_gone_is_written_again(bench: Bench, name: str) -> None:
    bench.run()
    content, entries = bench.content(), bench.entries()
    path = bench.home.export_folder(DAY) / name

    for damage in (path.unlink, lambda: bench.flip_byte(path)):
        damage()
        assert worked(bench.run()) == [EXPORTS]
        assert bench.content() == content

    assert bench.entries() == entries


def test_a_ledger_that_was_begun_anew_is_filled_again(bench: Bench) -> None:
    bench.run()
    content, entries = bench.content(), bench.entries()
    for path in bench.home.ledger.parent.iterdir():
        path.unlink()

    results = bench.run()

    assert list(worked(results)) == [SNAPSHOTS, SCORE_RUNS, SCORECARDS, EXPORTS]
    assert bench.content() == content
    assert [entry.dedup_key for entry in bench.entries()] == [entry.dedup_key for entry in entries]


def _captured(bench: Bench) -> list[ArtifactRef]:
    index = bench.index(SNAPSHOTS, SnapshotsIndex)
    return [index.sessions, index.files[0].lines]


def _scored(bench: Bench) -> list[ArtifactRef]:
    return [bench.index(SCORE_RUNS, ScoreRunsIndex).chunks[0].records]


def _reported(bench: Bench) -> list[ArtifactRef]:
    chunk = bench.index(SCORECARDS, ScorecardsIndex).chunks[0]
    return [chunk.scorecards, chunk.evaluations]


@pytest.mark.parametrize(
    ("asset", "step", "inputs"),
    [
        (FEATURES, extract, _captured),
        (SCORE_RUNS, score_by_all_rubrics, _captured),
        (SCORECARDS, report, _scored),
        (EXPORTS, export, _reported),
    ],
)
def test_a_step_that_is_run_alone_does_not_read_what_was_altered(
    bench: Bench,
    asset: str,
    step: Callable[[Workplace, str], StepResult],
    inputs: Callable[[Bench], list[ArtifactRef]],
) -> None:
    bench.run()
    (bench.home.current / asset / f"{DAY}.json").unlink()

    for ref in inputs(bench):
        content = bench.home.artifacts.read(ref)
        bench.flip_byte(ref)
        with (
            bench.workplace() as place,
            pytest.raises(IntegrityError, match="missing or altered; run `score` on its day"),
        ):
            step(place, DAY)
        bench.home.artifacts.path(ref).write_bytes(content)


def test_no_step_scores_by_altered_sessions(bench: Bench) -> None:
    bench.deliver(answers("s3", "A"), name="b")
    with bench.workplace() as place:
        capture(place, DAY)
        extract(place, DAY)
        for path in bench.home.artifacts.folder.iterdir():
            content = path.read_bytes()
            if b'"value":"A"' in content:
                path.write_bytes(content.replace(b'"value":"A"', b'"value":"B"'))
        catalogue, _ = rubrics.load(place)

        with pytest.raises(IntegrityError, match="missing or altered; run `score` on its day"):
            score(place, DAY, catalogue)


@pytest.mark.parametrize(
    ("step", "needs"),
    [
        (extract, "response_snapshots"),
        (score_by_all_rubrics, "response_snapshots"),
        (report, "score_runs"),
        (export, "scorecards"),
    ],
)
def test_a_step_whose_input_was_never_made_says_which(
    bench: Bench, step: Callable[[Workplace, str], StepResult], needs: str
) -> None:
    with (
        bench.workplace() as place,
        pytest.raises(NothingThereError, match=f"materialize {needs} first"),
    ):
        step(place, DAY)


def test_an_empty_day_gives_no_rows_and_files_with_headers(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")

    results = bench.run()

    assert results[SNAPSHOTS].counts["lines_read"] == 0
    assert results[SCORE_RUNS].counts["sessions"] == 0
    for name in ("scorecards", "subscores", "evidence"):
        assert bench.table(name) == []
        content = (bench.home.export_folder(DAY) / f"{name}.csv").read_bytes()
        assert content.startswith(b"delivery_date,")
        assert content.count(b"\n") == 1
    assert list(skipped(bench.run())) == list(PARTITIONED_ASSETS)


def test_another_delivery_file_changes_the_day(bench: Bench) -> None:
    before = bench.run()
    bench.deliver(answers("s9"), name="b")

    after = bench.run()

    for asset in PARTITIONED_ASSETS:
        assert after[asset].is_changed
        assert after[asset].content_hash != before[asset].content_hash
    assert [row["session_id"] for row in bench.table("scorecards")] == ["s1", "s2", "s9"]


def test_a_duplicate_alone_changes_what_was_read_and_no_content(bench: Bench) -> None:
    before = bench.run()
    bench.deliver(answers("s1"), name="b")

    after = bench.run()

    assert after[SNAPSHOTS].counts["duplicates"] == 1
    assert not any(after[asset].is_changed for asset in PARTITIONED_ASSETS)
    assert after[EXPORTS].content_hash == before[EXPORTS].content_hash


def test_two_days_do_not_touch_each_other(bench: Bench) -> None:
    bench.run()
    content = bench.content()
    bench.deliver(answers("s1", "C"), day="2025-11-21")

    bench.run("2025-11-21")

    assert {name: bench.content()[name] for name in content} == content


def test_the_clock_of_the_services_is_utc() -> None:
    assert utc_now().tzinfo is UTC


def test_every_version_belongs_to_the_input_key() -> None:
    assert sorted(VERSIONS) == [
        "engine_version",
        "export_version",
        "feature_version",
        "reader_version",
    ]
    assert input_key(SCORE_RUNS, {"a": 1}) != input_key(SCORE_RUNS, {"a": 2})
    assert input_key(SCORE_RUNS, {"a": 1}) != input_key(SCORECARDS, {"a": 1})


def test_pointers_name_the_versions_that_made_their_artifact(bench: Bench) -> None:
    bench.run()

    for asset in PARTITIONED_ASSETS:
        pointer = bench.home.pointer(asset, DAY)
        assert pointer is not None
        assert pointer.versions == VERSIONS


def test_the_run_and_its_time_stand_in_the_ledger_alone(bench: Bench) -> None:
    with bench.workplace("run-of-the-night") as place:
        capture(place, DAY)
    bench.run()

    assert b"run-of-the-night" in bench.entries()[1].body
    assert b"2025-11-23T12:00:00.000000Z" in bench.entries()[1].body
    for content in bench.content().values():
        assert b"run-of-the-night" not in content
        assert b"2025-11-23" not in content


def test_the_ledger_holds_no_session_candidate_or_response(bench: Bench) -> None:
    secret = answers("s-canary-1", "canary-2", candidate_id="c-canary-3")
    bench.deliver(secret, b"canary-4", name="b")
    bench.run()

    assert b"canary" not in b"".join(entry.body for entry in bench.entries())
    assert not any("canary" in entry.subject + entry.dedup_key for entry in bench.entries())


def test_results_are_recorded_before_they_are_current(bench: Bench) -> None:
    bench.run()
    with Ledger.read(bench.home.ledger) as ledger:
        exported = [payload.content_hash for payload in ledger.payloads(CsvExported)]
    pointer = bench.home.pointer(EXPORTS, DAY)
    assert pointer is not None
    assert exported == [pointer.content_hash]


def test_all_that_is_written_is_readable_by_its_owner_alone(bench: Bench) -> None:
    bench.run()

    for path in bench.home.folder.rglob("*"):
        if path.is_relative_to(bench.home.deliveries) or path.is_relative_to(bench.home.rubrics):
            continue  # what the test itself has put there
        assert path.stat().st_mode & 0o077 == 0, path
