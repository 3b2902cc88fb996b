"""Checks on score runs: hashes re-derive, scores within bounds, maxima that differ, re-scores."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, partial
from itertools import zip_longest
from typing import Final, Literal

import msgspec

from assessment_pipeline.core.hashing import hash_bytes, partition_hash
from assessment_pipeline.core.ledger_events import SessionRescored, session_subject
from assessment_pipeline.core.points import read_exact
from assessment_pipeline.core.rubrics.lint import parse_rubric
from assessment_pipeline.core.rubrics.models import Rubric
from assessment_pipeline.core.rules import ItemRule
from assessment_pipeline.core.score_runs import ScoreRunRecord, score_run_id
from assessment_pipeline.services.checks.findings import Finding, finding_of, named
from assessment_pipeline.services.checks.passed_before import passed_before
from assessment_pipeline.services.indexes import SCORE_RUNS, ScoreChunk, ScoreRunsIndex, read_rows
from assessment_pipeline.services.report import scored_sessions
from assessment_pipeline.services.steps import VERSIONS, Workplace
from assessment_pipeline.storage.artifacts import ArtifactRef, ArtifactStore

_exact: Final = lru_cache(maxsize=4096)(read_exact)


class _Scored(msgspec.Struct, frozen=True, gc=False):
    """The points of an evaluation, and the item and rubric that they are of."""

    item_id: str
    max_score: str | None
    raw_score: str | None
    rubric_version: str | None


_decode: Final = msgspec.json.Decoder(_Scored).decode


class _Identity(msgspec.Struct, frozen=True, gc=False):
    """What identifies a stored score run; its other fields are skipped, which is faster."""

    output_hash: str
    response_snapshot_id: str
    rubrics: list[str]
    score_run_id: str


class _Bounded(msgspec.Struct, frozen=True, gc=False):
    """A total, and what it must lie between."""

    assessment_id: str
    evaluations: list[int]
    max_score: str | None
    raw_score_exact: str | None
    rubric_version: str | None
    score_run_id: str


class _Maximum(msgspec.Struct, frozen=True, gc=False):
    """What a total is compared by."""

    assessment_id: str
    max_score: str | None
    status: str


def hashes_rederive(place: Workplace, partition: str) -> Finding:
    """Each score run's id follows from its inputs, its output hash from its stored result."""
    index = scored_sessions(place, partition)
    pointer = place.home.pointer(SCORE_RUNS, partition)
    versions = VERSIONS if pointer is None else pointer.versions
    store = place.home.artifacts
    problems: list[str] = []
    with passed_before(place, partition, "score_runs.hashes_rederive") as before:
        for chunk in index.chunks:
            look = partial(_wrong_hashes, store, chunk, versions)
            problems += before.problems([chunk.records, chunk.results], look, also=dict(versions))
        problems += before.problems(
            [chunk.records for chunk in index.chunks],
            partial(_wrong_content_hash, store, index),
            also=[index.content_hash, index.sessions],
        )
    return finding_of(
        problems,
        f"{index.sessions} score runs have the hashes they are named by.",
        checked=index.sessions,
    )


def _wrong_hashes(
    store: ArtifactStore, chunk: ScoreChunk, versions: Mapping[str, str]
) -> list[str]:
    problems: list[str] = []
    records = read_rows(store, chunk.records, _Identity)
    for record, result in zip_longest(records, store.lines(chunk.results)):
        if record is None or result is None:
            return [*problems, "There are more results than score runs, or fewer."]
        if hash_bytes(result) != record.output_hash:
            problems.append(f"The result of {record.score_run_id} is not its output hash.")
        derived = score_run_id(record.response_snapshot_id, record.rubrics, versions)
        if derived != record.score_run_id:
            problems.append(f"{record.score_run_id} does not follow from its inputs.")
    return problems


def _wrong_content_hash(store: ArtifactStore, index: ScoreRunsIndex) -> list[str]:
    leaves = [
        (record.score_run_id, record.output_hash)
        for chunk in index.chunks
        for record in read_rows(store, chunk.records, _Identity)
    ]
    if len(leaves) == index.sessions and partition_hash(leaves) == index.content_hash:
        return []
    return ["The day's content hash does not follow from its score runs."]


def scores_within_bounds(place: Workplace, partition: str) -> Finding:
    """No total lies below its floor, none above its maximum unless the rubric allows that."""
    index = scored_sessions(place, partition)
    rubrics = _rubrics(place.home.artifacts, index)
    problems: list[str] = []
    with passed_before(place, partition, "score_runs.scores_within_bounds") as before:
        for chunk in index.chunks:
            look = partial(_out_of_bounds, place.home.artifacts, chunk, rubrics)
            refs = [chunk.evaluations, chunk.records]
            problems += before.problems(refs, look, also=dict(index.rubrics))
    return finding_of(
        problems,
        f"{index.sessions} totals lie between floor and maximum.",
        checked=index.sessions,
    )


def _out_of_bounds(
    store: ArtifactStore, chunk: ScoreChunk, rubrics: Mapping[str, Rubric]
) -> list[str]:
    problems = []
    above = _above_maximum(store, chunk)
    for record in read_rows(store, chunk.records, _Bounded):
        if record.raw_score_exact is None or record.max_score is None:
            continue
        own = rubrics.get(f"{record.assessment_id}/{record.rubric_version}")
        floor = Fraction(0) if own is None else own.policy.floor
        exceeding = [above[n] for n in record.evaluations if n in above] if above else []
        if not all(_may_exceed(rubrics, record.assessment_id, each) for each in exceeding):
            problems.append(f"{record.score_run_id} has an item above what it can give.")
        beyond = _beyond(record.raw_score_exact, record.max_score, floor)
        if beyond == "below":
            problems.append(f"{record.score_run_id} lies below the floor of its rubric.")
        elif beyond == "above" and not exceeding:
            problems.append(f"{record.score_run_id} lies above its maximum.")
    return problems


