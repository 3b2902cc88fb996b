"""Verify: everything that is not as it was written is named, and nothing is written."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from assessment_pipeline.core.hashing import Json, canonical_json, content_hash
from assessment_pipeline.services.indexes import (
    EXPORTS,
    FEATURES,
    PARTITIONED_ASSETS,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    FeaturesIndex,
    ScorecardsIndex,
    ScoreRunsIndex,
    SnapshotsIndex,
)
from assessment_pipeline.services.verification import Verification, VerificationOutcome
from assessment_pipeline.services.verify import verify
from assessment_pipeline.storage.artifacts import ArtifactRef, artifact_name
from assessment_pipeline.storage.files import StoredBytes
from assessment_pipeline.storage.home import Home
from assessment_pipeline.storage.intact_files import INTACT_FILES
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.builders import DAY, RUBRIC, Bench, answers, files_below

ROOT = Path(__file__).parents[2]
RIGHT, DIFFERENCE, INCOMPLETE = VerificationOutcome


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "home")
    bench.write_rubric("1", RUBRIC + "dimensions: {cps: {items: [q01]}}\n")
    bench.deliver(answers("s1"), answers("s2", "A"), answers("s1", "C"), b"no JSON", name="a")
    bench.deliver(answers("s3", None, status="timed_out"), answers("s1"), name="b")
    bench.run()
    return bench


def differences(bench: Bench) -> str:
    found = bench.verify()
    assert found.outcome is DIFFERENCE
    return "\n".join(found.differences)


def tamper(bench: Bench, statement: str, *values: object) -> None:
    """Change the ledger as somebody would who has the file."""
    with sqlite3.connect(bench.home.ledger, isolation_level=None) as connection:
        for name in ("update", "delete"):
            connection.execute(f"DROP TRIGGER ledger_entry_no_{name}")
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


def test_what_was_scored_verifies(bench: Bench) -> None:
    found = bench.verify()

    assert (found.outcome, found.differences, found.gaps) == (RIGHT, [], [])
    (day,) = found.days
    assert (day.files, day.lines, day.sessions, day.score_runs) == (2, 6, 3, 3)
    assert day.csv_rows == 3 + 3 + 6
    assert day.is_complete
    assert found.ledger_entries == len(bench.entries())


def test_a_time_of_thousands_of_digits_stops_neither_scoring_nor_verifying(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")
    bench.write_rubric(
        "1",
        RUBRIC + "  q03: {rule: feature_linear, points: 1, intercept: 1, "
        "terms: [{feature: time_limit_share, coefficient: -1}]}\n"
        "policy: {late: {mode: percent_per_unit, percent: 10, unit: hours, of: score}}\n",
    )
    long = f"2026-11-20T09:00:00.{'1' * 4_400}Z"
    times = {"started_at": long, "due_at": "2026-11-20T09:30:00Z", "submitted_at": long}
    delivered = answers("s1", **times)
    delivered["responses"].append({"item_id": "q03", "value": "x", "duration_ms": 60_000})
    bench.deliver(delivered, answers("s2"))
    bench.run()

    assert bench.verify().outcome is RIGHT
    rows = {row["session_id"]: row for row in bench.table("scorecards")}
    assert (rows["s1"]["status"], rows["s2"]["status"]) == ("blocked", "complete")


def test_without_an_anchor_that_is_said(bench: Bench) -> None:
    (remark,) = bench.verify().remarks

    assert "not checked against an anchor" in remark
    assert "`--anchor FILE`" in remark


def test_with_an_anchor_the_ledger_is_held_against_it(bench: Bench) -> None:
    with Ledger.read(bench.home.ledger) as ledger:
        anchor = ledger.head().anchor()

    assert verify(bench.home, anchor=anchor).outcome is RIGHT
    assert verify(bench.home, anchor=anchor).remarks == [
        f"The ledger continues from the anchor of {anchor.size} entries."
    ]
    tamper(bench, "DELETE FROM ledger_entry WHERE seq = ?", anchor.size)
    assert any("anchor" in each for each in verify(bench.home, anchor=anchor).differences)
    assert verify(bench.home, anchor=anchor).remarks == []


def test_one_day_can_be_verified_alone(bench: Bench) -> None:
    bench.deliver(answers("s9"), day="2025-11-21")

    assert bench.verify(DAY).outcome is RIGHT
    assert bench.verify("2025-11-21").outcome is INCOMPLETE


def test_several_days_are_verified_together(bench: Bench) -> None:
    bench.deliver(answers("s1"), day="2025-11-21")
    bench.run("2025-11-21")

    found = bench.verify()

    assert [day.partition for day in found.days] == [DAY, "2025-11-21"]
    assert found.outcome is RIGHT


def test_an_empty_day_verifies(bench: Bench) -> None:
    bench.run("2025-11-22")

    assert bench.verify().outcome is RIGHT


def test_a_rescored_day_verifies(bench: Bench) -> None:
    correction = RUBRIC.replace('"1"', '"2"').replace("correct: B", "correct: A")
    bench.write_rubric("2", correction + 'replaces: "1"\nreason: wrong key\n')
    bench.run()

    assert bench.verify().outcome is RIGHT


def test_a_day_with_a_blocked_assessment_verifies_as_what_it_is(bench: Bench) -> None:
    bench.deliver(answers("s1", assessment_id="none"), name="c")
    bench.run()

    assert bench.verify().outcome is RIGHT


@pytest.mark.parametrize(
    "name", ["scorecards.csv", "subscores.csv", "evidence.csv", "manifest.json"]
)
def test_one_altered_byte_of_an_export_is_named_by_its_file(bench: Bench, name: str) -> None:
    bench.flip_byte(bench.home.export_folder(DAY) / name)

    assert f"exports/{DAY}/{name}" in differences(bench)


@pytest.mark.parametrize(
    "name", ["scorecards.csv", "subscores.csv", "evidence.csv", "manifest.json"]
)
def test_an_export_that_is_gone_is_named(bench: Bench, name: str) -> None:
    (bench.home.export_folder(DAY) / name).unlink()

    assert f"exports/{DAY}/{name} is missing" in differences(bench)


def kinds(bench: Bench) -> dict[str, ArtifactRef]:
    """Return one artifact of each kind that a day has."""
    snapshots = bench.index(SNAPSHOTS, SnapshotsIndex)
    (runs,) = bench.index(SCORE_RUNS, ScoreRunsIndex).chunks
    (cards,) = bench.index(SCORECARDS, ScorecardsIndex).chunks
    features = bench.index(FEATURES, FeaturesIndex).chunks[0]
    found = {
        "captured lines": snapshots.files[0].lines,
        "captured records": snapshots.files[0].records,
        "rejected lines": snapshots.files[0].rejected,
        "sessions": snapshots.sessions,
        "features": features.features,
        "feature rows": features.rows,
        "score run records": runs.records,
        "results": runs.results,
        "evaluations": runs.evaluations,
        "scorecards": cards.scorecards,
    }
    for asset in PARTITIONED_ASSETS:
        pointer = bench.home.pointer(asset, DAY)
        assert pointer is not None
        found[f"index of {asset}"] = pointer.artifact
    return found


KINDS = (
    "captured lines",
    "captured records",
    "rejected lines",
    "sessions",
    "features",
    "feature rows",
    "score run records",
    "results",
    "evaluations",
    "scorecards",
    *(f"index of {asset}" for asset in PARTITIONED_ASSETS),
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("position", [0, 20, -2, -1])
def test_one_altered_byte_of_any_artifact_is_named_by_its_file(
    bench: Bench, kind: str, position: int
) -> None:
    path = bench.flip_byte(kinds(bench)[kind], position)

    assert path.name in differences(bench)


@pytest.mark.parametrize("kind", KINDS)
def test_any_artifact_that_is_gone_is_named(bench: Bench, kind: str) -> None:
    path = bench.home.artifacts.path(kinds(bench)[kind])
    path.unlink()

    assert path.name in differences(bench)


def test_no_kind_of_artifact_is_left_out(bench: Bench) -> None:
    named = {bench.home.artifacts.path(ref).name for ref in kinds(bench).values()}
    others = {path.name for path in bench.home.artifacts.folder.iterdir()} - named

    # The second delivery file's artifacts and the rubric's document.
    assert len(others) <= 6


def test_an_altered_artifact_that_no_day_needs_any_more_is_named(bench: Bench) -> None:
    earlier = bench.index(SCORE_RUNS, ScoreRunsIndex).chunks[0].records
    bench.deliver(answers("s7"), name="c")
    bench.run()
    assert bench.index(SCORE_RUNS, ScoreRunsIndex).chunks[0].records != earlier
    assert bench.verify().outcome is RIGHT

    path = bench.flip_byte(earlier)

    assert f"artifacts/{path.name} is altered" in differences(bench)


def test_a_rubric_document_that_is_gone_is_named(bench: Bench) -> None:
    (content_hash,) = bench.index(SCORE_RUNS, ScoreRunsIndex).rubrics
    name = artifact_name(content_hash)
    (bench.home.artifacts.folder / name).unlink()

    assert f"artifacts/{name} (a rubric of {DAY})" in differences(bench)
    bench.run()
    assert bench.verify().outcome is RIGHT


def test_a_forged_artifact_with_a_matching_name_is_found_by_deriving_it(bench: Bench) -> None:
    # Somebody who can write everything but the ledger: a new score, rightly named everywhere.
    (chunk,) = bench.index(SCORECARDS, ScorecardsIndex).chunks
    store = bench.home.artifacts
    content = store.read(chunk.scorecards).replace(b'"raw_score":"2"', b'"raw_score":"3"')
    forged = store.put(content)
    assert forged != chunk.scorecards
    bench.point_to(
        SCORECARDS,
        replace(
            bench.index(SCORECARDS, ScorecardsIndex), chunks=[replace(chunk, scorecards=forged)]
        ),
    )

    assert f"scorecards {DAY}" in differences(bench)


@pytest.mark.parametrize("name", ["a.jsonl", "b.jsonl"])
def test_one_altered_delivery_file_is_named(bench: Bench, name: str) -> None:
    path = bench.home.delivery_folder(DAY) / name
    path.write_bytes(path.read_bytes().replace(b'"c-9f2"', b'"c-9f3"', 1))

    assert f"deliveries/{DAY}/{name}" in differences(bench)


def test_an_altered_answer_is_named_by_file_and_by_session(bench: Bench) -> None:
    path = bench.home.delivery_folder(DAY) / "a.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"A"', b'"B"'))

    found = differences(bench)

    assert f"deliveries/{DAY}/a.jsonl" in found
    assert "session s2" in found


def test_a_blank_changed_in_a_delivery_file_is_named_although_no_hash_of_a_session_changes(
    bench: Bench,
) -> None:
    path = bench.home.delivery_folder(DAY) / "b.jsonl"
    path.write_bytes(path.read_bytes().replace(b": ", b":  ", 1))

    assert f"deliveries/{DAY}/b.jsonl" in differences(bench)


def test_a_delivery_file_that_is_gone_is_named(bench: Bench) -> None:
    (bench.home.delivery_folder(DAY) / "b.jsonl").unlink()

    assert f"deliveries/{DAY}/b.jsonl was captured and has vanished" in differences(bench)


def test_a_delivery_file_that_is_not_scored_yet_is_a_gap(bench: Bench) -> None:
    bench.deliver(answers("s7"), name="c")

    found = bench.verify()

    assert (found.outcome, found.differences) == (INCOMPLETE, [])
    assert "c.jsonl" in found.gaps[0]


def test_an_altered_quarantine_file_is_named(bench: Bench) -> None:
    (path,) = (bench.home.quarantine / DAY).iterdir()
    for position in (0, 20, -2):
        content = path.read_bytes()
        bench.flip_byte(path, position)
        assert f"quarantine/{DAY}/{path.name}" in differences(bench)
        path.write_bytes(content)


def test_a_quarantine_file_that_is_gone_is_named(bench: Bench) -> None:
    (path,) = (bench.home.quarantine / DAY).iterdir()
    path.unlink()

    assert f"quarantine/{DAY}/{path.name} is missing" in differences(bench)


@pytest.mark.parametrize(
    "event_type",
    [
        "DELIVERY_CAPTURED",
        "RESPONSE_SNAPSHOTS_CAPTURED",
        "RUBRIC_PUBLISHED",
        "SCORING_RUN_CREATED",
        "SCORECARDS_GENERATED",
        "CSV_EXPORTED",
    ],
)
def test_a_deleted_entry_is_named(bench: Bench, event_type: str) -> None:
    (seq, *_) = (entry.seq for entry in bench.entries() if entry.event_type == event_type)
    tamper(bench, "DELETE FROM ledger_entry WHERE seq = ?", seq)

    found = differences(bench)

    assert "Ledger: " in found
    # All but the last entry leave a gap in the chain; the last is missed by the day's own side.
    assert f"entry {seq + 1}: follows entry {seq - 1}" in found or event_type in found


@pytest.mark.parametrize(
    ("event_type", "field"),
    [
        ("DELIVERY_CAPTURED", "sha256"),
        ("RESPONSE_SNAPSHOTS_CAPTURED", "content_hash"),
        ("RUBRIC_PUBLISHED", "structure_hash"),
        ("SCORING_RUN_CREATED", "output_hash"),
        ("SCORECARDS_GENERATED", "content_hash"),
        ("CSV_EXPORTED", "content_hash"),
    ],
)
def test_a_changed_payload_is_named_by_its_entry(bench: Bench, event_type: str, field: str) -> None:
    (entry, *_) = (entry for entry in bench.entries() if entry.event_type == event_type)
    value = json.loads(entry.body)["payload"][field]
    body = entry.body.replace(value.encode(), ("sha256:" + "0" * 64).encode())
    assert body != entry.body
    tamper(bench, "UPDATE ledger_entry SET body = ? WHERE seq = ?", body, entry.seq)

    found = differences(bench)

    assert "Ledger: " in found
    assert str(entry.seq) in found


def test_a_ledger_of_another_home_is_not_believed(bench: Bench, tmp_path: Path) -> None:
    other = Bench(tmp_path / "other")
    other.deliver(answers("x1"))
    other.run()
    for path in bench.home.ledger.parent.iterdir():
        path.unlink()
    shutil.copy(other.home.ledger, bench.home.ledger)

    assert "SCORING_RUN_CREATED" in differences(bench)


def test_a_file_that_is_no_ledger_is_a_difference_or_a_gap_and_no_crash(bench: Bench) -> None:
    for path in bench.home.ledger.parent.iterdir():
        path.unlink()
    bench.home.ledger.write_bytes(b"x" * 9000)

    assert bench.verify().outcome is not RIGHT


def test_without_a_ledger_the_verification_is_incomplete_and_the_rest_is_checked(
    bench: Bench,
) -> None:
    for path in bench.home.ledger.parent.iterdir():
        path.unlink()

    found = bench.verify()

    assert (found.outcome, found.differences) == (INCOMPLETE, [])
    assert "no ledger" in found.gaps[0]
    assert found.days[0].is_complete
    bench.flip_byte(bench.home.export_folder(DAY) / "evidence.csv")
    assert "evidence.csv" in differences(bench)


def test_a_database_that_does_not_answer_is_a_ledger_out_of_reach(bench: Bench) -> None:
    found = verify(bench.home, ledger_url="postgresql://scoring:secret@127.0.0.1:1/scoring")

    assert (found.outcome, found.differences) == (INCOMPLETE, [])
    assert "ASSESSMENT_PIPELINE_DATABASE_URL" in found.gaps[0]
    assert found.days[0].is_complete


@pytest.mark.parametrize("asset", PARTITIONED_ASSETS)
def test_a_missing_pointer_is_incomplete(bench: Bench, asset: str) -> None:
    (bench.home.current / asset / f"{DAY}.json").unlink()

    found = bench.verify()

    assert found.outcome is INCOMPLETE
    assert DAY in found.gaps[0]


@pytest.mark.parametrize("asset", PARTITIONED_ASSETS)
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xff", b"[]"])
def test_a_pointer_that_cannot_be_read_is_named(bench: Bench, asset: str, content: bytes) -> None:
    (bench.home.current / asset / f"{DAY}.json").write_bytes(content)

    assert f"{asset}/{DAY}.json" in differences(bench)


def forge_pointer(path: Path, **fields: Json) -> None:
    """Change what a pointer says, and its hash with it, as somebody would who knows how."""
    pointer: dict[str, Json] = json.loads(path.read_bytes())
    del pointer["pointer_hash"]
    pointer.update(fields)
    written = {**pointer, "pointer_hash": content_hash(pointer)}
    path.write_bytes(canonical_json(written) + b"\n")


@pytest.mark.parametrize("asset", PARTITIONED_ASSETS)
@pytest.mark.parametrize("field", ["content_hash", "asset", "partition"])
def test_a_pointer_that_says_other_than_its_index_is_named(
    bench: Bench, asset: str, field: str
) -> None:
    forge_pointer(bench.home.current / asset / f"{DAY}.json", **{field: "sha256:" + "0" * 64})

    assert f"{asset}/{DAY}.json" in differences(bench)


def test_a_pointer_without_versions_is_no_reason_to_stop(bench: Bench) -> None:
    path = bench.home.current / EXPORTS / f"{DAY}.json"
    right = json.loads(path.read_bytes())["versions"]
    wrong: list[Json] = [{}, {"engine_version": "\n"}, {**right, "export_version": "é"}]
    for versions in wrong:
        forge_pointer(path, versions=versions)
        assert bench.verify().outcome is not RIGHT


def test_a_pointer_to_an_earlier_state_is_named(bench: Bench) -> None:
    before = {
        path: path.read_bytes() for path in bench.home.current.rglob("*.json") if path.is_file()
    }
    bench.deliver(answers("s7"), name="c")
    bench.run()
    path = bench.home.current / SCORE_RUNS / f"{DAY}.json"
    path.write_bytes(before[path])

    assert "score_runs" in differences(bench)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_text(RUBRIC + "title: other\n", encoding="utf-8"),
        lambda path: path.write_text("items: [", encoding="utf-8"),
        lambda path: path.unlink(),
    ],
)
def test_a_rubric_that_is_not_there_as_it_scored_is_named(
    bench: Bench, damage: Callable[[Path], None]
) -> None:
    damage(bench.home.rubrics / "numeracy" / "1.yaml")

    assert "rubrics/numeracy/1.yaml has scored" in differences(bench)


def test_a_bad_rubric_of_an_assessment_that_was_not_scored_is_no_difference(bench: Bench) -> None:
    bench.write_rubric("1", "items: [", assessment_id="literacy")

    assert bench.verify().differences == []


OTHER_VERSIONS = """\
import sys
from pathlib import Path

