"""Erasing a candidate: nothing of them is left, nothing of others changes, and it can be proved."""

import base64
import gzip
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.ledger_decisions import SnapshotErased
from assessment_pipeline.core.ledger_events import SessionRescored
from assessment_pipeline.errors import DeliveryChangedError, RubricError, UsageError
from assessment_pipeline.services.erasure import Erased, erase, plan_erasure
from assessment_pipeline.services.indexes import (
    PARTITIONED_ASSETS,
    SCORE_RUNS,
    SNAPSHOTS,
    ScoreRunsIndex,
    SnapshotsIndex,
)
from assessment_pipeline.services.verify_session import verify_session
from assessment_pipeline_tests.builders import DAY, RUBRIC, Bench, answers, files_below
from assessment_pipeline_tests.deliveries import line_of

LATER = "2025-11-21"
ERASED = "c-gone-77"
ANSWER = "canary answer of somebody"


def of_erased(session_id: str, answer: str = ANSWER, **fields: object) -> dict[str, Any]:
    return answers(session_id, answer, candidate_id=ERASED, **fields)


def erase_from(bench: Bench, request: str = "ticket-1", *, rescore: bool = False) -> Erased:
    with bench.workplace() as place:
        return erase(place, ERASED, request, rescore=rescore)


def traces(bench: Bench, *wanted: str) -> list[str]:
    """Return the files of a home that hold one of some texts, as they are, in base64 or packed."""
    return [
        name
        for name, content in files_below(bench.home.folder).items()
        if any(each.encode() in _all_of(name, content) for each in wanted or (ERASED, ANSWER))
    ]


