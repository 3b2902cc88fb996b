"""Checks: each passes on a day as it was scored, and fails when its thing is broken."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from assessment_pipeline.core.exports import EVIDENCE, MANIFEST
from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.core.scorecards import Scorecard
from assessment_pipeline.services.anchors import renew_anchor
from assessment_pipeline.services.checks import (
    exports,
    ledgers,
    rubric_files,
    score_runs,
    scorecards,
    snapshots,
)
from assessment_pipeline.services.checks.findings import Finding
from assessment_pipeline.services.indexes import (
    EXPORTS,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    ExportsIndex,
    ScorecardsIndex,
    ScoreRunsIndex,
    SnapshotsIndex,
    current_index,
    encode_row,
    read_rows,
)
from assessment_pipeline.services.steps import Workplace
from assessment_pipeline.storage.intact_files import INTACT_FILES
from assessment_pipeline_tests.deliveries import response, session
from assessment_pipeline_tests.installations import DAY, RUBRIC, Installation, answers

ALL_CHECKS: list[Callable[[Workplace, str], Finding]] = [
    snapshots.nothing_lost,
    snapshots.hashes_rederive,
    snapshots.all_file_names_read,
    snapshots.no_conflicts_across_days,
    score_runs.hashes_rederive,
    score_runs.scores_within_bounds,
    score_runs.maxima_agree,
    score_runs.results_unchanged,
    scorecards.evidence_complete,
    scorecards.no_sessions_blocked,
    exports.export_matches_scorecards,
    ledgers.ledger_verifies,
    rubric_files.no_rubric_problems,
]


@pytest.fixture(params=["never looked at", "looked at before"])
def scored(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    """Return an installation with a scored day: three sessions, a duplicate, and a bad line.

    What was found right before must not hide what is broken since, nor that hashes are remembered,
    as if all files had been written some time ago.
    """
    monkeypatch.setattr(INTACT_FILES, "_epoch_ns", lambda: time.time_ns() + 5_000_000_000)
    installation = Installation(tmp_path / "home")
    first = answers("s1")
    installation.deliver(first, answers("s2", "A"), answers("s3"), first, b"no JSON")
    installation.score()
    if request.param == "looked at before":
        for check in ALL_CHECKS:
            assert look(installation, check).passed
    return installation


def look(installation: Installation, check: Callable[..., Finding], *more: object) -> Finding:
    with installation.workplace() as place:
        return check(place, DAY, *more)


def snapshots_index(installation: Installation) -> SnapshotsIndex:
    index = current_index(installation.home, SNAPSHOTS, DAY, SnapshotsIndex)
    assert index is not None
    return index


def runs_index(installation: Installation) -> ScoreRunsIndex:
    index = current_index(installation.home, SCORE_RUNS, DAY, ScoreRunsIndex)
    assert index is not None
    return index


def change_first_record(installation: Installation, **fields: object) -> None:
    """Let the first score run of the day say something else."""
    index = runs_index(installation)
    store = installation.home.artifacts
    chunk = index.chunks[0]
    records = list(read_rows(store, chunk.records, ScoreRunRecord))
    records[0] = msgspec.structs.replace(records[0], **fields)
    changed = msgspec.structs.replace(chunk, records=store.put(b"".join(map(encode_row, records))))
    installation.point_to(
        SCORE_RUNS, msgspec.structs.replace(index, chunks=[changed, *index.chunks[1:]])
    )


@pytest.mark.parametrize(
    "check", ALL_CHECKS, ids=lambda check: f"{check.__module__[-9:]}.{check.__name__}"
)
def test_every_check_passes_on_a_day_as_it_was_scored(
    scored: Installation, check: Callable[[Workplace, str], Finding]
) -> None:
    finding = look(scored, check)
    assert finding.passed, finding.description
    assert finding.description


def test_a_day_without_deliveries_passes_every_check(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.score()
    assert [check for check in ALL_CHECKS if not look(installation, check).passed] == []


def test_a_line_that_is_not_accounted_for_is_lost(scored: Installation) -> None:
    index = snapshots_index(scored)
    counts = msgspec.structs.replace(index.counts, accepted=index.counts.accepted - 1)
    scored.point_to(SNAPSHOTS, msgspec.structs.replace(index, counts=counts))
    finding = look(scored, snapshots.nothing_lost)
    assert not finding.passed
    assert "5 lines were read, 4 are accounted for" in finding.description


def test_a_file_with_more_lines_than_records_has_lost_some(scored: Installation) -> None:
    index = snapshots_index(scored)
    file = msgspec.structs.replace(index.files[0], lines_read=index.files[0].lines_read + 1)
    scored.point_to(SNAPSHOTS, msgspec.structs.replace(index, files=[file]))
    finding = look(scored, snapshots.nothing_lost)
    assert not finding.passed
    assert "a.jsonl" in finding.description


def test_an_emptied_quarantine_has_lost_its_records(scored: Installation) -> None:
    for path in (scored.home.quarantine / DAY).iterdir():
        path.unlink()
    finding = look(scored, snapshots.nothing_lost)
    assert not finding.passed
    assert "The quarantine holds 0 records instead of 1" in finding.description


def test_a_changed_session_line_is_named_by_its_file_and_line(scored: Installation) -> None:
    index = snapshots_index(scored)
    scored.overwrite(index.files[0].lines, b'"value":"A"', b'"value":"B"')
    # As if the file's hash had been adjusted too.
    path = scored.home.artifacts.path(index.files[0].lines)
    ref = scored.home.artifacts.put(path.read_bytes())
    file = msgspec.structs.replace(index.files[0], lines=ref)
    scored.point_to(SNAPSHOTS, msgspec.structs.replace(index, files=[file]))
    finding = look(scored, snapshots.hashes_rederive)
    assert not finding.passed
    assert "a.jsonl line 2 is not what its id" in finding.description


def test_a_changed_artifact_of_lines_is_seen(scored: Installation) -> None:
    scored.overwrite(snapshots_index(scored).files[0].lines, b"numeracy", b"numeracX")
    assert not look(scored, snapshots.hashes_rederive).passed


def test_a_day_whose_root_is_another_one_is_seen(scored: Installation) -> None:
    index = snapshots_index(scored)
    other = msgspec.structs.replace(index, content_hash=hash_bytes(b"other"))
    scored.point_to(SNAPSHOTS, other)
    assert not look(scored, snapshots.hashes_rederive).passed


def test_names_that_are_not_read_are_named(scored: Installation) -> None:
    (scored.home.delivery_folder(DAY) / "late.csv").write_text("x", encoding="utf-8")
    finding = look(scored, snapshots.all_file_names_read)
    assert not finding.passed
    assert "late.csv" in finding.description


def test_other_content_on_another_day_is_a_conflict(scored: Installation) -> None:
    scored.deliver(answers("s2", "B"), day="2025-11-21")
    scored.score("2025-11-21")
    finding = look(scored, snapshots.no_conflicts_across_days)
    assert not finding.passed
    assert finding.counts == {"conflicts": 1}
    assert "2025-11-21" in finding.description
    assert "s2" not in finding.description


def test_a_changed_result_is_named_by_its_score_run(scored: Installation) -> None:
    index = runs_index(scored)
    scored.overwrite(index.chunks[0].results, b'"raw_score":"2"', b'"raw_score":"9"')
    finding = look(scored, score_runs.hashes_rederive)
    assert not finding.passed
    assert "is not its output hash" in finding.description


def test_a_score_run_that_names_another_rubric_is_seen(scored: Installation) -> None:
    change_first_record(scored, rubrics=[hash_bytes(b"another rubric")])
    finding = look(scored, score_runs.hashes_rederive)
    assert "does not follow from its inputs" in finding.description


def test_a_missing_score_run_is_seen(scored: Installation) -> None:
    index = runs_index(scored)
    scored.point_to(SCORE_RUNS, msgspec.structs.replace(index, chunks=[]))
    assert not look(scored, score_runs.hashes_rederive).passed


@pytest.mark.parametrize(
    ("total", "bound"), [("4", "above its maximum"), ("-1", "below the floor")]
)
def test_a_total_out_of_bounds_is_named(scored: Installation, total: str, bound: str) -> None:
    change_first_record(scored, raw_score_exact=total)
    finding = look(scored, score_runs.scores_within_bounds)
    assert not finding.passed
    assert bound in finding.description


def test_a_total_of_thousands_of_digits_lies_within_its_bounds(tmp_path: Path) -> None:
    # Denominators without a common divisor: the sum is longer than a rubric may write.
    installation = Installation(tmp_path / "home")
    items = [
        f"  q{n}: {{rule: match_correct, correct: B, points: 1/{10**28 + 2 * n + 1}}}\n"
        for n in range(60)
    ]
    installation.write_rubric(
        "1", "assessment_id: numeracy\nversion: '1'\nitems:\n" + "".join(items)
    )
    installation.deliver(session(session_id="s1", responses=[response(f"q{n}") for n in range(60)]))
    installation.score()
    (record,) = read_rows(
        installation.home.artifacts, runs_index(installation).chunks[0].records, ScoreRunRecord
    )
    assert len(record.max_score or "") > 1_000
    assert look(installation, score_runs.scores_within_bounds).passed


def test_an_item_may_exceed_a_maximum_that_its_rubric_declares_lower(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.write_rubric(
        "1",
        "assessment_id: numeracy\nversion: '1'\nitems:\n"
        "  q01: {rule: map_response, entries: [{key: B, points: '3'}], points: '1'}\n"
        "  q02: {rule: numeric, answers: [{value: '3.14'}]}\n",
    )
    installation.deliver(answers("s1"))
    installation.score()
    assert look(installation, score_runs.scores_within_bounds).passed


def test_a_negative_total_is_right_where_the_rubric_has_no_floor(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.write_rubric(
        "1",
        "assessment_id: numeracy\nversion: '1'\npolicy: {floor: null}\nitems:\n"
        "  q01: {rule: map_response, entries: [{key: B, points: '-3'}], points: '1'}\n"
        "  q02: {rule: numeric, answers: [{value: '3.14'}]}\n",
    )
    installation.deliver(answers("s1"))
    installation.score()
    assert look(installation, score_runs.scores_within_bounds).passed


def test_maxima_that_differ_within_an_assessment_are_named(scored: Installation) -> None:
    change_first_record(scored, max_score="5")
    finding = look(scored, score_runs.maxima_agree)
    assert not finding.passed
    assert "numeracy: 3 (2), 5 (1)" in finding.description


def test_results_that_a_correction_replaced_in_this_run_are_counted(scored: Installation) -> None:
    corrected = RUBRIC.replace('version: "1"', 'version: "2"\nreplaces: "1"\nreason: wrong key')
    scored.write_rubric("2", corrected.replace("correct: B", "correct: A"))
    scored.score(run_id="run-2")
    with scored.workplace("run-2") as place:
        finding = score_runs.results_unchanged(place, DAY)
    assert not finding.passed
    assert finding.counts["rescored"] == 3
    with scored.workplace("run-3") as place:
        later = score_runs.results_unchanged(place, DAY)
    assert later.passed
    assert later.counts["rescored_before"] == 3


def test_a_dropped_evidence_link_is_seen(scored: Installation) -> None:
    break_evidence(scored, lambda links: links[:-1])
    assert not look(scored, scorecards.evidence_complete).passed


def test_evidence_out_of_order_is_seen(scored: Installation) -> None:
    break_evidence(scored, lambda links: links[::-1])
    assert not look(scored, scorecards.evidence_complete).passed


def test_evidence_that_does_not_exist_is_seen(scored: Installation) -> None:
    break_evidence(scored, lambda links: [(99, links[0][1]), *links[1:]])
    assert not look(scored, scorecards.evidence_complete).passed


def test_evidence_with_other_points_is_seen(scored: Installation) -> None:
    index = current_index(scored.home, SCORECARDS, DAY, ScorecardsIndex)
    assert index is not None
    scored.overwrite(index.chunks[0].evaluations, b'"raw_score":"1"', b'"raw_score":"0"')
    assert not look(scored, scorecards.evidence_complete).passed


def break_evidence(installation: Installation, change: Callable[..., object]) -> None:
    index = current_index(installation.home, SCORECARDS, DAY, ScorecardsIndex)
    assert index is not None
    store = installation.home.artifacts
    chunk = index.chunks[0]
    cards = list(read_rows(store, chunk.scorecards, Scorecard))
    cards[0] = msgspec.structs.replace(cards[0], evidence=change(cards[0].evidence))
    changed = msgspec.structs.replace(chunk, scorecards=store.put(b"".join(map(encode_row, cards))))
    installation.point_to(
        SCORECARDS, msgspec.structs.replace(index, chunks=[changed, *index.chunks[1:]])
    )


@pytest.mark.parametrize("name", ["scorecards.csv", "subscores.csv", EVIDENCE, MANIFEST])
def test_a_changed_or_missing_export_is_named(scored: Installation, name: str) -> None:
    path = scored.home.export_folder(DAY) / name
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
    finding = look(scored, exports.export_matches_scorecards)
    assert not finding.passed
    assert name in finding.description
    path.unlink()
    assert f"{name} is missing" in look(scored, exports.export_matches_scorecards).description


def test_a_row_count_that_is_not_that_of_the_scorecards_is_seen(scored: Installation) -> None:
    index = current_index(scored.home, EXPORTS, DAY, ExportsIndex)
    assert index is not None
    files = {
        name: msgspec.structs.replace(file, rows=file.rows + 1)
        for name, file in index.files.items()
    }
    scored.point_to(EXPORTS, msgspec.structs.replace(index, files=files))
    finding = look(scored, exports.export_matches_scorecards)
    assert "evidence.csv has 6 rows" in finding.description


def test_line_breaks_inside_of_responses_are_no_rows(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s1", 'one\ntwo "three"\n\n'), answers("s2", "\n"))
    installation.score()
    assert look(installation, exports.export_matches_scorecards).passed


def test_an_anchor_that_the_ledger_does_not_continue_from_is_seen(
    scored: Installation, tmp_path: Path
) -> None:
    anchor = tmp_path / "anchor.json"
    with scored.workplace() as place:
        renew_anchor(anchor, place.ledger)
    assert "continues from the anchor" in look(scored, ledgers.ledger_verifies, anchor).description
    anchor.write_text(anchor.read_text().replace('"size":', '"size":9'), encoding="utf-8")
    assert not look(scored, ledgers.ledger_verifies, anchor).passed


@pytest.mark.parametrize("kept", [slice(0, 0), slice(0, 1), slice(0, 3)], ids=["all", "2", "LF"])
@pytest.mark.parametrize("name", ["results", "records"])
def test_results_or_records_that_were_cut_are_seen(
    scored: Installation, name: str, kept: slice
) -> None:
    ref = getattr(runs_index(scored).chunks[0], name)
    path = scored.home.artifacts.path(ref)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[kept]).removesuffix(b"\n"))
    finding = look(scored, score_runs.hashes_rederive)
    assert not finding.passed
    assert f"{path.name} is missing or altered" in finding.description


def test_more_results_than_score_runs_are_seen(scored: Installation) -> None:
    index = runs_index(scored)
    store = scored.home.artifacts
    more = store.put(store.read(index.chunks[0].results) + b"{}\n")
    chunk = msgspec.structs.replace(index.chunks[0], results=more)
    scored.point_to(SCORE_RUNS, msgspec.structs.replace(index, chunks=[chunk]))
    finding = look(scored, score_runs.hashes_rederive)
    assert "more results than score runs" in finding.description


@pytest.mark.parametrize("change", [{"sessions": 99}, {"responses": 777}])
def test_counts_of_the_day_that_are_not_those_of_its_chunks_are_seen(
    scored: Installation, change: dict[str, int]
) -> None:
    scored.point_to(SCORE_RUNS, msgspec.structs.replace(runs_index(scored), **change))
    finding = look(scored, scorecards.evidence_complete)
    assert not finding.passed
    assert str(*change.values()) in finding.description


def test_rubrics_that_are_named_otherwise_are_looked_at_again(scored: Installation) -> None:
    index = runs_index(scored)
    look(scored, score_runs.scores_within_bounds)
    (kept,) = (scored.home.checked / "score_runs.scores_within_bounds").iterdir()
    before = kept.read_bytes()
    named = dict.fromkeys(index.rubrics, "other/1")
    scored.point_to(SCORE_RUNS, msgspec.structs.replace(index, rubrics=named))
    look(scored, score_runs.scores_within_bounds)
    assert kept.read_bytes() != before


def test_a_bad_rubric_file_is_named_with_the_assessment_it_blocks(scored: Installation) -> None:
    scored.write_rubric("1", "assessment_id: literacy\nversion: '1'\n", "literacy")
    finding = look(scored, rubric_files.no_rubric_problems)
    assert not finding.passed
    assert "rubrics/literacy/1.yaml" in finding.description
    assert "Not scored until then: literacy" in finding.description


def test_sessions_that_are_blocked_are_named_by_their_ids(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s1"), answers("s2", assessment_id="unknown"), answers("s3"))
    installation.score()
    with installation.workplace() as place:
        found = scorecards.no_sessions_blocked(place, DAY)
    assert not found.passed
    assert found.description.endswith("s2")
    assert "Of 3 sessions 1 have no total" in found.description
    assert found.counts == {"blocked": 1, "sessions": 3}


def test_where_all_sessions_are_blocked_there_are_no_others(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    installation.deliver(answers("s1", assessment_id="unknown"))
    installation.score()
    with installation.workplace() as place:
        found = scorecards.no_sessions_blocked(place, DAY)
    assert found.description.startswith("No session has a total. Look at")
    assert found.counts == {"blocked": 1, "sessions": 1}
