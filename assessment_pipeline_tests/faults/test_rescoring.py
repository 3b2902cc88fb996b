"""A re-score that dies anywhere leaves a day of two minds, and `verify` says so, no more."""

import errno
import sqlite3
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from assessment_pipeline.errors import AssessmentPipelineError
from assessment_pipeline.services.indexes import (
    FEATURES,
    PARTITIONED_ASSETS,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    ScorecardsIndex,
    ScoreRunsIndex,
    SnapshotsIndex,
)
from assessment_pipeline.services.verification import Verification
from assessment_pipeline_tests.builders import DAY, RUBRIC, Bench, answers
from assessment_pipeline_tests.faults.days import IS_FULL_SIZE, outcome_of, small_day
from assessment_pipeline_tests.faults.disk import Disk, Fault

NOT_ENDED = "a run has not come to its end: run `score --date"


def with_a_new_file(bench: Bench) -> None:
    bench.deliver(answers("s-9"), b"[]", name="c")


def with_a_correction(bench: Bench) -> None:
    other = RUBRIC.replace('"1"', '"2"').replace("correct: B", "correct: C")
    bench.write_rubric("2", other + 'replaces: "1"\nreason: wrong key\n')


def with_a_changed_file(bench: Bench) -> None:
    bench.deliver(answers("s-1", "A"), answers("s-2", "C"), answers("s-8"))


CHANGES = [with_a_new_file, with_a_correction, with_a_changed_file]


def scored_and_changed(folder: Path, change: Callable[[Bench], None]) -> Bench:
    bench = small_day(folder)
    bench.run()
    change(bench)
    return bench


def run_again(bench: Bench) -> None:
    bench.run(accept_changed=True)


def pointed_to(bench: Bench) -> dict[str, bytes]:
    """Return the bytes of the day's pointers."""
    return {
        asset: (bench.home.current / asset / f"{DAY}.json").read_bytes()
        for asset in PARTITIONED_ASSETS
    }


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_scoring_again_that_dies_anywhere_is_incomplete_and_no_difference(
    tmp_path: Path, change: Callable[[Bench], None]
) -> None:
    undisturbed = scored_and_changed(tmp_path / "undisturbed", change)
    captured = pointed_to(undisturbed)[SNAPSHOTS]
    with Disk(undisturbed.home.folder).watched() as disk:
        run_again(undisturbed)
    expected = outcome_of(undisturbed)
    said: Counter[str] = Counter()
    for at in range(1, len(disk.operations) + 1, 1 if IS_FULL_SIZE else 11):
        bench = scored_and_changed(tmp_path / f"{at}", change)
        with Disk(bench.home.folder, Fault(at, errno.EIO)).watched():
            try:
                run_again(bench)
            except AssessmentPipelineError:
                said["error"] += 1
        found = bench.verify()
        is_captured = pointed_to(bench)[SNAPSHOTS] != captured
        if change is with_a_changed_file and not is_captured:
            # Nobody has accepted it yet.
            assert any("a.jsonl is " in text for text in found.differences), at
        else:
            assert found.differences == [], f"operation {at}"
            said[str(found.outcome)] += 1
            said[NOT_ENDED] += any(NOT_ENDED in gap for gap in found.gaps)
        run_again(bench)
        assert outcome_of(bench) == expected, f"operation {at}"
        assert bench.verify().outcome == "right", f"operation {at}"
    assert said["error"] > 5
    assert said[NOT_ENDED] > 0


def stopped_after(
    folder: Path, asset: str, change: Callable[[Bench], None] = with_a_new_file
) -> Bench:
    """Return a day whose second run died when a step had replaced its pointer."""
    bench = scored_and_changed(folder, change)
    old = pointed_to(bench)
    exports = {path: path.read_bytes() for path in bench.home.export_folder(DAY).iterdir()}
    run_again(bench)
    for later in PARTITIONED_ASSETS[PARTITIONED_ASSETS.index(asset) + 1 :]:
        (bench.home.current / later / f"{DAY}.json").write_bytes(old[later])
    for path, content in exports.items():
        path.write_bytes(content)
    return bench


