"""Statistics input: the score runs of scored days, as the answers that statistics are made of.

Decides which score runs count: complete ones of the assessment and rubric version; of a session
and attempt that is on several days, the latest day's; of a candidate, the first attempt. Reads
alone. What is computed of them is `core.statistics`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.points import read_exact
from assessment_pipeline.core.responses import ResponseState, value_texts
from assessment_pipeline.core.rubrics.catalogue import RubricFile, RubricVersion, load_version
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.core.statistics.agreement import Rated
from assessment_pipeline.core.statistics.cells import Cell, Evaluated, Row, cell
from assessment_pipeline.core.statistics.keys import level_places
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline.services.indexes import (
    FEATURES,
    SCORE_RUNS,
    SNAPSHOTS,
    FeaturesIndex,
    ScoreRunsIndex,
    SnapshotsIndex,
    StandingSession,
    artifacts_of,
    current_index,
    read_rows,
    require_intact,
)
from assessment_pipeline.services.stored_lines import StoredLines
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.home import Home

GroupOf = Callable[[str, Mapping[str, str]], str | None]
"""From candidate_id and the delivery's context to a group."""


class _Evaluation(msgspec.Struct, frozen=True):
    """What is read of an evaluation; explanations are passed over."""

    item_id: str
    max_score: str | None
    raw_score: str | None
    response: Any
    response_state: ResponseState
    rubric_version: str | None
    trace: dict[str, Any]


class _Response(msgspec.Struct, frozen=True):
    item_id: str
    ratings: list[dict[str, str]] = []


class _Line(msgspec.Struct, frozen=True):
    """What is read of a captured line beside what was scored."""

    responses: list[_Response]
    context: dict[str, str] = {}


class _Places(msgspec.Struct, frozen=True):
    item_id: list[str]
    trailing_unanswered: list[bool]


class _Features(msgspec.Struct, frozen=True):
    features: _Places


class CountedRun(NamedTuple):
    """A score run that may count, the day it is of, and which of the day's chunks it is in."""

    day: str
    chunk: int
    record: ScoreRunRecord


@dataclass(frozen=True)
class ScoredDays:
    """The score runs of some days, by what they are of."""

    home: Home
    days: Mapping[str, ScoreRunsIndex]
    assessment_id: str

    @cached_property
    def runs(self) -> Mapping[str, tuple[Sequence[CountedRun], Mapping[str, int]]]:
        """By rubric version the score runs that count, and how many do not, by reason."""
        latest: dict[tuple[str, int], CountedRun] = {}
        left_out: dict[str, Counter[str]] = {}
        for day, index in sorted(self.days.items()):
            require_intact(self.home.artifacts, artifacts_of(index))
            for number, chunk in enumerate(index.chunks):
                for record in read_rows(self.home.artifacts, chunk.records, ScoreRunRecord):
                    if record.assessment_id == self.assessment_id:
                        key = (record.session_id, record.attempt)
                        if before := latest.get(key):
                            _leave(left_out, before, "delivered again on a later day")
                        latest[key] = CountedRun(day, number, record)
        by_version: dict[str, dict[str, list[CountedRun]]] = {}
        for run in latest.values():
            if run.record.status != "complete":
                _leave(left_out, run, run.record.status)
                continue
            version = run.record.rubric_version or ""
            candidates = by_version.setdefault(version, {})
            candidates.setdefault(run.record.candidate_id, []).append(run)
        found: dict[str, tuple[Sequence[CountedRun], Mapping[str, int]]] = {}
        for version, candidates in sorted(by_version.items()):
            first = [min(runs, key=_attempt) for runs in candidates.values()]
            more = sum(map(len, candidates.values())) - len(first)
            reasons = left_out.get(version, Counter())
            if more:
                reasons["later attempts"] += more
            found[version] = sorted(first, key=_export_order), dict(reasons)
        return found

    def rubric(self, version: str) -> RubricVersion:
        """Return a version as it scored the latest of the days."""
        label = f"{self.assessment_id}/{version}"
        hashes = [
            hash_
            for _, index in sorted(self.days.items())
            for hash_, name in index.rubrics.items()
            if name == label
        ]
        content = self.home.artifacts.read(ArtifactRef(hashes[-1], 0))
        loaded = load_version(RubricFile(self.assessment_id, f"rubrics/{label}.yaml", content))
        if not isinstance(loaded, RubricVersion):
            raise IntegrityError(f"The stored rubric {label} cannot be read; score its day again.")
        return loaded


def scored_days(home: Home, days: Sequence[str], assessment_id: str) -> ScoredDays:
    """Return those of some days that are scored."""
    indexes = {day: current_index(home, SCORE_RUNS, day, ScoreRunsIndex) for day in days}
    there = {day: index for day, index in indexes.items() if index is not None}
    return ScoredDays(home, there, assessment_id)


def assessments_of(home: Home, days: Sequence[str]) -> tuple[str, ...]:
    """Return the assessments that have score runs with a rubric on some days."""
    found: set[str] = set()
    for day in days:
        if index := current_index(home, SCORE_RUNS, day, ScoreRunsIndex):
            found.update(label.partition("/")[0] for label in index.rubrics.values())
    return tuple(sorted(found))


