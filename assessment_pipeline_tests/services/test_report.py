"""Report: a scorecard for each score run, linked to its evidence, recorded once a day."""

from pathlib import Path

import pytest

from assessment_pipeline.core.ledger_events import ScorecardsGenerated
from assessment_pipeline.core.scorecards import Scorecard
from assessment_pipeline.services.indexes import (
    SCORE_RUNS,
    SCORECARDS,
    ScorecardsIndex,
    ScoreRunsIndex,
    read_rows,
)
from assessment_pipeline_tests.builders import DAY, Bench, answers


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "home")
    bench.deliver(answers("s1"), answers("s2", "A"), answers("s3", status="voided"))
    return bench


def cards(bench: Bench) -> list[Scorecard]:
    index = bench.index(SCORECARDS, ScorecardsIndex)
    store = bench.home.artifacts
    return [
        card for chunk in index.chunks for card in read_rows(store, chunk.scorecards, Scorecard)
    ]


def test_every_score_run_has_one_scorecard(bench: Bench) -> None:
    results = bench.run()

    assert [card.session_id for card in cards(bench)] == ["s1", "s2", "s3"]
    assert results[SCORECARDS].counts["scorecards"] == 3
    assert results[SCORECARDS].content_hash == results[SCORE_RUNS].content_hash


def test_evidence_leads_to_the_evaluation_of_each_item(bench: Bench) -> None:
    bench.run()
    (chunk,) = bench.index(SCORECARDS, ScorecardsIndex).chunks
    evaluations = list(bench.home.artifacts.lines(chunk.evaluations))

    first, second, voided = cards(bench)

    for card in (first, second):
        lines = [evaluations[number] for number, _ in card.evidence]
        assert [b'"item_id":"q01"' in line for line in lines] == [True, False]
    assert voided.evidence == []


def test_a_day_s_scorecards_are_recorded_with_their_root(bench: Bench) -> None:
    result = bench.run()[SCORECARDS]
    bench.run()

    (payload,) = bench.payloads(ScorecardsGenerated)

    assert payload.delivery_date == DAY
    assert payload.content_hash == result.content_hash
    assert payload.scorecards == 3


def test_scorecards_share_the_evaluations_of_their_score_runs(bench: Bench) -> None:
    bench.run()

    runs = bench.index(SCORE_RUNS, ScoreRunsIndex)
    index = bench.index(SCORECARDS, ScorecardsIndex)
    assert [chunk.evaluations for chunk in index.chunks] == [
        chunk.evaluations for chunk in runs.chunks
    ]
    assert index.statuses == {"complete": 2, "voided": 1}
