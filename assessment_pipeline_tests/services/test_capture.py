"""Capture: what counts, what is counted, and what stops a day."""

import gzip
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import zstandard

from assessment_pipeline.core.hashing import content_hash, partition_hash
from assessment_pipeline.core.ledger_events import DeliveryCaptured, ResponseSnapshotsCaptured
from assessment_pipeline.errors import DeliveryChangedError
from assessment_pipeline.services.capture import capture
from assessment_pipeline.services.indexes import SNAPSHOTS, SnapshotsIndex, current_index
from assessment_pipeline.services.steps import StepResult
from assessment_pipeline_tests.builders import DAY, Bench, answers
from assessment_pipeline_tests.deliveries import line_of


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


def captured(bench: Bench, *, accept_changed: bool = False) -> StepResult:
    with bench.workplace() as place:
        return capture(place, DAY, accept_changed=accept_changed)


def index_of(bench: Bench) -> SnapshotsIndex:
    index = current_index(bench.home, SNAPSHOTS, DAY, SnapshotsIndex)
    assert index is not None
    return index


def counts(result: StepResult) -> tuple[int, int, int, int]:
    names = ("lines_read", "accepted", "duplicates", "quarantined")
    read, accepted, duplicates, quarantined = (result.counts[name] for name in names)
    assert read == accepted + duplicates + quarantined
    return read, accepted, duplicates, quarantined


def test_a_day_s_hash_is_the_merkle_root_over_its_sessions(bench: Bench) -> None:
    sessions = [answers("s1"), answers("s2")]
    bench.deliver(*sessions)

    result = captured(bench)

    assert result.content_hash == partition_hash([(content_hash(each),) for each in sessions])
    assert counts(result) == (2, 2, 0, 0)


def test_the_input_hashes_are_those_of_the_delivery_files(bench: Bench) -> None:
    path = bench.deliver(answers("s1"))

    assert captured(bench).input_hashes == {
        "a.jsonl": f"sha256:{sha256(path.read_bytes()).hexdigest()}"
    }


def test_one_bad_line_never_stops_a_day(bench: Bench) -> None:
    bench.deliver(answers("s1"), b"no JSON", b"", answers("s2"))

    result = captured(bench)

    assert counts(result) == (4, 2, 0, 2)
    assert index_of(bench).reasons == {"empty_line": 1, "malformed_json": 1}


def test_equal_content_again_is_a_duplicate_and_nothing_else(bench: Bench) -> None:
    reordered: dict[str, Any] = dict(reversed(answers("s1").items()))
    bench.deliver(answers("s1"), answers("s1"), name="a")
    bench.deliver(reordered, name="b")

    result = captured(bench)

    assert counts(result) == (3, 1, 2, 0)
    assert result.counts["standing"] == 1


def test_other_content_without_a_reason_is_quarantined_and_the_first_stands(bench: Bench) -> None:
    bench.deliver(answers("s1", "B"), answers("s1", "C"))

    bench.run()

    assert index_of(bench).reasons == {"conflicting_resubmission": 1}
    assert [row["response"] for row in bench.table("evidence")] == ["B", "3.14"]


@pytest.mark.parametrize("correction_first", [False, True])
def test_a_correction_replaces_what_it_supersedes_whatever_the_order(
    bench: Bench, correction_first: bool
) -> None:
    first = answers("s1", "B")
    correction = answers("s1", "C", supersedes=content_hash(first))
    sessions = [correction, first] if correction_first else [first, correction]
    bench.deliver(sessions[0], name="a")
    bench.deliver(sessions[1], name="b")

    result = bench.run()[SNAPSHOTS]

    assert counts(result) == (2, 2, 0, 0)
    assert (result.counts["standing"], result.counts["replaced"]) == (1, 1)
    (row,) = bench.table("scorecards")
    assert row["response_snapshot_id"] == content_hash(correction)
    assert row["supersedes"] == content_hash(first)