def _leave(left_out: dict[str, Counter[str]], run: CountedRun, reason: str) -> None:
    left_out.setdefault(run.record.rubric_version or "", Counter())[reason] += 1


def _attempt(run: CountedRun) -> tuple[int, Any, str]:
    record = run.record
    return record.attempt, parse_instant(record.submitted_at or ""), record.session_id


def _export_order(run: CountedRun) -> tuple[str, int]:
    return run.record.session_id, run.record.attempt


class DeliveredRows:
    """Reads, day by day, the rows of the score runs that count, and the ratings beside them."""

    def __init__(
        self, days: ScoredDays, runs: Sequence[CountedRun], own: RubricVersion, group_of: GroupOf
    ) -> None:
        """Read nothing yet."""
        self._days, self._runs, self._own, self._group_of = days, runs, own, group_of
        self._levels = level_places(own.rubric)
        self.ratings: list[Rated] = []
        """Filled by `rows`."""

    def rows(self) -> Iterator[Row]:
        """Yield the rows, by day."""
        for day in sorted({run.day for run in self._runs}):
            yield from self._of_day(day, [run for run in self._runs if run.day == day])

    def _of_day(self, day: str, runs: Sequence[CountedRun]) -> Iterator[Row]:
        home, store = self._days.home, self._days.home.artifacts
        snapshots = current_index(home, SNAPSHOTS, day, SnapshotsIndex)
        features = current_index(home, FEATURES, day, FeaturesIndex)
        if snapshots is None or features is None:
            raise _unfinished(day)
        require_intact(store, [*artifacts_of(snapshots), *artifacts_of(features)])
        wanted = {run.record.response_snapshot_id for run in runs}
        sessions = {
            session.response_snapshot_id: session
            for session in read_rows(store, snapshots.sessions, StandingSession)
            if session.response_snapshot_id in wanted
        }
        if len(sessions) != len(wanted):
            raise _unfinished(day)
        cells = {number: self._cells(day, number) for number in {run.chunk for run in runs}}
        with ExitStack() as stack:
            lines = StoredLines(store, stack, snapshots, features)
            for run in runs:
                line, measured = lines.of(sessions[run.record.response_snapshot_id])
                yield self._row(run, cells[run.chunk], line, measured or b"")

    def _row(self, run: CountedRun, cells: Sequence[Cell], line: bytes, features: bytes) -> Row:
        record = run.record
        delivered = msgspec.json.decode(line, type=_Line)
        places = msgspec.json.decode(features, type=_Features).features
        if self._levels:
            self.ratings.extend(self._ratings(delivered, len(self.ratings)))
        return Row(
            cells=[cells[number] for number in record.evaluations],
            milliseconds=record.durations,
            positions={item_id: place for place, item_id in enumerate(places.item_id, start=1)},
            trailing=frozenset(
                item_id
                for item_id, is_trailing in zip(
                    places.item_id, places.trailing_unanswered, strict=True
                )
                if is_trailing
            ),
            day=run.day,
            group=self._group_of(record.candidate_id, delivered.context),
        )

    def _cells(self, day: str, chunk: int) -> Sequence[Cell]:
        ref = self._days.days[day].chunks[chunk].evaluations
        return [self._cell(each) for each in read_rows(self._days.home.artifacts, ref, _Evaluation)]

    def _cell(self, evaluation: _Evaluation) -> Cell:
        rubric = self._own.rubric
        is_own = evaluation.rubric_version == rubric.version
        value = evaluation.response
        evaluated = Evaluated(
            item_id=evaluation.item_id,
            state=evaluation.response_state,
            raw_score=None if evaluation.raw_score is None else read_exact(evaluation.raw_score),
            max_score=None if evaluation.max_score is None else read_exact(evaluation.max_score),
            trace=evaluation.trace,
            values=value_texts(tuple(value) if isinstance(value, list) else value),
        )
        if not is_own and evaluation.item_id not in rubric.items:
            # An item of another assessment: it is in that candidate's total, and no item of this.
            evaluated = evaluated._replace(raw_score=None, max_score=None)
        rule = rubric.item(evaluation.item_id) if is_own else None
        return cell(evaluated, rule, rubric.policy.missing_for_analysis)

    def _ratings(self, line: _Line, number: int) -> Iterator[Rated]:
        """Yield the ratings of a session, those of a rater in the order in which they count."""
        for response in line.responses:
            said = sorted(enumerate(response.ratings), key=lambda pair: _said_at(*pair))
            for _, rating in said:
                key = (response.item_id, rating["criterion_id"], rating["level_id"])
                if (level := self._levels.get(key)) is not None:
                    yield Rated(number, *key[:2], rating["kind"], rating["rater_id"], level)


def _said_at(position: int, rating: Mapping[str, str]) -> tuple[bool, Any, int]:
    said = rating.get("rated_at")
    return said is not None, parse_instant(said) if said else None, position


def _unfinished(day: str) -> IntegrityError:
    return IntegrityError(
        f"A run of {day} has not come to its end; run `score --date {day}` again, then this."
    )
