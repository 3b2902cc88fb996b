"""Report a day: turn its score runs into scorecards, each linked to its evidence."""

from collections import Counter
from collections.abc import Mapping

from assessment_pipeline.core.ledger_events import ScorecardsGenerated
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.core.scorecards import scorecard
from assessment_pipeline.errors import NothingThereError
from assessment_pipeline.services.cycles import uncollected
from assessment_pipeline.services.indexes import (
    SCORE_RUNS,
    SCORECARDS,
    ScorecardsChunk,
    ScorecardsIndex,
    ScoreChunk,
    ScoreRunsIndex,
    current_index,
    encode_row,
    previous_index,
    read_rows,
    require_intact,
)
from assessment_pipeline.services.mean_percent import mean_percent
from assessment_pipeline.services.steps import (
    VERSIONS,
    StepResult,
    Workplace,
    input_key,
    is_current,
    point_to,
)


def scored_sessions(place: Workplace, partition: str) -> ScoreRunsIndex:
    """Return the index of a day's score runs, which must be there."""
    index = current_index(place.home, SCORE_RUNS, partition, ScoreRunsIndex)
    if index is None:
        message = f"Nothing is scored for {partition}; materialize score_runs first."
        raise NothingThereError(message)
    return index


@uncollected()
def report(place: Workplace, partition: str) -> StepResult:
    """Make and store the scorecards of a day."""
    runs = scored_sessions(place, partition)
    key = input_key(SCORECARDS, {"chunks": [chunk.key for chunk in runs.chunks]})
    pointer = place.home.pointer(SCORECARDS, partition)
    previous = previous_index(place.home, SCORECARDS, partition, ScorecardsIndex)
    if (
        previous is not None
        and previous.content_hash == runs.content_hash
        and is_current(
            place, pointer, key, previous, [generated_event(partition, previous).event().dedup_key]
        )
    ):
        return _result(place, partition, runs, previous, is_changed=False, was_skipped=True)

    require_intact(place.home.artifacts, [chunk.records for chunk in runs.chunks])
    known = {chunk.key: chunk for chunk in previous.chunks} if previous else {}
    chunks = []
    for chunk in runs.chunks:
        cards = known.get(chunk.key)
        if cards is None or not place.home.artifacts.holds(cards.scorecards):
            cards = _report_chunk(place, chunk)
        chunks.append(cards)
    statuses: Counter[str] = Counter(runs.statuses)
    index = ScorecardsIndex(
        chunks=chunks,
        content_hash=runs.content_hash,
        scorecards=runs.sessions,
        statuses=dict(sorted(statuses.items())),
    )
    place.record([generated_event(partition, index).event()])
    point_to(place, SCORECARDS, partition, key, index, index.content_hash)
    is_changed = pointer is None or pointer.content_hash != index.content_hash
    return _result(place, partition, runs, index, is_changed=is_changed, was_skipped=False)


def generated_event(
    partition: str, index: ScorecardsIndex, versions: Mapping[str, str] = VERSIONS
) -> ScorecardsGenerated:
    """Return what the ledger records of a day's scorecards."""
    return ScorecardsGenerated(
        delivery_date=partition,
        content_hash=index.content_hash,
        scorecards=index.scorecards,
        engine_version=versions["engine_version"],
        export_version=versions["export_version"],
    )


def _report_chunk(place: Workplace, chunk: ScoreChunk) -> ScorecardsChunk:
    store = place.home.artifacts
    with store.writer() as scorecards:
        for record in read_rows(store, chunk.records, ScoreRunRecord):
            scorecards.write(encode_row(scorecard(record)))
            place.progress(SCORECARDS, 1)
        return ScorecardsChunk(chunk.evaluations, chunk.key, scorecards.finish())


def _result(
    place: Workplace,
    partition: str,
    runs: ScoreRunsIndex,
    index: ScorecardsIndex,
    *,
    is_changed: bool,
    was_skipped: bool,
) -> StepResult:
    return StepResult(
        asset=SCORECARDS,
        partition=partition,
        content_hash=index.content_hash,
        input_hashes={SCORE_RUNS: runs.content_hash},
        is_changed=is_changed,
        was_skipped=was_skipped,
        counts={"scorecards": index.scorecards, **index.statuses},
        rubric_versions=tuple(sorted(runs.rubrics.values())),
        mean_percent=mean_percent(place.home.artifacts, index),
    )
