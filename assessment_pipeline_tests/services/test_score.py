"""Score: which rubric scores what, corrections, bad rubrics, and what is recorded of it."""

import resource
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from assessment_pipeline.core.hashing import content_hash, partition_hash
from assessment_pipeline.core.ledger_events import (
    RubricPublished,
    ScoringRunCreated,
    SessionRescored,
    session_subject,
)
from assessment_pipeline.core.score_runs import CHUNK_CUT, ScoreRunRecord, ends_chunk, score_run_id
from assessment_pipeline.errors import LedgerError, RubricError
from assessment_pipeline.services import score
from assessment_pipeline.services.indexes import (
    FEATURES,
    PARTITIONED_ASSETS,
    SCORE_RUNS,
    ScoreRunsIndex,
    encode_row,
    read_rows,
)
from assessment_pipeline_tests.builders import (
    CORRECTION,
    RUBRIC,
    Bench,
    answers,
    cut_small_chunks,
    skipped,
    worked,
)
from assessment_pipeline_tests.deliveries import response, session

LITERACY = """\
assessment_id: literacy
version: "1"
items:
  q01: {rule: match_correct, correct: C}
  q02: {rule: constant, points: 1}
"""
NEEDS_FEATURES = """\
assessment_id: numeracy
version: "1"
items:
  q01: {rule: match_correct, correct: B}
  q02: {rule: feature_linear, terms: [{feature: words, coefficient: "1"}], points: 2}
"""