def assert_not_ended(found: Verification) -> None:
    assert found.differences == []
    assert found.outcome == "incomplete"
    assert any(f"{DAY}: {NOT_ENDED} {DAY}` again" in gap for gap in found.gaps)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("asset", PARTITIONED_ASSETS[:-1])
def test_a_run_that_died_after_any_step_is_said_to_be_not_at_its_end(
    tmp_path: Path, asset: str, change: Callable[[Bench], None]
) -> None:
    if change is with_a_correction and asset in {SNAPSHOTS, FEATURES}:
        pytest.skip("another rubric changes neither")
    bench = stopped_after(tmp_path, asset, change)

    assert_not_ended(bench.verify())
    run_again(bench)
    assert bench.verify().outcome == "right"


def test_runs_that_died_one_after_the_other_leave_more_than_two_states(tmp_path: Path) -> None:
    bench = stopped_after(tmp_path, SCORE_RUNS)
    old = pointed_to(bench)
    bench.deliver(answers("s-10"), name="d")
    exports = {path: path.read_bytes() for path in bench.home.export_folder(DAY).iterdir()}
    run_again(bench)
    for asset in PARTITIONED_ASSETS[1:]:
        (bench.home.current / asset / f"{DAY}.json").write_bytes(old[asset])
    for path, content in exports.items():
        path.write_bytes(content)

    assert_not_ended(bench.verify())


def test_files_that_are_in_place_before_their_pointer_are_those_of_the_run(tmp_path: Path) -> None:
    bench = stopped_after(tmp_path, SCORECARDS)
    undisturbed = scored_and_changed(tmp_path / "undisturbed", with_a_new_file)
    run_again(undisturbed)
    for name in ("scorecards.csv", "evidence.csv", "subscores.csv", "manifest.json"):
        content = (undisturbed.home.export_folder(DAY) / name).read_bytes()
        (bench.home.export_folder(DAY) / name).write_bytes(content)
        assert_not_ended(bench.verify())


# --- What an interrupted run does not excuse ---


def flip_export(bench: Bench) -> None:
    bench.flip_byte(bench.home.export_folder(DAY) / "scorecards.csv")


def flip_manifest(bench: Bench) -> None:
    bench.flip_byte(bench.home.export_folder(DAY) / "manifest.json")


def flip_artifact(bench: Bench, asset: str) -> None:
    pointer = bench.home.pointer(asset, DAY)
    assert pointer is not None
    bench.flip_byte(pointer.artifact)


def forge_scorecards(bench: Bench, *, other_key: bool) -> None:
    """Give somebody a point, rightly named everywhere, and perhaps as of nothing that is known."""
    index = bench.index(SCORECARDS, ScorecardsIndex)
    content = bench.home.artifacts.read(index.chunks[0].scorecards)
    forged = content.replace(b'"raw_score":"2"', b'"raw_score":"3"')
    assert forged != content
    chunk = replace(index.chunks[0], scorecards=bench.home.artifacts.put(forged))
    if other_key:
        chunk = replace(chunk, key="sha256:" + "0" * 64)
    bench.point_to(SCORECARDS, replace(index, chunks=[chunk, *index.chunks[1:]]))


def forge_score_runs(bench: Bench) -> None:
    index = bench.index(SCORE_RUNS, ScoreRunsIndex)
    content = bench.home.artifacts.read(index.chunks[0].records)
    forged = content.replace(b'"raw_score":"2"', b'"raw_score":"3"')
    assert forged != content
    chunk = replace(index.chunks[0], records=bench.home.artifacts.put(forged))
    bench.point_to(SCORE_RUNS, replace(index, chunks=[chunk, *index.chunks[1:]]))