def test_a_session_in_progress_is_kept_and_counted_and_has_no_row(bench: Bench) -> None:
    bench.deliver(answers("s1", status="in_progress", submitted_at=None), answers("s2"))

    result = bench.run()[SNAPSHOTS]

    assert (result.counts["in_progress"], result.counts["standing"]) == (1, 2)
    assert [row["session_id"] for row in bench.table("scorecards")] == ["s2"]


def test_what_follows_a_session_in_progress_replaces_it(bench: Bench) -> None:
    bench.deliver(answers("s1", status="in_progress", submitted_at=None), answers("s1"))

    result = bench.run()[SNAPSHOTS]

    assert (result.counts["replaced"], result.counts["in_progress"]) == (1, 0)
    assert len(bench.table("scorecards")) == 1


def test_a_voided_session_replaces_and_has_a_row_without_points(bench: Bench) -> None:
    bench.deliver(answers("s1"), answers("s1", status="voided"))

    bench.run()

    (row,) = bench.table("scorecards")
    assert row["status"] == "voided"
    assert [row[name] for name in ("raw_score", "raw_score_exact", "max_score", "percent")] == [
        ""
    ] * 4
    assert bench.table("evidence") == []


def test_another_attempt_is_another_session(bench: Bench) -> None:
    bench.deliver(answers("s1", attempt=10), answers("s1", attempt=9), answers("s1", "C"))

    bench.run()

    assert [row["attempt"] for row in bench.table("scorecards")] == ["1", "9", "10"]


def test_compressed_files_hold_the_same_sessions(bench: Bench, tmp_path: Path) -> None:
    lines = b"".join(line_of(answers(f"s{number}")) + b"\n" for number in range(9))
    folder = bench.home.delivery_folder(DAY)
    folder.mkdir(parents=True)
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(lines[:500]) + gzip.compress(lines[500:]))
    plain = Bench(tmp_path / "plain")
    plain.deliver(*(answers(f"s{number}") for number in range(9)))
    zstd = Bench(tmp_path / "zstd")
    zstd.home.delivery_folder(DAY).mkdir(parents=True)
    compressed = zstandard.ZstdCompressor().compress(lines)
    (zstd.home.delivery_folder(DAY) / "a.jsonl.zst").write_bytes(compressed)

    hashes = {captured(each).content_hash for each in (bench, plain, zstd)}

    assert len(hashes) == 1