def _rubrics(store: ArtifactStore, index: ScoreRunsIndex) -> dict[str, Rubric]:
    """Return the rubrics that scored the day, by label, as they are kept with the results."""
    rubrics = {}
    for hash_, label in index.rubrics.items():
        parsed = parse_rubric(msgspec.json.decode(store.read(ArtifactRef(hash_, 0))), label)
        if isinstance(parsed, Rubric):
            rubrics[label] = parsed
    return rubrics


def _above_maximum(store: ArtifactStore, chunk: ScoreChunk) -> dict[int, _Scored]:
    """Return the chunk's evaluations that gave more than the item's maximum, by number."""
    return {
        number: evaluation
        for number, evaluation in enumerate(map(_decode, store.lines(chunk.evaluations)))
        if _is_above_maximum(evaluation.raw_score, evaluation.max_score)
    }


@lru_cache(maxsize=4096)
def _beyond(exact: str, max_score: str, floor: Fraction | None) -> Literal["below", "above"] | None:
    """Tell on which side a total lies beyond its bounds."""
    total = _exact(exact)
    if floor is not None and total < floor:
        return "below"
    return "above" if total > max(_exact(max_score), floor or Fraction(0)) else None


@lru_cache(maxsize=4096)
def _is_above_maximum(raw_score: str | None, max_score: str | None) -> bool:
    if raw_score is None or max_score is None:
        return False
    return _exact(raw_score) > _exact(max_score)


def _may_exceed(rubrics: Mapping[str, Rubric], assessment_id: str, evaluation: _Scored) -> bool:
    """Whether the rubric declares a maximum for the item that is below what it gives."""
    label = evaluation.rubric_version or ""
    rubric = rubrics.get(label if "/" in label else f"{assessment_id}/{label}")
    item = rubric.item(evaluation.item_id) if rubric else None
    if item is None or evaluation.raw_score is None:
        return False
    return _exact(evaluation.raw_score) <= _most(item) * item.weight


def _most(item: ItemRule) -> Fraction:
    """Return the most points that an item can give, before weight."""
    if type(item).bounds is ItemRule.bounds:
        return item.maximum()
    # A family with bounds of its own: `points` is its maximum only, and caps nothing.
    return max(item.maximum(), item.model_copy(update={"points": None}).maximum())


def maxima_agree(place: Workplace, partition: str) -> Finding:
    """All complete scorecards of an assessment have the same maximum on this day."""
    index = scored_sessions(place, partition)
    records = [chunk.records for chunk in index.chunks]
    with passed_before(place, partition, "score_runs.maxima_agree") as before:
        sentences = before.names(records, partial(_maxima, place.home.artifacts, records))
    if not sentences:
        return Finding(
            passed=True,
            description="Within each assessment all complete scorecards have the same maximum.",
            counts={"differing": 0},
        )
    return Finding(
        passed=False,
        description=(
            "Complete scorecards of one assessment have different maxima (how many sessions each): "
            f"{named(sentences)} Intended where forms differ; otherwise look at the deliveries."
        ),
        counts={"differing": len(sentences)},
    )


def _maxima(store: ArtifactStore, records: Sequence[ArtifactRef]) -> list[str]:
    """Return the maxima of each assessment that has several."""
    maxima: dict[str, Counter[str]] = defaultdict(Counter)
    for ref in records:
        for record in read_rows(store, ref, _Maximum):
            if record.status == "complete" and record.max_score is not None:
                maxima[record.assessment_id][record.max_score] += 1
    return [
        f"{assessment_id}: "
        + named([f"{maximum} ({count})" for maximum, count in sorted(counts.items())], ", ")
        + "."
        for assessment_id, counts in sorted(maxima.items())
        if len(counts) > 1
    ]


def results_unchanged(place: Workplace, partition: str) -> Finding:
    """This run replaced no score run of the day by another one."""  # noqa: D401 - what must hold
    rescored = next(iter(place.ledger.find(event_type=SessionRescored.event_type)), None)
    before: list[str] = []
    now = 0
    changed = 0
    if rescored is not None:
        index = scored_sessions(place, partition)
        current = {
            record.score_run_id: session_subject(record.session_id, record.attempt)
            for chunk in index.chunks
            for record in read_rows(place.home.artifacts, chunk.records, ScoreRunRecord)
        }
        for entry in place.ledger.find_about(SessionRescored.event_type, set(current.values())):
            body = entry.read_body()
            payload = body.read_payload()
            if not isinstance(payload, SessionRescored) or payload.new_score_run_id not in current:
                continue
            if body.run_id != place.run_id:
                before.append(body.recorded_at)
                continue
            now += 1
            changed += payload.old_output_hash != payload.new_output_hash
    if now:
        return Finding(
            passed=False,
            description=(
                f"{now} sessions of this day have another score run than before, {changed} of "
                "them with another result; the ledger names each as SESSION_RESCORED."
            ),
            counts={"rescored": now, "changed": changed, "rescored_before": len(before)},
        )
    earlier = f" {len(before)} were re-scored before, last on {max(before)}." if before else ""
    return Finding(
        passed=True,
        description=f"No result of this day was replaced in this run.{earlier}",
        counts={"rescored": 0, "changed": 0, "rescored_before": len(before)},
    )