def forge_snapshots(bench: Bench) -> None:
    """Say that an answer was another one, and that this is how it was captured."""
    index = bench.index(SNAPSHOTS, SnapshotsIndex)
    file = index.files[0]
    content = bench.home.artifacts.read(file.lines)
    forged = content.replace(b'"value":"C"', b'"value":"B"')
    assert forged != content
    changed = replace(file, lines=bench.home.artifacts.put(forged))
    bench.point_to(SNAPSHOTS, replace(index, files=[changed, *index.files[1:]]))


def delete_entry(bench: Bench, event_type: str) -> None:
    connection = sqlite3.connect(bench.home.ledger, isolation_level=None)
    connection.execute("DROP TRIGGER ledger_entry_no_delete")
    seq = next(entry.seq for entry in bench.entries() if entry.event_type == event_type)
    assert connection.execute("DELETE FROM ledger_entry WHERE seq = ?", (seq,)).rowcount == 1
    connection.close()


TAMPERING: dict[str, Callable[[Bench], None]] = {
    "export": flip_export,
    "manifest": flip_manifest,
    **{f"index of {asset}": partial(flip_artifact, asset=asset) for asset in PARTITIONED_ASSETS},
    "forged scorecards": partial(forge_scorecards, other_key=False),
    "forged scorecards of nothing": partial(forge_scorecards, other_key=True),
    "forged score runs": forge_score_runs,
    "forged snapshots": forge_snapshots,
    "export not recorded": partial(delete_entry, event_type="CSV_EXPORTED"),
    "score run not recorded": partial(delete_entry, event_type="SCORING_RUN_CREATED"),
}


@pytest.mark.parametrize("stopped", [SNAPSHOTS, FEATURES, SCORE_RUNS, SCORECARDS])
@pytest.mark.parametrize("what", TAMPERING)
def test_what_was_tampered_with_in_an_interrupted_day_stays_a_difference(
    tmp_path: Path, stopped: str, what: str
) -> None:
    bench = stopped_after(tmp_path, stopped)
    assert_not_ended(bench.verify())

    TAMPERING[what](bench)

    assert bench.verify().outcome == "difference"


@pytest.mark.parametrize("asset", PARTITIONED_ASSETS)
def test_another_input_key_excuses_nothing(tmp_path: Path, asset: str) -> None:
    """It is not believed: a whole day stays right, a forged one a difference."""
    bench = small_day(tmp_path)
    bench.run()
    pointer = bench.home.pointer(asset, DAY)
    assert pointer is not None
    bench.home.point(replace(pointer, input_key="sha256:" + "0" * 64))
    assert bench.verify().gaps == []

    forge_scorecards(bench, other_key=False)

    assert bench.verify().outcome == "difference"


@pytest.mark.parametrize("other_key", [False, True])
def test_a_forged_step_of_a_whole_day_is_not_taken_for_an_earlier_one(
    tmp_path: Path, *, other_key: bool
) -> None:
    bench = small_day(tmp_path)
    bench.run()

    forge_scorecards(bench, other_key=other_key)

    assert bench.verify().outcome == "difference"


# Not the first one: that is what a run leaves which died after a file was withdrawn.
@pytest.mark.parametrize("asset", [FEATURES, SCORE_RUNS, SCORECARDS])
def test_a_pointer_put_back_under_later_ones_is_no_interrupted_run(
    tmp_path: Path, asset: str
) -> None:
    bench = scored_and_changed(tmp_path, with_a_new_file)
    old = pointed_to(bench)
    run_again(bench)
    (bench.home.current / asset / f"{DAY}.json").write_bytes(old[asset])

    assert bench.verify().outcome == "difference"


def test_the_earlier_state_has_to_be_there_still(tmp_path: Path) -> None:
    bench = stopped_after(tmp_path, SCORE_RUNS)
    current = bench.home.pointer(SCORE_RUNS, DAY)
    assert current is not None
    name = bench.home.artifacts.path(current.artifact).name
    for path in bench.home.artifacts.folder.iterdir():
        if path.read_bytes().startswith(b'{"assessments_without') and path.name != name:
            path.unlink()

    assert bench.verify().outcome == "difference"
    bench.run()
    assert bench.verify().outcome == "right"
