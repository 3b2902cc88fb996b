"""Verifying one session: every hop from the raw line to the CSV row is shown, and held."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.services.exported_rows import rows_starting_with
from assessment_pipeline.services.indexes import (
    SCORE_RUNS,
    SNAPSHOTS,
    ScoreRunsIndex,
    SnapshotsIndex,
)
from assessment_pipeline.services.session_proof import Hop, SessionProof
from assessment_pipeline.services.steps import VERSIONS
from assessment_pipeline.services.verification import VerificationOutcome
from assessment_pipeline.services.verify_session import verify_session
from assessment_pipeline.storage.files import hash_file
from assessment_pipeline_tests.builders import DAY, RUBRIC, Bench, answers, files_below

ROOT = Path(__file__).parents[2]
RIGHT, DIFFERENCE, INCOMPLETE = VerificationOutcome
HOPS = (
    "delivery",
    "response_snapshot",
    "features",
    "rubric",
    "score_run",
    "items",
    "total",
    "result",
    "scorecards.csv",
    "subscores.csv",
    "evidence.csv",
    "manifest.json",
    "ledger_entry",
    "ledger_context",
)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "home")
    bench.write_rubric("1", RUBRIC + "dimensions: {cps: {items: [q01]}}\n")
    bench.deliver(answers("s1"), answers("s2", "A"), b"no JSON", name="a")
    bench.deliver(answers("s3", 'x,\n"y"'), answers("s1"), name="b")
    bench.run()
    return bench


def hops_of(found: SessionProof) -> dict[str, Hop]:
    (score,) = found.scores
    return {hop.name: hop for hop in score.hops}


def wrong_hops(found: SessionProof) -> set[str]:
    assert found.outcome is DIFFERENCE
    return {name for name, hop in hops_of(found).items() if not hop.is_right}


def replace_in(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert content.count(old) >= 1
    path.write_bytes(content.replace(old, new, 1))


def tamper(bench: Bench, statement: str, *values: object) -> None:
    with sqlite3.connect(bench.home.ledger, isolation_level=None) as connection:
        for name in ("update", "delete"):
            connection.execute(f"DROP TRIGGER ledger_entry_no_{name}")
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


@pytest.mark.parametrize("session_id", ["s1", "s2", "s3"])
def test_what_was_scored_is_proved_hop_by_hop(bench: Bench, session_id: str) -> None:
    found = verify_session(bench.home, session_id)

    assert (found.outcome, found.differences, found.gaps) == (RIGHT, [], [])
    assert tuple(hops_of(found)) == HOPS


def test_the_raw_line_is_where_the_proof_says(bench: Bench) -> None:
    facts = hops_of(verify_session(bench.home, "s2"))["delivery"].facts

    content = (bench.home.folder / str(facts["file"])).read_bytes()
    offset = facts["byte_offset"]
    assert isinstance(offset, int)
    line = content[offset:].split(b"\n")[0]
    assert facts["line"] == 2
    assert facts["raw_sha256"] == hash_bytes(line)
    assert b'"s2"' in line


def test_the_rows_are_where_the_proof_says(bench: Bench) -> None:
    facts = hops_of(verify_session(bench.home, "s3"))["evidence.csv"].facts

    assert facts["lines"] == ("6", "8")  # the response to the first item goes over two lines
    lines = (bench.home.export_folder(DAY) / "evidence.csv").read_bytes().splitlines(keepends=True)
    assert facts["rows_sha256"] == hash_bytes(b"".join(lines[5:8]))


def test_the_items_say_why(bench: Bench) -> None:
    (score,) = verify_session(bench.home, "s2").scores

    first, second = score.items
    assert (first.item_id, first.raw_score, bytes(first.response)) == ("q01", "0", b'"A"')
    assert "not the correct answer" in first.explanation
    assert (second.rule, second.raw_score) == ("numeric", "2")
    total = hops_of(verify_session(bench.home, "s2"))["total"].facts
    assert (total["sum_of_items"], total["raw_score"], total["max_score"]) == ("2", "2", "3")


def test_the_entry_of_the_score_run_is_named(bench: Bench) -> None:
    facts = hops_of(verify_session(bench.home, "s1"))["ledger_entry"].facts

    entry = bench.entries()[int(str(facts["seq"])) - 1]
    assert entry.event_type == "SCORING_RUN_CREATED"
    assert facts["entry_hash"] == f"sha256:{entry.entry_hash.hex()}"
    assert facts["run_id"] == "run-1"


def test_every_attempt_and_day_is_shown_and_one_can_be_chosen(bench: Bench) -> None:
    bench.deliver(answers("s1", "C", attempt=2), day="2025-11-21")
    bench.run("2025-11-21")

    found = verify_session(bench.home, "s1")
    assert [(each.delivery_date, each.attempt) for each in found.scores] == [
        (DAY, 1),
        ("2025-11-21", 2),
    ]
    assert found.outcome is RIGHT
    assert [each.attempt for each in verify_session(bench.home, "s1", 2).scores] == [2]
    (one,) = verify_session(bench.home, "s1", partition=DAY).scores
    assert one.delivery_date == DAY


def test_a_session_delivered_again_says_what_became_of_each_delivery(bench: Bench) -> None:
    first = hops_of(verify_session(bench.home, "s2"))["response_snapshot"].facts
    bench.deliver(
        answers("s2", "B", supersedes=first["response_snapshot_id"]), answers("s1", "D"), name="c"
    )
    bench.run()

    again, refused = verify_session(bench.home, "s2"), verify_session(bench.home, "s1")

    assert (again.outcome, refused.outcome) == (RIGHT, RIGHT)
    facts = hops_of(again)["delivery"].facts
    assert facts["file"] == f"deliveries/{DAY}/c.jsonl"
    assert facts["other_deliveries"] == (f"superseded: deliveries/{DAY}/a.jsonl, line 2",)
    history = hops_of(again)["ledger_entry"].facts["entries_about_this_session"]
    assert isinstance(history, tuple)
    assert [each.split()[1] for each in history] == [
        "SCORING_RUN_CREATED",
        "SCORING_RUN_CREATED",
        "SESSION_RESCORED",
    ]
    others = hops_of(refused)["delivery"].facts["other_deliveries"]
    assert others == (
        f"duplicate: deliveries/{DAY}/b.jsonl, line 2",
        f"quarantined as conflicting_resubmission: deliveries/{DAY}/c.jsonl, line 2",
    )


def test_no_such_session_is_incomplete(bench: Bench) -> None:
    for found in (
        verify_session(bench.home, "nobody"),
        verify_session(bench.home, "s1", 7),
        verify_session(bench.home, "s1", partition="2025-11-30"),
    ):
        assert (found.outcome, found.scores) == (INCOMPLETE, [])
        assert "is captured" in found.gaps[-1]


def test_a_session_in_progress_is_not_scored(bench: Bench) -> None:
    started = answers("s9", status="in_progress")
    del started["submitted_at"]
    bench.deliver(started, name="c")
    bench.run()

    found = verify_session(bench.home, "s9")

    assert found.outcome is INCOMPLETE
    (score,) = found.scores
    assert "in_progress" in str(score.not_scored)
    assert all(hop.is_right for hop in score.hops)


@pytest.mark.parametrize("name", ["scorecards.csv", "evidence.csv", "subscores.csv"])
def test_an_altered_row_is_named_for_its_session_alone(bench: Bench, name: str) -> None:
    path = bench.home.export_folder(DAY) / name
    replace_in(path, b",s2,1,c", b",s2,1,d")

    assert wrong_hops(verify_session(bench.home, "s2")) == {name, "manifest.json"}
    assert wrong_hops(verify_session(bench.home, "s1")) == {"manifest.json"}


def test_a_row_too_many_is_named(bench: Bench) -> None:
    path = bench.home.export_folder(DAY) / "scorecards.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[2]]))

    assert "scorecards.csv" in wrong_hops(verify_session(bench.home, "s2"))


def test_an_export_that_is_gone_is_named(bench: Bench) -> None:
    (bench.home.export_folder(DAY) / "evidence.csv").unlink()
    (bench.home.export_folder(DAY) / "manifest.json").unlink()

    found = verify_session(bench.home, "s2")
    assert wrong_hops(found) == {"evidence.csv", "manifest.json"}


def test_an_altered_delivery_line_is_named_from_its_hash_to_its_rows(bench: Bench) -> None:
    replace_in(bench.home.delivery_folder(DAY) / "a.jsonl", b'"A"', b'"B"')

    wrong = wrong_hops(verify_session(bench.home, "s2"))

    assert wrong >= {"delivery", "response_snapshot", "score_run", "items", "total", "result"}
    assert wrong >= {"scorecards.csv", "evidence.csv", "ledger_entry", "ledger_context"}
    assert "response_snapshot" not in wrong_hops(verify_session(bench.home, "s1"))


def test_a_delivery_line_that_is_gone_is_named(bench: Bench) -> None:
    bench.deliver(answers("s1"), name="a")

    assert wrong_hops(verify_session(bench.home, "s2")) == {"delivery"}


def test_a_delivery_file_that_is_gone_is_named(bench: Bench) -> None:
    (bench.home.delivery_folder(DAY) / "a.jsonl").unlink()

    assert "delivery" in wrong_hops(verify_session(bench.home, "s2"))


def test_an_altered_ledger_payload_is_named(bench: Bench) -> None:
    seq = hops_of(verify_session(bench.home, "s2"))["ledger_entry"].facts["seq"]
    body = bench.entries()[int(str(seq)) - 1].body
    forged = body.replace(b'"output_hash":"sha256:', b'"output_hash":"sha256:00')[: len(body)]
    tamper(bench, "UPDATE ledger_entry SET body = ? WHERE seq = ?", forged, seq)

    found = verify_session(bench.home, "s2")
    assert wrong_hops(found) == {"ledger_entry"}
    assert any(f"entry {seq}" in each for each in hops_of(found)["ledger_entry"].differences)
    assert verify_session(bench.home, "s1").outcome is RIGHT


def test_an_altered_entry_hash_is_named(bench: Bench) -> None:
    seq = hops_of(verify_session(bench.home, "s2"))["ledger_entry"].facts["seq"]
    tamper(bench, "UPDATE ledger_entry SET entry_hash = ? WHERE seq = ?", bytes(32), seq)

    assert wrong_hops(verify_session(bench.home, "s2")) == {"ledger_entry"}


def test_an_entry_that_is_gone_is_named(bench: Bench) -> None:
    seq = hops_of(verify_session(bench.home, "s2"))["ledger_entry"].facts["seq"]
    tamper(bench, "DELETE FROM ledger_entry WHERE seq = ?", seq)

    (difference,) = hops_of(verify_session(bench.home, "s2"))["ledger_entry"].differences
    assert "is not recorded" in difference


def test_a_home_without_a_ledger_proves_nothing(bench: Bench) -> None:
    for path in bench.home.ledger.parent.iterdir():
        path.unlink()

    found = verify_session(bench.home, "s2")

    assert found.outcome is INCOMPLETE
    assert "no ledger" in found.gaps[0]


def test_a_changed_rubric_is_the_one_difference(bench: Bench) -> None:
    bench.write_rubric("1", RUBRIC.replace("correct: B", "correct: A"))

    found = verify_session(bench.home, "s2")

    assert wrong_hops(found) == {"rubric"}
    assert "rubrics/numeracy/1.yaml" in hops_of(found)["rubric"].differences[0]


def test_a_rubric_that_is_gone_is_named(bench: Bench) -> None:
    (bench.home.rubrics / "numeracy" / "1.yaml").unlink()

    assert wrong_hops(verify_session(bench.home, "s2")) == {"rubric"}


def test_every_altered_artifact_that_is_read_is_named(bench: Bench) -> None:
    (chunk,) = bench.index(SCORE_RUNS, ScoreRunsIndex).chunks
    file = bench.index(SNAPSHOTS, SnapshotsIndex).files[0]
    for ref in (chunk.evaluations, chunk.records, chunk.results, file.records):
        path = bench.home.artifacts.path(ref)
        before = path.read_bytes()
        for position in (0, 20, len(before) // 2, -2, -1):
            bench.flip_byte(ref, position)
            found = verify_session(bench.home, "s2")
            assert found.outcome is DIFFERENCE
            assert any(path.name in each for each in found.differences)
            path.write_bytes(before)


def test_an_artifact_that_is_no_text_any_more_is_named(bench: Bench) -> None:
    (chunk,) = bench.index(SCORE_RUNS, ScoreRunsIndex).chunks
    snapshots = bench.index(SNAPSHOTS, SnapshotsIndex)
    for ref in (chunk.evaluations, chunk.records, snapshots.sessions, snapshots.files[0].records):
        path = bench.home.artifacts.path(ref)
        before = path.read_bytes()
        path.write_bytes(before.replace(b"s", b"\xff").replace(b"q", b"\xff"))

        found = verify_session(bench.home, "s2")

        assert any(path.name in each for each in found.differences)
        path.write_bytes(before)


def test_a_pointer_that_is_no_text_any_more_is_named(bench: Bench) -> None:
    replace_in(bench.home.current / SCORE_RUNS / f"{DAY}.json", b"asset", b"\xffsset")

    (difference,) = verify_session(bench.home, "s2").differences
    assert f"{DAY}.json is not as it was written" in difference


def test_a_session_scored_by_other_versions_is_left_to_their_release(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "assessment_pipeline.services.verify_session.VERSIONS",
        dict.fromkeys(VERSIONS, "0"),
    )

    found = verify_session(bench.home, "s2")

    assert found.outcome is INCOMPLETE
    assert "release" in str(found.scores[0].not_scored)


def test_nothing_is_written_into_the_home(bench: Bench) -> None:
    before = files_below(bench.home.folder)

    verify_session(bench.home, "s1")

    assert files_below(bench.home.folder) == before


def test_a_response_never_passes_for_a_row(tmp_path: Path) -> None:
    path = tmp_path / "evidence.csv"
    path.write_bytes(b'h\nd,a,s1,1,"\nd,a,s2,1,x\n"\nd,a,s2,1,y\n')

    found = rows_starting_with(path, b"d,a,s2,1,")

    assert (found.lines, found.content) == ((5,), b"d,a,s2,1,y\n")
    assert found.stored == hash_file(path)


@pytest.mark.slow
def test_it_needs_no_dagster() -> None:
    program = (
        "import sys, assessment_pipeline.services.verify_session, "
        "assessment_pipeline.cli.verify_session; print('dagster' in sys.modules)"
    )

    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert found.stdout == "False\n"