def _all_of(name: str, content: bytes) -> bytes:
    if name.endswith(".gz"):
        return gzip.decompress(content)
    if name.endswith(".zst"):
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)).read()
    if name.startswith("quarantine/"):
        records = map(msgspec.json.decode, content.splitlines())
        raw = (base64.b64decode(record.get("raw_base64", "")) for record in records)
        return content + b"\n".join(raw)
    return content


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a home with two scored days; the candidate is on both, on one in a bad line too."""
    bench = Bench(tmp_path / "home")
    cut = line_of(of_erased("s-9"))[:-9]
    bench.deliver(answers("s-1"), of_erased("s-2"), b"{bad", cut, answers("s-3", "C"))
    bench.deliver(answers("s-4"), name="b")
    bench.deliver(of_erased("s-2", attempt=2), answers("s-5"), day=LATER)
    bench.run()
    bench.run(LATER)
    return bench


def test_nothing_of_an_erased_candidate_is_left_in_the_home(bench: Bench) -> None:
    before = traces(bench)
    kinds = {name.partition("/")[0] for name in before}
    assert kinds == {"deliveries", "quarantine", "artifacts", "exports"}

    erased = erase_from(bench)

    assert traces(bench) == []
    assert [sum(day.lines.values()) for day in erased.days] == [2, 1]
    assert erased.artifacts > 0
    assert erased.leftovers == 0


def test_what_is_left_is_as_if_the_candidate_had_never_been_there(
    bench: Bench, tmp_path: Path
) -> None:
    erase_from(bench)

    other = Bench(tmp_path / "other")
    other.deliver(answers("s-1"), b"{bad", answers("s-3", "C"))
    other.deliver(answers("s-4"), name="b")
    other.deliver(answers("s-5"), day=LATER)
    other.run()
    other.run(LATER)
    left, expected = bench.content(), other.content()
    assert expected.items() <= left.items()
    # What remains of before: hashes of CSV files, and lines of others at their places of then.
    kept = [content for name, content in left.items() if name not in expected]
    assert all(b"manifest_sha256" in content or b"raw_sha256" in content for content in kept)


def test_the_scores_of_others_do_not_change(bench: Bench) -> None:
    before = [row for row in bench.table("scorecards") if row["candidate_id"] != ERASED]
    assert len(before) == 3
    erase_from(bench)
    assert bench.table("scorecards") == before
    assert bench.payloads(SessionRescored) == []


def test_verify_says_erased_and_that_the_roots_of_before_still_hold(bench: Bench) -> None:
    erase_from(bench)
    found = bench.verify()
    assert found.outcome == "right"
    said = [remark for remark in found.remarks if "snapshots erased: 1 (request ticket-1" in remark]
    assert [remark.partition(":")[0] for remark in said] == [DAY, LATER]
    assert all("roots recorded before still come out" in remark for remark in said)


def test_the_ledger_keeps_hashes_of_what_was_erased_and_no_id(bench: Bench) -> None:
    scored = {row["response_snapshot_id"]: row for row in bench.table("scorecards")}
    root = bench.index(SNAPSHOTS, SnapshotsIndex).content_hash
    erase_from(bench)

    first, second = bench.payloads(SnapshotErased)
    assert (first.delivery_date, second.delivery_date) == (DAY, LATER)
    assert first.snapshots_root == root
    assert first.output_hash == scored[first.response_snapshot_id]["output_hash"]
    ledger = files_below(bench.home.folder / "audit")
    assert not any(b"s-2" in content or ERASED.encode() in content for content in ledger.values())


def test_erasing_again_finds_nothing_and_changes_nothing(bench: Bench) -> None:
    erase_from(bench)
    before = files_below(bench.home.folder)
    again = erase_from(bench, "ticket-2")
    assert (again.days, again.entries, again.artifacts) == ((), 0, 0)
    assert bench.content().items() <= before.items()


def test_a_candidate_who_was_never_there_has_nothing_to_erase(bench: Bench) -> None:
    assert plan_erasure(bench.home, "c-nobody", "ticket-1") == ()


def test_planning_changes_nothing(bench: Bench) -> None:
    before = files_below(bench.home.folder)
    plans = plan_erasure(bench.home, ERASED, "ticket-1")
    assert [(plan.partition, len(plan.events), plan.is_shown) for plan in plans] == [
        (DAY, 1, True),
        (LATER, 1, True),
    ]
    assert files_below(bench.home.folder) == before


def test_older_results_of_the_candidate_go_too(bench: Bench) -> None:
    bench.write_rubric("2", RUBRIC.replace('"1"', '"2"\nreplaces: "1"\nreason: wrong key', 1))
    bench.run()
    other = Bench(bench.home.folder)
    evaluations = {
        name
        for name, content in files_below(other.home.artifacts.folder).items()
        if ANSWER.encode() in content
    }
    assert len(evaluations) > 4, "both score runs have stored the answer"
    erase_from(bench)
    assert traces(bench) == []
    assert bench.verify().outcome == "right"


def test_an_older_quarantine_file_keeps_the_lines_of_others(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")
    cut = line_of(of_erased("s-9"))[:-9]
    bench.deliver(answers("s-1"), b"{bad of others", cut)
    bench.run()
    bench.deliver(answers("s-2"), b"{another bad", name="b")
    bench.run()
    folder = bench.home.quarantine / DAY
    assert len(list(folder.iterdir())) == 2

    erased = erase_from(bench)

    assert erased.quarantined_lines == 2
    assert traces(bench) == []
    records = [
        base64.b64decode(msgspec.json.decode(line)["raw_base64"])
        for path in sorted(folder.iterdir())
        for line in path.read_bytes().splitlines()
    ]
    assert sorted(set(records)) == [b"{another bad", b"{bad of others"]
    assert bench.verify().outcome == "right"


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_deliveries_are_compressed_anew(tmp_path: Path, suffix: str) -> None:
    bench = Bench(tmp_path / "home")
    path = bench.deliver(answers("s-1"), of_erased("s-2"), answers("s-3"))
    content = path.read_bytes()
    packed = gzip.compress(content) if suffix == ".gz" else zstandard.compress(content)
    path.with_name(f"a.jsonl{suffix}").write_bytes(packed)
    path.unlink()
    bench.run()

    erase_from(bench)

    assert traces(bench) == []
    assert [row["session_id"] for row in bench.table("scorecards")] == ["s-1", "s-3"]
    assert bench.verify().outcome == "right"


def test_a_line_too_long_to_be_captured_goes_and_one_of_others_stays(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")
    long = "x" * (1 << 20)
    theirs = line_of(answers("s-2", long))
    path = bench.deliver(answers("s-1"), of_erased("s-9", ANSWER + long), theirs)
    bench.run()
    erase_from(bench)
    assert traces(bench) == []
    assert path.read_bytes() == line_of(answers("s-1")) + b"\n" + theirs + b"\n"
    assert bench.verify().outcome == "right"


def test_the_end_of_a_damaged_file_goes_with_the_candidate_whose_it_may_be(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")
    path = bench.deliver(answers("s-1"), of_erased("s-2"), answers("s-3"))
    packed = zstandard.compress(path.read_bytes())
    path.with_name("a.jsonl.zst").write_bytes(packed + b"broken")
    path.unlink()
    bench.run()
    erase_from(bench)
    assert traces(bench) == []
    assert bench.verify().outcome == "right"
    assert bench.index(SNAPSHOTS, SnapshotsIndex).reasons == {}


def test_a_day_that_was_never_captured_is_rewritten_and_nothing_is_recorded(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")
    path = bench.deliver(answers("s-1"), of_erased("s-2"))
    erased = erase_from(bench)
    assert erased.entries == 0
    assert traces(bench) == []
    assert path.read_bytes() == line_of(answers("s-1")) + b"\n"


def test_a_duplicate_and_a_superseded_snapshot_are_erased_but_were_no_leaves(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "home")
    begun = of_erased("s-2", status="in_progress", submitted_at=None)
    done = of_erased("s-2")
    bench.deliver(begun, done, done, answers("s-1"))
    bench.run()
    erase_from(bench)
    stood = [payload.has_stood for payload in bench.payloads(SnapshotErased)]
    assert sorted(stood) == [False, True]
    found = bench.verify()
    assert found.outcome == "right"
    assert any("still come out" in remark for remark in found.remarks)


def test_two_erasures_of_one_day_are_each_shown_to_hold(bench: Bench) -> None:
    erase_from(bench)
    with bench.workplace() as place:
        erase(place, "c-9f2", "ticket-2")
    found = bench.verify(DAY)
    assert found.outcome == "right"
    said = [remark for remark in found.remarks if "snapshots erased" in remark]
    assert ["ticket-2" in said[0], "ticket-1" in said[1]] == [True, True]
    assert all("still come out" in remark for remark in said)


def test_verify_does_not_claim_roots_that_sessions_delivered_since_have_changed(
    bench: Bench,
) -> None:
    erase_from(bench)
    bench.deliver(answers("s-8"), name="late")
    bench.run()
    found = bench.verify(DAY)
    assert found.outcome == "right"
    assert any("have come or gone since" in remark for remark in found.remarks)


def test_an_erased_snapshot_that_is_delivered_again_is_a_difference(bench: Bench) -> None:
    erase_from(bench)
    bench.deliver(of_erased("s-2"), name="late")
    bench.run()
    found = bench.verify()
    assert found.outcome == "difference"
    assert any("erased are there again: 1" in each for each in found.differences)
    erase_from(bench, "ticket-2")
    assert bench.verify().outcome == "right"
    assert traces(bench) == []


def test_verify_of_an_erased_session_says_when_and_by_which_request(bench: Bench) -> None:
    erase_from(bench)
    found = verify_session(bench.home, "s-2")
    assert found.outcome == "incomplete"
    assert [gap.partition(", delivered")[0] for gap in found.gaps] == [
        "s-2, attempt 1",
        "s-2, attempt 2",
    ]
    assert all("was erased: request ticket-1 of 2025-11-23" in gap for gap in found.gaps)
    (one,) = verify_session(bench.home, "s-2", 2, LATER).gaps
    assert LATER in one
    (nobody,) = verify_session(bench.home, "s-77").gaps
    assert "No session s-77" in nobody


def test_a_delivery_file_that_has_changed_otherwise_is_not_accepted_on_the_way(
    bench: Bench,
) -> None:
    bench.deliver(answers("s-1", "D"), of_erased("s-2"))
    before = files_below(bench.home.folder)
    with pytest.raises(DeliveryChangedError, match=r"a\.jsonl has changed since"):
        erase_from(bench)
    assert {**before, **bench.content()} == before
    bench.home.delivery_folder(DAY).joinpath("a.jsonl").unlink()
    with pytest.raises(DeliveryChangedError, match=r"a\.jsonl has vanished"):
        erase_from(bench)


def test_a_day_scored_by_another_version_is_scored_anew_only_if_that_is_accepted(
    bench: Bench,
) -> None:
    for asset in PARTITIONED_ASSETS:
        pointer = bench.home.pointer(asset, DAY)
        assert pointer is not None
        versions = {**pointer.versions, "engine_version": "0"}
        bench.home.point(msgspec.structs.replace(pointer, versions=versions))
    with pytest.raises(UsageError, match="--rescore"):
        erase_from(bench)
    assert traces(bench) != []
    erase_from(bench, rescore=True)
    assert traces(bench) == []


def test_a_changed_rubric_file_costs_nobody_their_score(bench: Bench) -> None:
    before = [row for row in bench.table("scorecards") if row["candidate_id"] != ERASED]
    bench.write_rubric("1", RUBRIC.replace("correct: B", "correct: C"))
    erase_from(bench)
    assert bench.table("scorecards") == before


def test_a_lost_rubric_stops_the_erasure_before_it_begins(bench: Bench) -> None:
    (content_hash,) = bench.index(SCORE_RUNS, ScoreRunsIndex).rubrics
    bench.write_rubric("1", RUBRIC.replace("correct: B", "correct: C"))
    name = f"{content_hash.removeprefix('sha256:')}.jsonl"
    (bench.home.artifacts.folder / name).unlink()
    before = files_below(bench.home.folder)
    with pytest.raises(RubricError, match="numeracy/1"):
        erase_from(bench)
    assert {**before, **bench.content()} == before


def test_an_unfinished_file_of_a_killed_run_is_told(bench: Bench) -> None:
    unfinished = bench.home.artifacts.folder / ".1-ab.tmp"
    unfinished.write_bytes(line_of(of_erased("s-2")))
    assert erase_from(bench).leftovers == 1


def test_what_the_intake_has_not_yet_delivered_is_told(bench: Bench) -> None:
    spooled = bench.home.intake / LATER / "1-ab.jsonl"
    spooled.parent.mkdir(parents=True)
    spooled.write_bytes(canonical_json(of_erased("s-10")) + b"\n")
    assert erase_from(bench).leftovers == 1