def test_other_names_are_not_read(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    (bench.home.delivery_folder(DAY) / "notes.txt").write_bytes(b"{}")

    result = captured(bench)

    assert result.counts["files"] == 1
    assert list(result.input_hashes) == ["a.jsonl"]


def test_a_link_is_one_rejected_line_and_is_never_followed(bench: Bench, tmp_path: Path) -> None:
    bench.deliver(answers("s1"))
    outside = tmp_path / "outside.jsonl"
    outside.write_bytes(line_of(answers("s2")))
    (bench.home.delivery_folder(DAY) / "b.jsonl").symlink_to(outside)

    result = captured(bench)

    assert counts(result) == (2, 1, 0, 1)
    assert index_of(bench).reasons == {"not_a_regular_file": 1}


def test_a_fifo_does_not_hold_up_a_day(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    os.mkfifo(bench.home.delivery_folder(DAY) / "b.jsonl")

    assert counts(captured(bench)) == (2, 1, 0, 1)


def test_a_file_that_changed_since_it_was_captured_stops_the_day(bench: Bench) -> None:
    bench.deliver(answers("s1"), name="kept")
    bench.deliver(answers("s2"), name="other")
    captured(bench)
    bench.deliver(answers("s3"), name="other")

    with pytest.raises(DeliveryChangedError, match=r"other\.jsonl has changed.*--accept-changed"):
        captured(bench)


def test_a_file_that_vanished_since_it_was_captured_stops_the_day(bench: Bench) -> None:
    bench.deliver(answers("s1"), name="kept")
    bench.deliver(answers("s2"), name="gone").unlink()
    captured(bench)
    path = bench.deliver(answers("s2"), name="gone")
    captured(bench)
    path.unlink()

    with pytest.raises(DeliveryChangedError, match=r"gone\.jsonl has vanished") as refused:
        captured(bench)
    assert "kept" not in str(refused.value)


def test_a_refused_day_stays_as_it_was(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    bench.run()
    content, entries = bench.content(), bench.entries()
    bench.deliver(answers("s2"))

    with pytest.raises(DeliveryChangedError):
        captured(bench)

    assert (bench.content(), bench.entries()) == (content, entries)


def test_accepting_takes_what_is_there_now(bench: Bench) -> None:
    bench.deliver(answers("s1"), name="a")
    bench.deliver(answers("s2"), name="b")
    bench.run()
    bench.deliver(answers("s3"), name="a")
    (bench.home.delivery_folder(DAY) / "b.jsonl").unlink()

    bench.run(accept_changed=True)

    assert [row["session_id"] for row in bench.table("scorecards")] == ["s3"]
    assert captured(bench).was_skipped


def test_when_the_record_of_what_was_captured_is_lost_a_changed_file_is_still_refused(
    bench: Bench,
) -> None:
    bench.deliver(answers("s1"))
    bench.run()
    pointer = bench.home.pointer(SNAPSHOTS, DAY)
    assert pointer is not None
    bench.home.artifacts.path(pointer.artifact).unlink()
    bench.deliver(answers("s2"))

    with pytest.raises(DeliveryChangedError, match="give other sessions"):
        captured(bench)
    assert captured(bench, accept_changed=True).is_changed


def test_a_renamed_file_is_one_that_vanished(bench: Bench) -> None:
    path = bench.deliver(answers("s1"))
    captured(bench)
    path.rename(path.with_name("b.jsonl"))

    with pytest.raises(DeliveryChangedError, match=r"a\.jsonl has vanished"):
        captured(bench)


def test_each_delivery_file_is_recorded_once_with_its_counts(bench: Bench) -> None:
    path = bench.deliver(answers("s1"), answers("s1", "C"), answers("s1"), b"")
    captured(bench)
    captured(bench)

    (payload,) = bench.payloads(DeliveryCaptured)

    assert payload.sha256 == f"sha256:{sha256(path.read_bytes()).hexdigest()}"
    assert payload.bytes == path.stat().st_size
    assert (payload.lines_read, payload.accepted, payload.duplicates) == (4, 1, 1)
    assert payload.reasons == {"conflicting_resubmission": 1, "empty_line": 1}


def test_two_files_with_the_same_bytes_are_recorded_apart(bench: Bench) -> None:
    for name in ("a", "b"):
        bench.deliver(answers("s1"), name=name)
    captured(bench)

    assert [payload.copy_number for payload in bench.payloads(DeliveryCaptured)] == [1, 2]


def test_a_day_is_recorded_with_its_merkle_root(bench: Bench) -> None:
    bench.deliver(answers("s1"), b"")
    result = captured(bench)

    (payload,) = bench.payloads(ResponseSnapshotsCaptured)

    assert payload.content_hash == result.content_hash
    assert (payload.sessions, payload.lines_read, payload.quarantined) == (1, 2, 1)
    assert payload.quarantine_sha256 is not None


def test_ratings_and_a_blank_answer_pass_through(bench: Bench) -> None:
    rating = {"rater_id": "r1", "criterion_id": "c1", "level_id": "2", "kind": "human"}
    items = [
        {"item_id": "q01", "value": "B", "ratings": [rating]},
        {"item_id": "q02", "value": "", "state": "answered"},
    ]
    bench.deliver(answers("s1") | {"responses": items})

    bench.run()

    assert [row["raw_score"] for row in bench.table("evidence")] == ["1", "0"]
