"""Counted runs: which score runs of some days statistics are made of.

Complete ones of the assessment and rubric version; of a session and attempt that is on several
days, the latest day's; of a candidate, the first attempt. Ratings count of unfinished runs too.
Reads alone. What was delivered with them is read by `services.statistics_input`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.rubrics.catalogue import RubricFile, RubricVersion, load_version
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline.services.indexes import (
    SCORE_RUNS,
    ScoreRunsIndex,
    artifacts_of,
    current_index,
    read_rows,
    require_intact,
)
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.home import Home


class CountedRun(NamedTuple):
    """A score run that may count, the day it is of, and which of the day's chunks it is in."""

    day: str
    chunk: int
    record: ScoreRunRecord


class CountedRuns(NamedTuple):
    """The score runs of a rubric version that count."""

    scored: Sequence[CountedRun]
    """Those whose scores count."""
    rated: Sequence[CountedRun]
    """Those whose ratings count: that raters are too far apart is what may have stopped a score."""
    left_out: Mapping[str, int]
    """How many runs do not count for scores, by reason."""


@dataclass(frozen=True)
class ScoredDays:
    """The score runs of some days, by what they are of."""

    home: Home
    days: Mapping[str, ScoreRunsIndex]
    assessment_id: str

    @cached_property
    def runs(self) -> Mapping[str, CountedRuns]:
        """By rubric version the score runs that count; versions with a complete one alone."""
        latest, left_out = self._latest()
        complete: dict[str, list[CountedRun]] = {}
        rated: dict[str, list[CountedRun]] = {}
        for run in latest:
            version = run.record.rubric_version or ""
            if run.record.status != "voided":
                rated.setdefault(version, []).append(run)
            if run.record.status == "complete":
                complete.setdefault(version, []).append(run)
            else:
                _leave(left_out, run, run.record.status)
        found = {}
        for version, runs in sorted(complete.items()):
            first = _first_attempts(runs)
            reasons = left_out.get(version, Counter())
            if len(runs) > len(first):
                reasons["later attempts"] += len(runs) - len(first)
            found[version] = CountedRuns(first, _first_attempts(rated[version]), dict(reasons))
        return found

    def _latest(self) -> tuple[Collection[CountedRun], dict[str, Counter[str]]]:
        """Return of each session and attempt the latest day's, and how many came before."""
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
        return latest.values(), left_out

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


def _first_attempts(runs: Iterable[CountedRun]) -> Sequence[CountedRun]:
    """Return of each candidate the first attempt, in the order of exports."""
    by_candidate: dict[str, list[CountedRun]] = {}
    for run in runs:
        by_candidate.setdefault(run.record.candidate_id, []).append(run)
    return sorted((min(each, key=_attempt) for each in by_candidate.values()), key=export_order)


def _attempt(run: CountedRun) -> tuple[int, Any, str]:
    record = run.record
    return record.attempt, parse_instant(record.submitted_at or ""), record.session_id


def export_order(run: CountedRun) -> tuple[str, int]:
    """Return what exports have their rows in the order of, and what no other run has."""
    return run.record.session_id, run.record.attempt