import assessment_pipeline.core.versions as versions

setattr(versions, sys.argv[1], "0")

from assessment_pipeline_tests.builders import Bench, RUBRIC, answers

bench = Bench(Path(sys.argv[2]))
bench.deliver(answers("s1"), answers("s2", "A"), b"no JSON")
bench.run()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["READER_VERSION", "FEATURE_VERSION", "ENGINE_VERSION", "EXPORT_VERSION"]
)
def test_a_day_made_by_other_versions_is_checked_as_far_as_hashes_go(
    tmp_path: Path, name: str
) -> None:
    home = tmp_path / "home"
    subprocess.run([sys.executable, "-c", OTHER_VERSIONS, name, str(home)], cwd=ROOT, check=True)
    bench = Bench(home)

    found = bench.verify()

    assert (found.outcome, found.differences) == (INCOMPLETE, [])
    assert f"{name.lower()} 0" in found.gaps[0]
    assert "release" in found.gaps[0]
    bench.flip_byte(bench.home.export_folder(DAY) / "evidence.csv")
    assert "evidence.csv" in differences(bench)


@pytest.mark.slow
def test_a_day_made_by_another_engine_is_scored_anew_when_it_is_run_and_that_is_recorded(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    subprocess.run(
        [sys.executable, "-c", OTHER_VERSIONS, "ENGINE_VERSION", str(home)], cwd=ROOT, check=True
    )
    bench = Bench(home)

    bench.run()

    assert [entry.event_type for entry in bench.entries()].count("SESSION_RESCORED") == 2
    assert bench.verify().outcome is RIGHT


def test_a_home_in_which_nothing_is_scored_is_incomplete(tmp_path: Path) -> None:
    found = verify(Home(tmp_path / "nothing"))

    assert found.outcome is INCOMPLETE
    assert found.differences == []


def test_verifying_writes_nothing_into_the_home(bench: Bench) -> None:
    def state() -> list[tuple[str, int, int, int]]:
        return [
            (str(path), path.stat().st_mtime_ns, path.stat().st_size, path.stat().st_mode)
            for path in sorted(bench.home.folder.rglob("*"))
        ]

    before, content = state(), files_below(bench.home.folder)

    bench.verify()

    assert state() == before
    assert files_below(bench.home.folder) == content


def test_a_read_only_copy_of_a_home_verifies(bench: Bench, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bench.home.folder, copy)
    paths = [copy, *copy.rglob("*")]
    for path in paths:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        assert verify(Home(copy)).outcome is RIGHT
        assert sorted(path for path in [copy, *copy.rglob("*")]) == sorted(paths)
    finally:
        for path in paths:
            if path.is_dir():
                path.chmod(0o700)


def test_verifying_leaves_nothing_in_the_temporary_folder(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    bench.verify()

    assert list(folder.iterdir()) == []


def test_no_difference_repeats_a_response(bench: Bench) -> None:
    canary = answers("s5", "canary-answer", candidate_id="c-canary")
    bench.deliver(canary, b"canary line", name="c")
    bench.run()
    for ref in kinds(bench).values():
        bench.flip_byte(ref, 30)
    for path in (
        *bench.home.export_folder(DAY).iterdir(),
        *(bench.home.quarantine / DAY).iterdir(),
    ):
        bench.flip_byte(path, 30)

    found = bench.verify()

    assert "canary" not in "\n".join([*found.differences, *found.gaps, *found.remarks])


def test_every_difference_is_one_line(bench: Bench) -> None:
    for path in bench.home.artifacts.folder.iterdir():
        if path.stat().st_size > 50:
            bench.flip_byte(path, 40)

    for each in bench.verify().differences:
        assert each.strip()
        assert "\n" not in each


def test_a_difference_outweighs_a_gap() -> None:
    found = Verification()
    assert found.outcome is RIGHT
    found.gaps.append("a day is not scored")
    assert found.outcome is INCOMPLETE
    found.differ(["a byte is not what it was"])
    assert found.outcome is DIFFERENCE


def test_a_home_is_verified_whatever_the_working_folder(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert verify(Home(Path(os.path.relpath(bench.home.folder, tmp_path)))).outcome is RIGHT


def test_every_byte_is_read_anew_whatever_this_process_remembers(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after scoring in one process: what a disk forgets, no file system tells."""

    def remembered(path: Path) -> StoredBytes:
        raise AssertionError(f"{path} was not read anew")

    monkeypatch.setattr(INTACT_FILES, "hash", remembered)
    assert bench.verify().differences == []
    bench.home.artifacts.path(bench.index(SCORE_RUNS, ScoreRunsIndex).chunks[0].records).unlink()
    assert "is missing" in differences(bench)


def test_chunks_cut_by_a_later_release_are_a_gap_and_no_difference(bench: Bench) -> None:
    index = bench.index(SCORE_RUNS, ScoreRunsIndex)
    bench.point_to(SCORE_RUNS, replace(index, cut=3))
    found = bench.verify()
    assert found.differences == []
    assert "was made by chunk cut 3" in " ".join(found.gaps)