# A version that was never used, and the one that replaces it.
NEVER_USED = """\
assessment_id: numeracy
version: "1"
{}
items:
  q01: {{rule: match_correct, correct: B}}
"""
REPLACING = """\
assessment_id: numeracy
version: "2"
replaces: "1"
reason: corrected
items:
  q01: {rule: match_correct, correct: B}
  q02: {rule: match_correct, correct: A, points: 3}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


def points(bench: Bench) -> dict[str, str]:
    return {row["session_id"]: row["raw_score"] for row in bench.table("scorecards")}


def test_every_standing_session_gets_one_score_run_in_export_order(bench: Bench) -> None:
    bench.deliver(
        answers("s2"), answers("s10"), answers("S3", attempt=2), answers("s2", attempt=10)
    )
    bench.deliver(answers("s2", attempt=9), name="b")

    result = bench.run()[SCORE_RUNS]

    rows = [(row["session_id"], row["attempt"]) for row in bench.table("scorecards")]
    assert rows == [("S3", "2"), ("s10", "1"), ("s2", "1"), ("s2", "9"), ("s2", "10")]
    assert result.counts["sessions"] == 5


def test_a_day_s_hash_is_the_root_over_ids_and_output_hashes(bench: Bench) -> None:
    bench.deliver(answers("s1"), answers("s2", "A"))

    result = bench.run()[SCORE_RUNS]

    rows = bench.table("scorecards")
    leaves = [(row["score_run_id"], row["output_hash"]) for row in rows]
    assert result.content_hash == partition_hash(leaves)


def test_each_score_run_is_recorded_once(bench: Bench) -> None:
    bench.deliver(answers("s1"), answers("s2", "A"))
    bench.run()
    bench.run()

    created = bench.payloads(ScoringRunCreated)

    rows = {row["score_run_id"]: row for row in bench.table("scorecards")}
    assert sorted(rows) == sorted(payload.score_run_id for payload in created)
    for payload in created:
        row = rows[payload.score_run_id]
        assert payload.output_hash == row["output_hash"]
        assert payload.response_snapshot_id == row["response_snapshot_id"]


def test_a_score_run_s_subject_is_the_hash_of_session_and_attempt(bench: Bench) -> None:
    bench.deliver(answers("s1", attempt=3))
    bench.run()

    (entry,) = (e for e in bench.entries() if e.event_type == "SCORING_RUN_CREATED")

    assert entry.subject == session_subject("s1", 3)


def test_a_score_run_id_can_be_derived_from_what_is_exported(bench: Bench) -> None:
    delivered = answers("s1")
    bench.deliver(delivered)
    bench.run()

    (row,) = bench.table("scorecards")
    (rubric,) = bench.payloads(RubricPublished)
    assert row["score_run_id"] == score_run_id(content_hash(delivered), [rubric.content_hash])


def test_the_rubric_valid_at_submission_scores(bench: Bench) -> None:
    later = RUBRIC.replace('"1"', '"2"') + "valid_from: 2026-11-20T10:00:00+01:00\n"
    bench.write_rubric("2", later)
    times = {
        "before": "2026-11-20T08:59:59.999Z",
        "at": "2026-11-20T09:00:00Z",
        "after": "2026-11-20T08:30:00-01:00",
    }
    bench.deliver(*(answers(name, submitted_at=time) for name, time in times.items()))

    bench.run()

    assert bench.scored_by() == {"before": "1", "at": "2", "after": "2"}


def test_an_assessment_without_any_rubric_is_unscorable_and_said_so(bench: Bench) -> None:
    bench.deliver(answers("s1", assessment_id="geography"), answers("s2"))

    result = bench.run()[SCORE_RUNS]

    assert {row["assessment_id"]: row["status"] for row in bench.table("scorecards")} == {
        "geography": "blocked",
        "numeracy": "complete",
    }
    items = [row for row in bench.table("evidence") if row["assessment_id"] == "geography"]
    assert {row["item_status"] for row in items} == {"unscorable"}
    assert {row["raw_score"] for row in items} == {""}
    assert any("geography" in note and "rubrics/geography/" in note for note in result.notes)


def test_a_rubric_that_comes_later_scores_what_had_none(bench: Bench) -> None:
    bench.deliver(answers("s1", assessment_id="literacy"))
    bench.run()
    bench.write_rubric("1", LITERACY, assessment_id="literacy")

    results = bench.run()

    assert list(worked(results)) == list(PARTITIONED_ASSETS[2:])
    assert bench.table("scorecards")[0]["status"] == "complete"
    assert len(bench.payloads(SessionRescored)) == 1


def test_one_bad_rubric_blocks_its_assessment_and_the_rest_is_scored(bench: Bench) -> None:
    bench.write_rubric("1", LITERACY.replace("match_correct", "guess"), assessment_id="literacy")
    bench.deliver(answers("s1"), answers("s2", assessment_id="literacy"))

    results = bench.run()

    assert results[SCORE_RUNS].counts["blocked_assessments"] == 1
    assert any("literacy is not scored" in note for note in results[SCORE_RUNS].notes)
    assert any("rubrics/literacy/1.yaml" in note for note in results["rubrics"].notes)
    rows = {row["session_id"]: row for row in bench.table("scorecards")}
    assert (rows["s1"]["status"], rows["s1"]["raw_score"]) == ("complete", "3")
    assert (rows["s2"]["status"], rows["s2"]["percent"]) == ("blocked", "")
    assert rows["s2"]["rubric_version"] == ""


def test_a_mended_rubric_scores_anew_what_it_blocked_and_nothing_else(bench: Bench) -> None:
    bench.write_rubric("1", LITERACY.replace("match_correct", "guess"), assessment_id="literacy")
    bench.deliver(answers("s1"), answers("s2", "C", assessment_id="literacy"))
    bench.run()
    before = {row["session_id"]: row["score_run_id"] for row in bench.table("scorecards")}
    bench.write_rubric("1", LITERACY, assessment_id="literacy")

    results = bench.run()

    after = {row["session_id"]: row["score_run_id"] for row in bench.table("scorecards")}
    assert after["s1"] == before["s1"]
    assert after["s2"] != before["s2"]
    assert points(bench) == {"s1": "3", "s2": "2"}
    assert results[SCORE_RUNS].notes == ()
    (rescored,) = bench.payloads(SessionRescored)
    assert (rescored.old_score_run_id, rescored.new_score_run_id) == (before["s2"], after["s2"])
    assert rescored.old_output_hash != rescored.new_output_hash


def test_a_blocked_assessment_is_not_scored_by_a_named_context_either(bench: Bench) -> None:
    bench.write_rubric("1", LITERACY.replace("match_correct", "guess"), assessment_id="literacy")
    name = {"assessment_id": "literacy", "version": "1"}
    items = [response("q01", "B"), response("q02", "C", rubric=name)]
    bench.deliver(answers("s1") | {"responses": items})

    bench.run()

    assert [row["item_status"] for row in bench.table("evidence")] == ["scored", "unscorable"]


def test_a_correction_scores_anew_what_its_version_scored(bench: Bench) -> None:
    bench.deliver(answers("s1", "B"), answers("s2", "C"))
    bench.run()
    before = points(bench)
    bench.write_rubric("2", CORRECTION)

    results = bench.run()

    assert before == {"s1": "3", "s2": "2"}
    assert points(bench) == {"s1": "2", "s2": "3"}
    assert set(bench.scored_by().values()) == {"2"}
    assert list(worked(results)) == list(PARTITIONED_ASSETS[2:])
    assert len(bench.payloads(SessionRescored)) == 2
    assert bench.published() == [
        "numeracy/1",
        "numeracy/2",
    ]


def test_scoring_anew_keeps_the_earlier_score_runs_in_the_ledger(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    bench.run()
    (before,) = bench.payloads(ScoringRunCreated)
    bench.write_rubric("2", CORRECTION)
    bench.run()

    assert bench.payloads(ScoringRunCreated)[0] == before
    assert len(bench.payloads(ScoringRunCreated)) == 2


def test_a_day_keeps_its_scores_while_a_rubric_that_made_them_is_broken(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    bench.run()
    before = bench.content()
    bench.write_rubric("1", RUBRIC.replace("correct: B", "correct: C"))

    with pytest.raises(RubricError, match="numeracy have problems now, so it keeps the scores"):
        bench.run()

    assert points(bench) == {"s1": "3"}
    bench.write_rubric("1", RUBRIC)
    assert worked(bench.run()) == []
    assert bench.content() == before


def test_a_day_keeps_its_scores_while_a_rubric_that_its_items_name_is_broken(bench: Bench) -> None:
    bench.write_rubric("1", LITERACY, assessment_id="literacy")
    name = {"assessment_id": "literacy", "version": "1"}
    bench.deliver(answers("s1") | {"responses": [response("q01", "C", rubric=name)]})
    bench.run()
    bench.write_rubric("1", LITERACY + "nonsense: 1\n", assessment_id="literacy")

    with pytest.raises(RubricError, match="literacy have problems now"):
        bench.run()


def test_a_changed_published_rubric_blocks_a_day_that_was_not_scored_yet(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    bench.run()
    bench.write_rubric("1", RUBRIC.replace("correct: B", "correct: C"))
    bench.deliver(answers("s2"), day="2025-11-21")

    result = bench.run("2025-11-21")[SCORE_RUNS]

    assert result.counts["blocked_assessments"] == 1
    assert bench.table("scorecards", "2025-11-21")[0]["status"] == "blocked"


def test_going_back_to_an_earlier_result_is_recorded_too(bench: Bench) -> None:
    for answer in "BCB":
        delivered = answers("s1") | {"responses": [response("q01", answer)]}
        bench.deliver(delivered)
        bench.run(accept_changed=True)

    forth, back = bench.payloads(SessionRescored)
    assert (forth.old_score_run_id, forth.new_score_run_id) == (
        back.new_score_run_id,
        back.old_score_run_id,
    )


def test_an_item_context_is_scored_by_the_version_it_names(bench: Bench) -> None:
    bench.write_rubric("1", LITERACY, assessment_id="literacy")
    name = {"assessment_id": "literacy", "version": "1"}
    items = [response("q01", "C", rubric=name), response("q02", "3.14")]
    bench.deliver(answers("s1") | {"responses": items})

    bench.run()

    rows = {row["item_id"]: row for row in bench.table("evidence")}
    assert (rows["q01"]["raw_score"], rows["q01"]["rubric_version"]) == ("1", "literacy/1")
    assert (rows["q02"]["raw_score"], rows["q02"]["rubric_version"]) == ("2", "1")
    (created,) = bench.payloads(ScoringRunCreated)
    assert len(created.rubrics) == 2
    assert bench.published() == [
        "literacy/1",
        "numeracy/1",
    ]


@pytest.mark.parametrize("version", ["1", "9"])
def test_a_context_whose_rubric_lacks_the_item_or_is_not_there_never_falls_through(
    bench: Bench, version: str
) -> None:
    bench.write_rubric("1", LITERACY.replace("q01", "q77"), assessment_id="literacy")
    name = {"assessment_id": "literacy", "version": version}
    bench.deliver(answers("s1") | {"responses": [response("q01", "B", rubric=name)]})

    bench.run()

    rows = {row["item_id"]: row for row in bench.table("evidence")}
    assert (rows["q01"]["item_status"], rows["q01"]["raw_score"]) == ("unscorable", "")
    assert bench.table("scorecards")[0]["status"] == "blocked"


def test_an_unknown_item_is_unscorable_and_a_default_item_scores_it(bench: Bench) -> None:
    bench.deliver(answers("s1") | {"responses": [response("q01", "B"), response("extra", "X")]})
    bench.run()
    status = {row["item_id"]: row["item_status"] for row in bench.table("evidence")}
    assert status == {"extra": "unscorable", "q01": "scored", "q02": "scored_missing"}

    bench.write_rubric(
        "2",
        CORRECTION.replace("correct: C", "correct: B") + "default_item: {rule: void}\n",
    )
    bench.run()

    status = {row["item_id"]: row["item_status"] for row in bench.table("evidence")}
    assert status == {"extra": "voided", "q01": "scored", "q02": "scored_missing"}
    assert bench.table("scorecards")[0]["status"] == "complete"


def test_an_absent_item_has_its_evidence_and_counts_nothing(bench: Bench) -> None:
    bench.deliver(answers("s1") | {"responses": []})

    bench.run()

    found = [
        (
            row["item_id"],
            row["response_state"],
            row["item_status"],
            row["raw_score"],
            row["response"],
        )
        for row in bench.table("evidence")
    ]
    assert found == [
        ("q01", "absent", "scored_missing", "0", ""),
        ("q02", "absent", "scored_missing", "0", ""),
    ]
    assert bench.table("scorecards")[0]["max_score"] == "3"


def test_absent_items_leave_the_maximum_where_the_policy_says_so(bench: Bench) -> None:
    bench.write_rubric("1", RUBRIC + "policy: {missing: {absent: exclude}}\n")
    bench.deliver(answers("s1") | {"responses": [response("q01", "B")]})

    bench.run()

    (row,) = bench.table("scorecards")
    assert (row["raw_score"], row["max_score"]) == ("1", "1")


def test_a_word_for_a_number_is_invalid_and_never_its_digits(bench: Bench) -> None:
    bench.deliver(
        answers("s1") | {"responses": [response("q01", "B"), response("q02", "3.14 euro")]}
    )

    bench.run()

    row = bench.table("evidence")[1]
    assert (row["response_state"], row["item_status"], row["raw_score"]) == (
        "invalid",
        "scored_missing",
        "0",
    )


def test_features_do_not_change_with_a_rubric(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    before = bench.run()[FEATURES]
    bench.write_rubric("2", CORRECTION)
    after = bench.run()[FEATURES]

    assert after.was_skipped
    assert after.content_hash == before.content_hash


def test_a_rubric_that_scores_no_session_of_the_day_changes_nothing(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    bench.run()
    bench.write_rubric("2", RUBRIC.replace('"1"', '"2"') + "valid_from: 2030-01-01T00:00:00Z\n")
    bench.write_rubric("1", LITERACY, assessment_id="literacy")

    assert list(skipped(bench.run())) == list(PARTITIONED_ASSETS)


def test_equal_content_on_two_days_is_one_score_run(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    bench.deliver(answers("s1"), day="2025-11-21")
    bench.run()
    bench.run("2025-11-21")

    assert len(bench.payloads(ScoringRunCreated)) == 1
    first, second = bench.table("scorecards"), bench.table("scorecards", "2025-11-21")
    assert first[0]["score_run_id"] == second[0]["score_run_id"]


def test_more_sessions_leave_the_chunks_of_others_alone(bench: Bench) -> None:
    bench.deliver(*(answers(f"s{number:05}") for number in range(4_500)))
    bench.run()
    before = {chunk.key for chunk in bench.index(SCORE_RUNS, ScoreRunsIndex).chunks}
    bench.deliver(answers("a00000"), name="b")

    bench.run()

    after = {chunk.key for chunk in bench.index(SCORE_RUNS, ScoreRunsIndex).chunks}
    assert len(before) > 1
    assert len(before - after) <= 1
    assert bench.index(SCORE_RUNS, ScoreRunsIndex).sessions == 4_501


@pytest.mark.parametrize("is_forged", [False, True])
def test_kept_chunks_must_be_what_the_ledger_recorded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, is_forged: bool
) -> None:
    cut_small_chunks(monkeypatch)
    bench.deliver(answers("s1"), answers("s2"), name="a")
    bench.run()
    index = bench.index(SCORE_RUNS, ScoreRunsIndex)
    first, store = index.chunks[0], bench.home.artifacts
    (record,) = read_rows(store, first.records, ScoreRunRecord)
    if is_forged:
        record = replace(record, output_hash=content_hash("better"))
    chunk = replace(first, records=store.put(encode_row(record)))
    bench.point_to(SCORE_RUNS, replace(index, chunks=[chunk, *index.chunks[1:]]))
    bench.deliver(answers("s3"), name="b")

    if is_forged:
        with pytest.raises(LedgerError, match="with another content"):
            bench.run()
    else:
        bench.run()
    assert len(bench.payloads(ScoringRunCreated)) == 3 - is_forged


@pytest.mark.parametrize("is_lost", [False, True])
def test_what_a_new_ledger_lacks_of_kept_chunks_is_recorded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, is_lost: bool
) -> None:
    cut_small_chunks(monkeypatch)
    bench.deliver(answers("s1"), answers("s2"), name="a")
    bench.run()
    if is_lost:
        bench.home.ledger.unlink()
    bench.deliver(answers("s3"), name="b")
    bench.run()
    assert len(bench.payloads(ScoringRunCreated)) == 3


def test_a_day_may_have_more_files_than_a_process_may_open(bench: Bench) -> None:
    """The features of each are read as well, as nobody knows what a rule needs."""
    bench.write_rubric("1", NEEDS_FEATURES)
    names = [f"s{number:03}" for number in range(150)]
    for name in reversed(names):
        bench.deliver(answers(name), name=name)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        bench.run()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert list(points(bench)) == names
    assert bench.verify().outcome == "right"


def test_chunks_as_they_were_first_cut_verify_and_are_cut_anew_with_the_next_session(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def first_cut(last: str, sessions: int) -> bool:
        return ends_chunk(last, sessions, 1)

    bench.deliver(*(answers(f"s{number:05}") for number in range(4_500)))
    with monkeypatch.context() as earlier:
        earlier.setattr(score, "ends_chunk", first_cut)
        earlier.setattr(score, "CHUNK_CUT", 1)
        bench.run()
    first = bench.index(SCORE_RUNS, ScoreRunsIndex)
    rows = bench.table("scorecards")
    assert first.cut == 1
    assert bench.verify().outcome == "right"

    assert bench.run()[SCORE_RUNS].was_skipped
    bench.deliver(answers("a00000"), name="b")
    bench.run()
    now = bench.index(SCORE_RUNS, ScoreRunsIndex)
    assert now.cut == CHUNK_CUT
    assert {chunk.key for chunk in now.chunks}.isdisjoint(chunk.key for chunk in first.chunks)
    assert bench.verify().outcome == "right"
    assert bench.table("scorecards")[1:] == rows


def test_an_altered_record_names_no_session_as_scored_anew(bench: Bench) -> None:
    bench.deliver(answers("s1"), name="a")
    bench.run()
    (chunk,) = bench.index(SCORE_RUNS, ScoreRunsIndex).chunks
    path = bench.home.artifacts.path(chunk.records)
    content = path.read_bytes()
    place = content.index(b'"score_run_id":"sha256:') + len(b'"score_run_id":"sha256:')
    path.chmod(0o600)
    path.write_bytes(content[:place] + b"0000" + content[place + 4 :])
    bench.deliver(answers("s2"), name="b")
    bench.run()
    assert bench.payloads(SessionRescored) == []


def test_a_session_whose_own_rubric_is_another_of_those_its_items_name_is_not_kept(
    bench: Bench,
) -> None:
    """The set of rubrics is as before, and so is the id of the score run; its result is not."""
    named = {"assessment_id": "numeracy", "version": "2"}
    first = NEVER_USED.format('valid_from: "2026-01-01T00:00:00Z"')
    bench.write_rubric("1", first)
    bench.write_rubric("2", REPLACING)
    bench.deliver(
        session(
            submitted_at="2025-11-20T09:00:00Z",
            responses=[response("q01", "B", rubric=named), response("q02", "A")],
        )
    )
    bench.run()
    assert [row["status"] for row in bench.table("scorecards")] == ["blocked"]
    # No version is valid at first; then the one that item q01 names is, for the whole session.
    bench.write_rubric("1", NEVER_USED.format(""))
    with pytest.raises(LedgerError, match="one input has given two results"):
        bench.run()


def test_scores_do_not_depend_on_the_chunk_a_session_is_in(bench: Bench, tmp_path: Path) -> None:
    bench.deliver(*(answers(f"s{n:05}", "ABC"[n % 3]) for n in range(4_500)))
    bench.run()
    rows = {row["session_id"]: row for row in bench.table("scorecards")}
    alone = Bench(tmp_path / "alone")
    alone.deliver(*(answers(f"s{n:05}", "ABC"[n % 3]) for n in range(0, 4_500, 900)))
    alone.run()

    for row in alone.table("scorecards"):
        assert row == rows[row["session_id"]]


def test_statuses_are_counted(bench: Bench) -> None:
    bench.deliver(
        answers("s1"), answers("s2", status="voided"), answers("s3", assessment_id="none")
    )

    result = bench.run()[SCORE_RUNS]

    statuses = Counter(row["status"] for row in bench.table("scorecards"))
    assert {name: result.counts[name] for name in statuses} == dict(statuses)
    assert statuses == {"complete": 1, "voided": 1, "blocked": 1}
