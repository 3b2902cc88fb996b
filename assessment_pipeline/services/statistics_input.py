"""Statistics input: the score runs that count, as the answers that statistics are made of.

Which count is `services.counted_runs`. Reads alone. What is computed is `core.statistics`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import msgspec

from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.points import read_exact
from assessment_pipeline.core.responses import ResponseState, value_texts
from assessment_pipeline.core.rubrics.catalogue import RubricVersion
from assessment_pipeline.core.statistics.agreement import Rated
from assessment_pipeline.core.statistics.cells import Cell, Evaluated, Row, cell
from assessment_pipeline.core.statistics.keys import level_places
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline.services.counted_runs import (
    CountedRun,
    CountedRuns,
    ScoredDays,
    export_order,
)
from assessment_pipeline.services.indexes import (
    FEATURES,
    SNAPSHOTS,
    FeaturesIndex,
    SnapshotsIndex,
    StandingSession,
    artifacts_of,
    current_index,
    read_rows,
    require_intact,
)
from assessment_pipeline.services.stored_lines import StoredLines

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


class _Name(msgspec.Struct, frozen=True):
    assessment_id: str
    version: str


class _Response(msgspec.Struct, frozen=True):
    item_id: str
    ratings: list[dict[str, str]] = []
    rubric: _Name | None = None


class _Line(msgspec.Struct, frozen=True):
    """What is read of a captured line beside what was scored."""

    responses: list[_Response]
    context: dict[str, str] = {}


class _Places(msgspec.Struct, frozen=True):
    item_id: list[str]
    trailing_unanswered: list[bool]


class _Features(msgspec.Struct, frozen=True):
    features: _Places


class DeliveredRows:
    """Reads, day by day, the rows of the score runs that count, and the ratings beside them."""

    def __init__(
        self, days: ScoredDays, runs: CountedRuns, own: RubricVersion, group_of: GroupOf
    ) -> None:
        """Read nothing yet."""
        self._days, self._own, self._group_of = days, own, group_of
        self._levels = level_places(own.rubric)
        self._scored = frozenset(export_order(run) for run in runs.scored)
        self._rated = frozenset(export_order(run) for run in runs.rated)
        wanted = (*runs.scored, *runs.rated) if self._levels else runs.scored
        self._runs = [run for _, run in sorted({export_order(run): run for run in wanted}.items())]
        self.days = sorted({run.day for run in self._runs})
        self.ratings: list[Rated] = []
        """Filled by `rows`."""

    def rows(self) -> Iterator[Row]:
        """Yield the rows, by day."""
        for day in self.days:
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
        chunks = {run.chunk for run in runs if export_order(run) in self._scored}
        cells = {number: self._cells(day, number) for number in chunks}
        with ExitStack() as stack:
            lines = StoredLines(store, stack, snapshots, features)
            for run in runs:
                line, measured = lines.of(sessions[run.record.response_snapshot_id])
                delivered = msgspec.json.decode(line, type=_Line)
                if self._levels and export_order(run) in self._rated:
                    self.ratings.extend(self._ratings(delivered, len(self.ratings)))
                if export_order(run) in self._scored:
                    yield self._row(run, cells[run.chunk], delivered, measured or b"")

    def _row(
        self, run: CountedRun, cells: Sequence[Cell | None], delivered: _Line, features: bytes
    ) -> Row:
        record = run.record
        places = msgspec.json.decode(features, type=_Features).features
        own = [
            (each, duration)
            for number, duration in zip(record.evaluations, record.durations, strict=True)
            if (each := cells[number]) is not None
        ]
        return Row(
            cells=[each for each, _ in own],
            milliseconds=[duration for _, duration in own],
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

    def _cells(self, day: str, chunk: int) -> Sequence[Cell | None]:
        ref = self._days.days[day].chunks[chunk].evaluations
        return [self._cell(each) for each in read_rows(self._days.home.artifacts, ref, _Evaluation)]

    def _cell(self, evaluation: _Evaluation) -> Cell | None:
        """Return the cell of an evaluation; None if another rubric scored it.

        Its item is in that candidate's total, and no item of this, though it may be named alike.
        """
        rubric = self._own.rubric
        if evaluation.rubric_version != rubric.version:
            return None
        value = evaluation.response
        evaluated = Evaluated(
            item_id=evaluation.item_id,
            state=evaluation.response_state,
            raw_score=None if evaluation.raw_score is None else read_exact(evaluation.raw_score),
            max_score=None if evaluation.max_score is None else read_exact(evaluation.max_score),
            trace=evaluation.trace,
            values=value_texts(tuple(value) if isinstance(value, list) else value),
        )
        return cell(evaluated, rubric.item(evaluation.item_id), rubric.policy.missing_for_analysis)

    def _is_own(self, response: _Response) -> bool:
        rubric, named = self._own.rubric, response.rubric
        return named is None or named == _Name(rubric.assessment_id, rubric.version)

    def _ratings(self, line: _Line, number: int) -> Iterator[Rated]:
        """Yield the ratings of a session, those of a rater in the order in which they count."""
        for response in filter(self._is_own, line.responses):
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
